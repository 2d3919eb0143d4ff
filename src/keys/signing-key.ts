import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { basename, extname } from 'node:path'
import { ed25519FromSpki, isP256Spki, keyHint, pemFromSpki } from '../../core/proof/keys.ts'
import { isOpenSsh, readOpenSsh } from './openssh.ts'
import { readPrivateFile, unreadable } from './private-file.ts'

/**
 * A P-256 key. `keyId` is base64 of SHA-256 over `spki`, as in cosign; `pem` is the public key; `sign` gives DER ECDSA-SHA256, as does
 * `signNow`, for a signature that belongs into a database transaction.
 */
export type SigningKey = {
  readonly name: string
  readonly keyId: string
  readonly spki: Uint8Array
  readonly pem: string
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>
  readonly signNow: (data: Uint8Array) => Uint8Array
}

/** An Ed25519 key, 32 bytes public. It signs at once, because a checkpoint is signed inside a database transaction. */
export type LogKey = { readonly publicKey: Uint8Array; readonly sign: (data: Uint8Array) => Uint8Array }

/**
 * A person's own P-256 private key (PEM: PKCS#8 or OpenSSH's own form, encrypted or not, or SEC 1), named after its file.
 * @throws RunproofError `key.unreadable` with the fix.
 */
export async function loadSigningKey(path: string, passphrase: string | null = null): Promise<SigningKey> {
  const pem = readPrivateFile(path)
  if (pem === null) throw unreadable(path, 'there is no such file')
  return signingKeyOf(pem, { path, passphrase, name: basename(path, extname(path)) })
}

export type KeySource = { readonly path: string; readonly passphrase: string | null; readonly name: string }

/** @throws RunproofError `key.unreadable` unless the PEM holds a P-256 private key. */
export function signingKeyOf(pem: string, { path, passphrase, name }: KeySource): SigningKey {
  const key = privateKeyOf(pem, path, passphrase)
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw unreadable(
      path,
      `it holds a ${kindOf(key)} key, not a P-256 one; make one: openssl ecparam -name prime256v1 -genkey -noout`,
    )
  }
  const spki = spkiOf(key)
  if (!isP256Spki(spki)) throw unreadable(path, 'its public key has an unknown form')
  const signNow = (data: Uint8Array): Uint8Array => new Uint8Array(sign('sha256', data, { key, dsaEncoding: 'der' }))
  return { name, keyId: keyHint(spki), spki, pem: pemFromSpki(spki), sign: async (data) => signNow(data), signNow }
}

/** @throws RunproofError `key.unreadable` unless the PEM holds an Ed25519 private key. */
export function logKeyOf(pem: string, { path, passphrase }: Omit<KeySource, 'name'>): LogKey {
  const key = privateKeyOf(pem, path, passphrase)
  if (key.asymmetricKeyType !== 'ed25519') throw unreadable(path, `it holds a ${kindOf(key)} key, not an Ed25519 one`)
  return { publicKey: ed25519FromSpki(spkiOf(key)), sign: (data) => new Uint8Array(sign(null, data, key)) }
}

/** A new private key as PKCS#8 PEM; with a passphrase encrypted (PBES2: PBKDF2, AES-256-CBC), as openssl reads it. */
export function newPrivateKey(kind: 'p256' | 'ed25519', passphrase: string | null): string {
  const { privateKey } = kind === 'p256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const encryption = passphrase === null ? {} : { cipher: 'aes-256-cbc', passphrase }
  return privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }).toString()
}

/** Whether a PEM private key is encrypted, in either of the two ways that PEM knows. */
export function isEncrypted(pem: string): boolean {
  return pem.includes('ENCRYPTED')
}

function privateKeyOf(pem: string, path: string, passphrase: string | null): KeyObject {
  if (isOpenSsh(pem)) return readOpenSsh(pem, path, passphrase)
  if (isEncrypted(pem) && passphrase === null) {
    throw unreadable(path, 'it is encrypted; name a file with its passphrase in RUNPROOF_KEY_PASSPHRASE_FILE')
  }
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(isEncrypted(pem) && { passphrase: passphrase ?? '' }) })
  } catch (cause) {
    throw unreadable(path, isEncrypted(pem) ? 'the passphrase is not the one of this key' : 'it holds no PEM private key', cause)
  }
}

/** By way of JWK, because a file may hold the point compressed, and a key's id is the digest of one spelling. */
function spkiOf(key: KeyObject): Uint8Array {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  return new Uint8Array(createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' }))
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  return asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType ?? 'strange'
}
