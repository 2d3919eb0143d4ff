import { RunproofError } from '../model/errors.ts'
import { derToP1363 } from './der.ts'
import { ED25519_KEY_BYTES, isP256Spki } from './keys.ts'

export { derToP1363, p1363ToDer } from './der.ts'
export { ed25519FromSpki, ed25519Spki, isP256Spki, keyHint, pemFromSpki, spkiFromPem } from './keys.ts'

/**
 * ECDSA P-256 with SHA-256 over `data`; the signature is DER, and malformed DER is false.
 * @throws RunproofError `key.malformed` when the key is no P-256 SubjectPublicKeyInfo: keys come from the trust file, so that is
 * a mistake to report, not a forged signature.
 */
export async function verifyEcdsaP256(spki: Uint8Array, data: Uint8Array, derSignature: Uint8Array): Promise<boolean> {
  if (!isP256Spki(spki)) throw new RunproofError('key.malformed', 'not a P-256 public key (uncompressed SubjectPublicKeyInfo)')
  const key = await imported('spki', spki, { name: 'ECDSA', namedCurve: 'P-256' })
  const signature = derToP1363(derSignature)
  if (signature === null) return false
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, owned(signature), owned(data))
}

/** Ed25519 (RFC 8032, pure). @throws RunproofError `key.malformed` unless the key has 32 bytes. */
export async function verifyEd25519(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== ED25519_KEY_BYTES) throw new RunproofError('key.malformed', 'an Ed25519 public key has 32 bytes')
  const key = await imported('raw', publicKey, 'Ed25519')
  return crypto.subtle.verify('Ed25519', key, owned(signature), owned(data))
}

async function imported(format: 'spki' | 'raw', bytes: Uint8Array, algorithm: EcKeyImportParams | string): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey(format, owned(bytes), algorithm, false, ['verify'])
  } catch (cause) {
    throw new RunproofError('key.malformed', 'this public key cannot be read', { cause })
  }
}

/** WebCrypto's types refuse memory that another thread could change under it. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
