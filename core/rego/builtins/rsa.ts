import type { Hash } from './digests.ts'

export type RsaKey = { readonly kind: 'rsa'; readonly modulus: bigint; readonly exponent: bigint }

/** RFC 8017 §8.2.2 (PKCS #1 v1.5). Everything here is public: no secret could leak through time. */
export function verifyPkcs1(key: RsaKey, hash: Hash, message: Uint8Array, signature: Uint8Array): boolean {
  const encoded = opened(key, signature, byteLength(key.modulus))
  if (!encoded) return false
  const padding = encoded.length - hash.prefix.length - hash.size - 3
  if (padding < 8) return false
  return padded(hash, message, encoded.length).every((byte, i) => byte === encoded[i])
}

/** RFC 8017 §8.2.1. The same message always has the same signature. `secret`: the private exponent. */
export function signPkcs1(modulus: bigint, secret: bigint, hash: Hash, message: Uint8Array): Uint8Array {
  const size = byteLength(modulus)
  return toBytes(power(toBigInt(padded(hash, message, size)), secret, modulus), size)
}

function padded(hash: Hash, message: Uint8Array, size: number): Uint8Array {
  const info = [...hash.prefix, ...hash.digest(message)]
  return Uint8Array.from([0, 1, ...Array.from({ length: size - info.length - 3 }, () => 0xff), 0, ...info])
}

/** RFC 8017 §8.1.2 (PSS), with a salt of `saltBytes`, or of any length. */
export function verifyPss(key: RsaKey, hash: Hash, message: Uint8Array, signature: Uint8Array, saltBytes?: number): boolean {
  const bits = bitLength(key.modulus) - 1
  const size = Math.ceil(bits / 8)
  const encoded = opened(key, signature, size)
  const digest = hash.digest(message)
  if (!encoded || size < digest.length + 2 || encoded[size - 1] !== 0xbc) return false
  const masked = encoded.subarray(0, size - digest.length - 1)
  const seed = encoded.subarray(masked.length, size - 1)
  const unused = 8 * size - bits
  if ((masked[0] ?? 0) >> (8 - unused) !== 0) return false
  const mask = generated(hash, seed, masked.length)
  const block = masked.map((byte, i) => byte ^ (mask[i] ?? 0))
  block[0] = (block[0] ?? 0) & (0xff >> unused)
  const one = block.findIndex((byte) => byte !== 0)
  if (one < 0 || block[one] !== 1) return false
  if (saltBytes !== undefined && block.length - one - 1 !== saltBytes) return false
  const again = hash.digest(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, ...digest, ...block.subarray(one + 1)]))
  return again.every((byte, i) => byte === seed[i])
}

/** What was signed, as `size` bytes. Null: the signature has not the key's length or is no number below its modulus. */
function opened({ modulus, exponent }: RsaKey, signature: Uint8Array, size: number): Uint8Array | null {
  const value = toBigInt(signature)
  if (signature.length !== byteLength(modulus) || value >= modulus) return null
  const result = power(value, exponent, modulus)
  return bitLength(result) > 8 * size ? null : toBytes(result, size)
}

/** MGF1. */
function generated(hash: Hash, seed: Uint8Array, length: number): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; bytes.length < length; i++) bytes.push(...hash.digest(Uint8Array.from([...seed, i >> 24, i >> 16, i >> 8, i])))
  return Uint8Array.from(bytes.slice(0, length))
}

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus]
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}

export function byteLength(value: bigint): number {
  return Math.ceil(bitLength(value) / 8)
}

export function toBigInt(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

export function toBytes(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 0xffn))
}
