import { RunproofError } from '../model/errors.ts'
import { base64, concatBytes, equalBytes, fromBase64, fromHex } from './bytes.ts'
import { sha256 } from './sha256.ts'

/** How cosign names a key it was given: base64 of SHA-256 over the DER SubjectPublicKeyInfo. */
export function keyHint(spki: Uint8Array): string {
  return base64(sha256(spki))
}

/** @throws RunproofError `key.malformed` unless this is one `PUBLIC KEY` block and nothing else. */
export function spkiFromPem(pem: string): Uint8Array {
  const body = pem.length > MAX_PEM_LENGTH ? undefined : PEM.exec(pem)?.[1]
  if (body === undefined) throw new RunproofError('key.malformed', 'not a PEM public key')
  try {
    return fromBase64(body.replace(/\s/g, ''))
  } catch (cause) {
    throw new RunproofError('key.malformed', 'not a PEM public key', { cause })
  }
}

/** RFC 7468, lines of 64, as openssl writes it. */
export function pemFromSpki(spki: Uint8Array): string {
  const lines = base64(spki).match(/.{1,64}/g) ?? []
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n')
}

/** RFC 8410. @throws RunproofError `key.malformed` unless the key has 32 bytes. */
export function ed25519Spki(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== ED25519_KEY_BYTES) throw new RunproofError('key.malformed', 'an Ed25519 public key has 32 bytes')
  return concatBytes(ED25519_PREFIX, publicKey)
}

/** The 32 bytes inside. @throws RunproofError `key.malformed` for any other kind of key. */
export function ed25519FromSpki(spki: Uint8Array): Uint8Array {
  const known = equalBytes(spki.subarray(0, ED25519_PREFIX.length), ED25519_PREFIX)
  if (!known || spki.length !== ED25519_PREFIX.length + ED25519_KEY_BYTES)
    throw new RunproofError('key.malformed', 'not an Ed25519 key')
  return spki.slice(ED25519_PREFIX.length)
}

/**
 * RFC 5480, uncompressed point: the spelling that openssl, Node and WebCrypto write. Only this one, because a key's name is the
 * digest of its spelling. Whether the point is on the curve is WebCrypto's to say.
 */
export function isP256Spki(spki: Uint8Array): boolean {
  return spki.length === P256_PREFIX.length + 64 && equalBytes(spki.subarray(0, P256_PREFIX.length), P256_PREFIX)
}

export const ED25519_KEY_BYTES = 32

const PEM = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/
/** RSA-16384 has 2.9 kB; what is longer is not a key. */
const MAX_PEM_LENGTH = 8192
const ED25519_PREFIX = fromHex('302a300506032b6570032100')
const P256_PREFIX = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004')
