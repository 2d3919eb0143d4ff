import { createDecipheriv, createPrivateKey, type KeyObject } from 'node:crypto'
import { bcryptPbkdf } from './bcrypt.ts'
import { unreadable } from './private-file.ts'

const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----'
const END = '-----END OPENSSH PRIVATE KEY-----'
const MAGIC = 'openssh-key-v1\0'
const KIND = 'ecdsa-sha2-nistp256'
/** `ssh-keygen -a` of somebody who is in no hurry; more is no key but a trap. */
const MOST_ROUNDS = 10_000

export function isOpenSsh(text: string): boolean {
  return text.trimStart().startsWith(BEGIN)
}

/**
 * A P-256 private key as `ssh-keygen -t ecdsa -b 256` writes it, encrypted (bcrypt, aes256-ctr) or not.
 * @throws RunproofError `key.unreadable` with the fix
 */
export function readOpenSsh(text: string, path: string, passphrase: string | null): KeyObject {
  const body = text.trim().slice(BEGIN.length, -END.length)
  const bytes = text.trimEnd().endsWith(END) ? Buffer.from(body, 'base64') : Buffer.alloc(0)
  try {
    const reader = new Reader(bytes.subarray(MAGIC.length))
    if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) throw new RangeError()
    const [cipher, kdf, options] = [reader.text(), reader.text(), reader.string()]
    if (reader.number() !== 1) throw unreadable(path, 'it holds several keys')
    reader.string()
    const sealed = reader.string()
    const content = cipher === 'none' ? sealed : opened(sealed, { cipher, kdf, options }, path, passphrase)
    return keyIn(new Reader(content), path, cipher !== 'none')
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw unreadable(path, 'it is no whole OpenSSH private key', error)
  }
}

type Sealing = { readonly cipher: string; readonly kdf: string; readonly options: Buffer }

function opened(sealed: Buffer, { cipher, kdf, options }: Sealing, path: string, passphrase: string | null): Buffer {
  if (passphrase === null)
    throw unreadable(path, 'it is encrypted; name a file with its passphrase in RUNPROOF_KEY_PASSPHRASE_FILE')
  if (cipher !== 'aes256-ctr' || kdf !== 'bcrypt')
    throw unreadable(path, `it is encrypted with ${cipher} and ${kdf}; run: ssh-keygen -p -Z aes256-ctr -f ${path}`)
  const reader = new Reader(options)
  const [salt, rounds] = [reader.string(), reader.number()]
  if (rounds < 1 || rounds > MOST_ROUNDS)
    throw unreadable(path, `its passphrase takes ${rounds} rounds, more than ${MOST_ROUNDS}`)
  const key = bcryptPbkdf(passphrase, salt, 48, rounds)
  const decipher = createDecipheriv('aes-256-ctr', key.subarray(0, 32), key.subarray(32))
  return Buffer.concat([decipher.update(sealed), decipher.final()])
}

function keyIn(reader: Reader, path: string, wasSealed: boolean): KeyObject {
  // Written twice, so that a wrong passphrase shows.
  if (reader.number() !== reader.number())
    throw unreadable(path, wasSealed ? 'the passphrase is not the one of this key' : 'it is damaged')
  const kind = reader.text()
  if (kind !== KIND)
    throw unreadable(path, `it holds a ${kind} key, not a P-256 one; make one: ssh-keygen -t ecdsa -b 256 -f FILE`)
  reader.string()
  const [point, secret] = [reader.string(), reader.string()]
  if (point.length !== 65 || point[0] !== 4 || secret.length > 33) throw new RangeError()
  const d = Buffer.concat([Buffer.alloc(32), secret]).subarray(-32)
  const jwk = { kty: 'EC', crv: 'P-256', x: url(point.subarray(1, 33)), y: url(point.subarray(33)), d: url(d) }
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    throw unreadable(path, 'its two halves do not belong together', cause)
  }
}

function url(bytes: Buffer): string {
  return bytes.toString('base64url')
}

/** Numbers and strings as SSH writes them (RFC 4251). Throws RangeError past the end. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  number(): number {
    const value = this.#bytes.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }

  string(): Buffer {
    const length = this.number()
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError()
    const value = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return value
  }

  text(): string {
    return this.string().toString('latin1')
  }
}
