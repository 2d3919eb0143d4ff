/** FIPS 180-4 §6.4 and §6.5. Its constants are bits of the roots of primes, computed rather than copied. */
export function sha512(message: Uint8Array, is384: boolean): Uint8Array {
  const view = padded(message)
  let state: readonly bigint[] = is384 ? initial384 : initial512
  for (let at = 0; at < view.byteLength; at += BLOCK) state = compressed(state, view, at)
  const digest = new DataView(new ArrayBuffer(64))
  for (const [i, word] of state.entries()) digest.setBigUint64(8 * i, word)
  return new Uint8Array(digest.buffer, 0, is384 ? 48 : 64)
}

const BLOCK = 128
const MASK = (1n << 64n) - 1n

function compressed(state: readonly bigint[], view: DataView, at: number): readonly bigint[] {
  const words = schedule(view, at)
  let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = state
  for (const [i, word] of words.entries()) {
    const sum1 = turned(e, 14n) ^ turned(e, 18n) ^ turned(e, 41n)
    const first = h + sum1 + ((e & f) ^ (~e & MASK & g)) + (constants[i] ?? 0n) + word
    const sum0 = turned(a, 28n) ^ turned(a, 34n) ^ turned(a, 39n)
    const second = sum0 + ((a & b) ^ (a & c) ^ (b & c))
    ;[a, b, c, d, e, f, g, h] = [(first + second) & MASK, a, b, c, (d + first) & MASK, e, f, g]
  }
  return [a, b, c, d, e, f, g, h].map((value, i) => (value + (state[i] ?? 0n)) & MASK)
}

function schedule(view: DataView, at: number): readonly bigint[] {
  const words = Array.from({ length: 16 }, (_, i) => view.getBigUint64(at + 8 * i))
  for (let i = 16; i < 80; i++) {
    const [old, recent] = [words[i - 15] ?? 0n, words[i - 2] ?? 0n]
    const s0 = turned(old, 1n) ^ turned(old, 8n) ^ (old >> 7n)
    const s1 = turned(recent, 19n) ^ turned(recent, 61n) ^ (recent >> 6n)
    words.push(((words[i - 16] ?? 0n) + s0 + (words[i - 7] ?? 0n) + s1) & MASK)
  }
  return words
}

function turned(value: bigint, by: bigint): bigint {
  return (value >> by) | ((value << (64n - by)) & MASK)
}

function padded(message: Uint8Array): DataView {
  const bytes = new Uint8Array((((message.length + 16) >> 7) + 1) * BLOCK)
  bytes.set(message)
  bytes[message.length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setBigUint64(bytes.length - 8, BigInt(message.length) * 8n)
  return view
}

const primes = firstPrimes(80)
const constants = primes.map((prime) => fraction(BigInt(prime), 3n))
const initial512 = primes.slice(0, 8).map((prime) => fraction(BigInt(prime), 2n))
const initial384 = primes.slice(8, 16).map((prime) => fraction(BigInt(prime), 2n))

function firstPrimes(count: number): readonly number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}

/** The first 64 bits behind the point of the square (2) or cube (3) root. */
function fraction(value: bigint, degree: bigint): bigint {
  const scaled = value << (64n * degree)
  let [low, high] = [0n, 1n << 72n]
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle ** degree <= scaled) low = middle
    else high = middle
  }
  return low & MASK
}
