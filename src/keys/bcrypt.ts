import { createHash } from 'node:crypto'

/**
 * `bcrypt_pbkdf` of OpenBSD: how OpenSSH turns a passphrase into the key of a private key's cipher. Node has no such function, and a key
 * that a person has already should not have to be rewritten. `rounds` is what the key file says.
 */
export function bcryptPbkdf(passphrase: string, salt: Uint8Array, length: number, rounds: number): Uint8Array {
  const pass = sha512(new TextEncoder().encode(passphrase))
  const key = new Uint8Array(length)
  const stride = Math.ceil(length / BLOCK)
  const amount = Math.ceil(length / stride)
  for (let count = 1; count <= stride; count++) {
    const counted = new Uint8Array([...salt, count >>> 24, (count >>> 16) & 255, (count >>> 8) & 255, count & 255])
    let part = bcryptHash(pass, sha512(counted))
    const out = Uint8Array.from(part)
    for (let round = 1; round < rounds; round++) {
      part = bcryptHash(pass, sha512(part))
      for (let i = 0; i < BLOCK; i++) out[i] = (out[i] ?? 0) ^ (part[i] ?? 0)
    }
    // Bytes of one block are spread over the whole key.
    for (let i = 0; i < amount; i++) {
      const at = i * stride + count - 1
      if (at < length) key[at] = out[i] ?? 0
    }
  }
  return key
}

const BLOCK = 32
const MAGIC = new TextEncoder().encode('OxychromaticBlowfishSwatDynamite')

function bcryptHash(pass: Uint8Array, salt: Uint8Array): Uint8Array {
  const state = new Blowfish()
  state.expand(pass, salt)
  for (let i = 0; i < 64; i++) {
    state.expand(salt, null)
    state.expand(pass, null)
  }
  const words = wordsOf(MAGIC)
  for (let i = 0; i < 64; i++) state.encipherAll(words)
  const out = new Uint8Array(BLOCK)
  const view = new DataView(out.buffer)
  words.forEach((word, index) => view.setUint32(index * 4, word, true))
  return out
}

class Blowfish {
  /** 18 subkeys, then four boxes of 256. */
  readonly #box = Uint32Array.from(piWords())
  #left = 0
  #right = 0

  /** The key schedule; with `data` salted. */
  expand(key: Uint8Array, data: Uint8Array | null): void {
    const box = this.#box
    const keyWords = wordsOf(key)
    for (let i = 0; i < 18; i++) box[i] = (box[i] ?? 0) ^ (keyWords[i % keyWords.length] ?? 0)
    const salt = data === null ? null : wordsOf(data)
    let at = 0
    this.#left = 0
    this.#right = 0
    for (let i = 0; i < box.length; i += 2) {
      if (salt !== null) {
        this.#left ^= salt[at++ % salt.length] ?? 0
        this.#right ^= salt[at++ % salt.length] ?? 0
      }
      this.#encipher()
      box[i] = this.#left
      box[i + 1] = this.#right
    }
  }

  encipherAll(words: Uint32Array): void {
    for (let i = 0; i < words.length; i += 2) {
      this.#left = words[i] ?? 0
      this.#right = words[i + 1] ?? 0
      this.#encipher()
      words[i] = this.#left
      words[i + 1] = this.#right
    }
  }

  #encipher(): void {
    const box = this.#box
    let left = this.#left ^ (box[0] ?? 0)
    let right = this.#right
    for (let i = 1; i <= 16; i += 2) {
      right ^= this.#mixed(left) ^ (box[i] ?? 0)
      left ^= this.#mixed(right) ^ (box[i + 1] ?? 0)
    }
    this.#left = right ^ (box[17] ?? 0)
    this.#right = left
  }

  #mixed(word: number): number {
    const box = this.#box
    const sum = (box[18 + (word >>> 24)] ?? 0) + (box[274 + ((word >>> 16) & 255)] ?? 0)
    return ((sum ^ (box[530 + ((word >>> 8) & 255)] ?? 0)) + (box[786 + (word & 255)] ?? 0)) | 0
  }
}

const WORDS = 18 + 4 * 256
let pi: Uint32Array | null = null

/** Blowfish begins with the fraction of pi in binary. A thousand words are worked out sooner than they are proofread. */
function piWords(): Uint32Array {
  if (pi !== null) return pi
  const guard = 64n
  const one = 1n << (BigInt(WORDS * 32) + guard)
  // Machin: pi = 16 atan(1/5) - 4 atan(1/239).
  const fraction = (16n * inverseTangent(5n, one) - 4n * inverseTangent(239n, one) - 3n * one) >> guard
  pi = Uint32Array.from({ length: WORDS }, (_, i) => Number((fraction >> BigInt((WORDS - 1 - i) * 32)) & 0xffff_ffffn))
  return pi
}

/** `one * atan(1 / x)`. */
function inverseTangent(x: bigint, one: bigint): bigint {
  let power = one / x
  let sum = power
  for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
    power /= x * x
    sum += sign * (power / n)
  }
  return sum
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4))
}

function sha512(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha512').update(bytes).digest())
}
