import { createDecipheriv, createHash } from 'node:crypto'
import { CallError } from '../fault.ts'
import { fixed, type TemplateFunction } from '../functions.ts'
import { asText } from './cast.ts'

export const encodingFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['b64enc', fixed('string', ([text]) => Buffer.from(asText(text)).toString('base64'))],
  ['b64dec', fixed('string', ([text]) => decodeBase64(asText(text)))],
  ['b32enc', fixed('string', ([text]) => encodeBase32(Buffer.from(asText(text))))],
  ['b32dec', fixed('string', ([text]) => decodeBase32(asText(text)))],
  ['sha1sum', fixed('string', ([text]) => digest('sha1', asText(text)))],
  ['sha256sum', fixed('string', ([text]) => digest('sha256', asText(text)))],
  ['sha512sum', fixed('string', ([text]) => digest('sha512', asText(text)))],
  ['adler32sum', fixed('string', ([text]) => adler32(Buffer.from(asText(text))))],
  ['decryptAES', fixed('string string', ([password, text]) => decrypt(asText(password), asText(text)))],
]

function digest(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex')
}

/** sprig prints the fault where the text should be. */
function decodeBase64(text: string): string {
  return base64Fault(text) ?? Buffer.from(text, 'base64').toString()
}

/** Go's text for what is no base64; null: it is. */
function base64Fault(text: string): string | null {
  const plain = text.replaceAll(/[\r\n]/g, '')
  const [form = ''] = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/.exec(plain) ?? []
  if (form.length === plain.length) return null
  const bad = /[^A-Za-z0-9+/]/.exec(plain)?.index ?? plain.length - (plain.length % 4)
  return `illegal base64 data at input byte ${bad}`
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function encodeBase32(bytes: Uint8Array): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  const letters = bits.match(/.{1,5}/g)?.map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]) ?? []
  const text = letters.join('')
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=')
}

function decodeBase32(text: string): string {
  const plain = text.replaceAll(/[\r\n]/g, '')
  const bad = /[^A-Z2-7=]/.exec(plain)?.index
  if (bad !== undefined || plain.length % 8 !== 0)
    return `illegal base32 data at input byte ${bad ?? plain.length - (plain.length % 8)}`
  let bits = ''
  for (const letter of plain.replace(/=+$/, '')) bits += alphabet.indexOf(letter).toString(2).padStart(5, '0')
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []).toString()
}

function adler32(bytes: Uint8Array): string {
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return String(b * 65_536 + a)
}

/** AES-256-CBC with the padded password as key and the first block as start. */
function decrypt(password: string, text: string): string {
  if (text === '') return ''
  const fault = base64Fault(text)
  if (fault !== null) throw new CallError(fault)
  const bytes = Buffer.from(text, 'base64')
  const key = Buffer.alloc(32)
  Buffer.from(password).copy(key, 0, 0, 32)
  try {
    const cipher = createDecipheriv('aes-256-cbc', key, bytes.subarray(0, 16))
    return Buffer.concat([cipher.update(bytes.subarray(16)), cipher.final()]).toString()
  } catch (error) {
    throw new CallError('cannot decrypt', { cause: error })
  }
}
