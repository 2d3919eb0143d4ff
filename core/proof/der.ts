import { RunproofError } from '../model/errors.ts'
import { concatBytes } from './bytes.ts'

/** P-256: a coordinate, and each half of a signature. */
const SCALAR_BYTES = 32

/**
 * An ECDSA P-256 signature as DER (Sigstore, openssl, cosign) to r‖s, 64 bytes (WebCrypto). Null unless it is the one DER spelling
 * of it: short lengths, no needless zeros, nothing negative, nothing behind it.
 */
export function derToP1363(der: Uint8Array): Uint8Array | null {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null
  const r = readScalar(der, 2)
  const s = r && readScalar(der, r.end)
  return s && s.end === der.length ? concatBytes(r.scalar, s.scalar) : null
}

/** r‖s to DER. @throws RunproofError `signature.invalid` unless there are 64 bytes. */
export function p1363ToDer(signature: Uint8Array): Uint8Array {
  if (signature.length !== 2 * SCALAR_BYTES) {
    throw new RunproofError('signature.invalid', `a P-256 signature has 64 bytes, this one ${signature.length}`)
  }
  const body = concatBytes(derInteger(signature.subarray(0, SCALAR_BYTES)), derInteger(signature.subarray(SCALAR_BYTES)))
  return concatBytes(Uint8Array.of(0x30, body.length), body)
}

function readScalar(der: Uint8Array, at: number): { readonly scalar: Uint8Array; readonly end: number } | null {
  const length = der[at + 1] ?? 0
  const start = at + 2
  const content = der.subarray(start, start + length)
  const [first = 0, second = 0] = content
  // X.690 §8.3.2: the first nine bits must not all be alike; a set top bit would make the number negative.
  const wasteful = first === 0 && length > 1 && second < 0x80
  if (der[at] !== 0x02 || length === 0 || first >= 0x80 || wasteful) return null
  const magnitude = first === 0 ? content.subarray(1) : content
  if (magnitude.length > SCALAR_BYTES) return null
  const scalar = new Uint8Array(SCALAR_BYTES)
  scalar.set(magnitude, SCALAR_BYTES - magnitude.length)
  return { scalar, end: start + length }
}

function derInteger(scalar: Uint8Array): Uint8Array {
  const start = scalar.findIndex((byte) => byte !== 0)
  const magnitude = start === -1 ? Uint8Array.of(0) : scalar.subarray(start)
  const sign = (magnitude[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array()
  return concatBytes(Uint8Array.of(0x02, sign.length + magnitude.length), sign, magnitude)
}
