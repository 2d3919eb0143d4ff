import { concatBytes, hex } from './bytes.ts'
import { sha256 } from './sha256.ts'

const BLOCK = 64

/** HMAC-SHA256 (RFC 2104), hex. For digests of what held a secret: without the key, guesses cannot be tried against them. */
export function hmacSha256Hex(key: Uint8Array, data: Uint8Array): string {
  const block = new Uint8Array(BLOCK)
  block.set(key.length > BLOCK ? sha256(key) : key)
  const padded = (byte: number): Uint8Array => block.map((value) => value ^ byte)
  return hex(sha256(concatBytes(padded(0x5c), sha256(concatBytes(padded(0x36), data)))))
}
