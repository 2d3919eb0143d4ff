import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { unreadable } from './private-file.ts'

/** 32 random bytes as the text of a key file; with a passphrase encrypted (scrypt, AES-256-GCM). */
export function newSecret(passphrase: string | null): string {
  const secret = randomBytes(SECRET_BYTES)
  if (passphrase === null) return `${PLAIN}${secret.toString('base64')}\n`
  const [salt, nonce] = [randomBytes(SALT_BYTES), randomBytes(NONCE_BYTES)]
  const cipher = createCipheriv(CIPHER, stretched(passphrase, salt), nonce)
  const sealed = Buffer.concat([salt, nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
  return `${SEALED}${sealed.toString('base64')}\n`
}

/** @throws RunproofError `key.unreadable` when the text is none of ours or the passphrase is another's. */
export function secretOf(text: string, { path, passphrase }: { path: string; passphrase: string | null }): Uint8Array {
  const secret = text.startsWith(SEALED) ? opened(text, path, passphrase) : plain(text, path, passphrase)
  if (secret.length !== SECRET_BYTES) throw unreadable(path, `it does not hold ${SECRET_BYTES} bytes`)
  return new Uint8Array(secret)
}

const PLAIN = 'runproof-secret-v1 '
const SEALED = 'runproof-secret-v1-scrypt-aes-256-gcm '
const CIPHER = 'aes-256-gcm'
const [SECRET_BYTES, SALT_BYTES, NONCE_BYTES, TAG_BYTES] = [32, 16, 12, 16]

function plain(text: string, path: string, passphrase: string | null): Buffer {
  if (!text.startsWith(PLAIN)) throw unreadable(path, 'it is not a secret that Runproof made')
  if (passphrase !== null)
    throw unreadable(path, 'a passphrase is set, but it is not encrypted; remove it to have a new one made')
  return Buffer.from(text.slice(PLAIN.length), 'base64')
}

function opened(text: string, path: string, passphrase: string | null): Buffer {
  if (passphrase === null) {
    throw unreadable(path, 'it is encrypted; name a file with its passphrase in RUNPROOF_KEY_PASSPHRASE_FILE')
  }
  const sealed = Buffer.from(text.slice(SEALED.length), 'base64')
  if (sealed.length !== SALT_BYTES + NONCE_BYTES + SECRET_BYTES + TAG_BYTES) throw unreadable(path, 'it is cut or damaged')
  const [salt, rest] = [sealed.subarray(0, SALT_BYTES), sealed.subarray(SALT_BYTES)]
  const decipher = createDecipheriv(CIPHER, stretched(passphrase, salt), rest.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(rest.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(rest.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw unreadable(path, 'the passphrase is not the one of this file, or it was changed', cause)
  }
}

/** Cost as OWASP advises for interactive use: 32 MB, about 100 ms. */
function stretched(passphrase: string, salt: Buffer): Buffer {
  return scryptSync(passphrase, salt, 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 })
}
