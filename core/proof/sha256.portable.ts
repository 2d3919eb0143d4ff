import { hex, utf8 } from './bytes.ts'
import type { Sha256 } from './sha256.ts'

/** SHA-256 (FIPS 180-4), 32 bytes. A string is hashed as UTF-8. Synchronous, which WebCrypto's digest is not. */
export function sha256(data: Uint8Array | string): Uint8Array {
  const hasher = new Hasher()
  hasher.update(bytesOf(data))
  return hasher.digest()
}

/** SHA-256 as 64 lower-case hex digits. */
export function sha256Hex(data: Uint8Array | string): string {
  return hex(sha256(data))
}

/** Writes the 32 bytes to `target` from `offset` on. */
export function sha256Into(data: Uint8Array | string, target: Uint8Array, offset: number): void {
  target.set(sha256(data), offset)
}

/** SHA-256 of what comes piece by piece. */
export function createSha256(): Sha256 {
  const hasher = new Hasher()
  return { update: (data) => hasher.update(bytesOf(data)), hex: () => hex(hasher.digest()) }
}

const BLOCK = 64

class Hasher {
  readonly #state = Uint32Array.from(INITIAL)
  readonly #schedule = new Uint32Array(64)
  /** The start of a block whose rest has not come yet. */
  readonly #block = new Uint8Array(BLOCK)
  #filled = 0
  #size = 0

  update(data: Uint8Array): void {
    this.#size += data.length
    let at = 0
    if (this.#filled > 0) {
      at = Math.min(BLOCK - this.#filled, data.length)
      this.#block.set(data.subarray(0, at), this.#filled)
      this.#filled += at
      if (this.#filled < BLOCK) return
      compress(this.#state, this.#schedule, viewOf(this.#block), 0)
      this.#filled = 0
    }
    const view = viewOf(data)
    for (; at + BLOCK <= data.length; at += BLOCK) compress(this.#state, this.#schedule, view, at)
    this.#block.set(data.subarray(at))
    this.#filled = data.length - at
  }

  /** §5.1.1: a one bit, zeros, the length in bits as a 64-bit number. */
  digest(): Uint8Array {
    const bits = BigInt(this.#size) * 8n
    const end = new Uint8Array((this.#filled < 56 ? BLOCK : 2 * BLOCK) - this.#filled)
    end[0] = 0x80
    viewOf(end).setBigUint64(end.length - 8, bits)
    this.update(end)
    const digest = new DataView(new ArrayBuffer(32))
    this.#state.forEach((word, i) => digest.setUint32(4 * i, word))
    return new Uint8Array(digest.buffer)
  }
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? utf8(data) : data
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/** §6.2.2, one block. Names as in the standard. */
function compress(state: Uint32Array, w: Uint32Array, message: DataView, at: number): void {
  for (let t = 0; t < 16; t++) w[t] = message.getUint32(at + 4 * t)
  for (let t = 16; t < 64; t++) {
    const w15 = word(w, t - 15)
    const w2 = word(w, t - 2)
    const sigma0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3)
    const sigma1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10)
    w[t] = word(w, t - 16) + sigma0 + word(w, t - 7) + sigma1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as Eight
  for (let t = 0; t < 64; t++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + word(K, t) + word(w, t)) | 0
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const t2 = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  ;[a, b, c, d, e, f, g, h].forEach((v, i) => (state[i] = word(state, i) + v))
}

type Eight = readonly [number, number, number, number, number, number, number, number]

function rotate(x: number, by: number): number {
  return (x >>> by) | (x << (32 - by))
}

/** The index is in range by construction; `?? 0` only satisfies the type. */
function word(words: Uint32Array, i: number): number {
  return words[i] ?? 0
}

/** §5.3.3 and §4.2.2: the first 32 bits of the fractional parts of the square (cube) roots of the first primes. */
const PRIMES = firstPrimes(64)
const INITIAL = PRIMES.slice(0, 8).map((p) => fraction(p, 2n))
const K = Uint32Array.from(PRIMES, (p) => fraction(p, 3n))

function firstPrimes(count: number): readonly bigint[] {
  const primes: bigint[] = []
  for (let n = 2n; primes.length < count; n++) if (primes.every((p) => n % p !== 0n)) primes.push(n)
  return primes
}

/** floor(n^(1/k) · 2^32) mod 2^32, exact: an integer root of n · 2^(32k) by bisection. Floating point would be off in the last bits. */
function fraction(n: bigint, k: bigint): number {
  const target = n << (32n * k)
  let low = 0n
  let high = 1n << 40n
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle ** k <= target) low = middle
    else high = middle
  }
  return Number(low & 0xffffffffn)
}
