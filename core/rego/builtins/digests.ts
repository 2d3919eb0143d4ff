import { hex, utf8 } from '../../proof/bytes.ts'
import { sha256 } from '../../proof/sha256.ts'
import { type BuiltinFunction, string } from './builtin.ts'
import { md5, sha1 } from './digests-old.ts'
import { sha512 } from './sha512.ts'

/** MD5 and SHA-1 serve policies that compare old digests; nothing of ours relies on them. */
/** `size` in bytes. `prefix`: what PKCS #1 puts before the digest to name the algorithm (RFC 8017 §9.2). */
export type Hash = {
  readonly size: number
  readonly digest: (bytes: Uint8Array) => Uint8Array
  readonly block: number
  readonly perByte: number
  readonly prefix: readonly number[]
}

const SHA1_INFO = [0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14]
export const MD5: Hash = { size: 16, digest: md5, block: 64, perByte: 1, prefix: [] }
export const SHA1: Hash = { size: 20, digest: sha1, block: 64, perByte: 1, prefix: SHA1_INFO }
export const SHA256: Hash = { size: 32, digest: sha256, block: 64, perByte: 1, prefix: digestInfo(1, 32) }
export const SHA512: Hash = {
  size: 64,
  digest: (bytes) => sha512(bytes, false),
  block: 128,
  perByte: 8,
  prefix: digestInfo(3, 64),
}
export const SHA384: Hash = {
  size: 48,
  digest: (bytes) => sha512(bytes, true),
  block: 128,
  perByte: 8,
  prefix: digestInfo(2, 48),
}

export const md5Hex = hexOf(MD5)
export const sha1Hex = hexOf(SHA1)
export const hmacMd5 = hmacHex(MD5)
export const hmacSha1 = hmacHex(SHA1)
export const hmacSha256 = hmacHex(SHA256)
export const hmacSha512 = hmacHex(SHA512)
export const hmacEqual: BuiltinFunction = (operands) => string(operands, 0) === string(operands, 1)

/** DER of the algorithm 2.16.840.1.101.3.4.2.`algorithm` and the head of its digest. */
function digestInfo(algorithm: number, size: number): readonly number[] {
  return [0x30, 17 + size, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, algorithm, 5, 0, 4, size]
}

function hexOf({ digest, perByte }: Hash): BuiltinFunction {
  return (operands, run) => {
    const bytes = utf8(string(operands, 0))
    run.spend(bytes.length * perByte)
    return hex(digest(bytes))
  }
}

function hmacHex(hash: Hash): BuiltinFunction {
  return (operands, run) => {
    const [message, key] = [utf8(string(operands, 0)), utf8(string(operands, 1))]
    run.spend((message.length + key.length) * hash.perByte)
    return hex(hmac(hash, key, message))
  }
}

/** RFC 2104. */
export function hmac({ digest, block }: Hash, key: Uint8Array, message: Uint8Array): Uint8Array {
  const short = key.length > block ? digest(key) : key
  const padded = (with_: number): Uint8Array => Uint8Array.from({ length: block }, (_, i) => (short[i] ?? 0) ^ with_)
  return digest(joined(padded(0x5c), digest(joined(padded(0x36), message))))
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}
