import { base64 as toBase64, fromUtf8, hex as toHex, utf8 } from '../../proof/bytes.ts'
import { parseJson } from '../../proof/json.ts'
import { sha256Hex } from '../../proof/sha256.ts'
import { RunproofError } from '../../model/errors.ts'
import { MAX_DEPTH } from '../limits.ts'
import { any, BuiltinError, type BuiltinFunction, string } from './builtin.ts'
import { jsonText } from './json-text.ts'
import { room } from './text-limit.ts'

/** Stricter than OPA: duplicate keys, lone surrogates and numbers that a double cannot hold are errors, never a guess. */
export const jsonUnmarshal: BuiltinFunction = (operands, run) => {
  const text = string(operands, 0)
  room(run, text.length * CHARACTERS_PER_PARSED)
  return attempt(() => parseJson(text, { maxDepth: MAX_DEPTH }))
}
const CHARACTERS_PER_PARSED = 4

export const jsonMarshal: BuiltinFunction = (operands, run) => {
  const text = jsonText(any(operands, 0))
  room(run, text.length)
  return text
}

/** Whether it is JSON at all, as OPA asks: `json.unmarshal` refuses more, loudly. */
export const jsonIsValid: BuiltinFunction = (operands) => {
  const text = any(operands, 0)
  if (typeof text !== 'string') return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export const base64Encode: BuiltinFunction = (operands) => toBase64(utf8(string(operands, 0)))
export const base64Decode: BuiltinFunction = (operands) => decoded(string(operands, 0))

export const base64IsValid: BuiltinFunction = (operands) => {
  const text = any(operands, 0)
  return typeof text === 'string' && isBase64(withoutLines(text))
}

export const base64UrlEncode: BuiltinFunction = (operands) => urlSafe(string(operands, 0))
export const base64UrlEncodeNoPad: BuiltinFunction = (operands) => urlSafe(string(operands, 0)).replaceAll('=', '')

function urlSafe(text: string): string {
  return toBase64(utf8(text)).replaceAll('+', '-').replaceAll('/', '_')
}

/** With or without padding. */
export const base64UrlDecode: BuiltinFunction = (operands) => {
  const text = string(operands, 0)
  if (/[+/]/.test(text)) throw new BuiltinError('illegal base64url string')
  const standard = text.replaceAll('-', '+').replaceAll('_', '/')
  return decoded(standard.endsWith('=') ? standard : standard + '='.repeat((4 - (standard.length % 4)) % 4))
}

/** Bits after the last byte are ignored, as by OPA; bytes that are no text are an error, since our strings are text. */
function decoded(text: string): string {
  const plain = withoutLines(text)
  if (!isBase64(plain)) throw new BuiltinError('illegal base64 data')
  return attempt(() => fromUtf8(Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0))))
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

/** OPA ignores line ends in base64, nothing else. */
function withoutLines(text: string): string {
  return text.replaceAll(/[\r\n]/g, '')
}

export const hexEncode: BuiltinFunction = (operands) => toHex(utf8(string(operands, 0)))

export const hexDecode: BuiltinFunction = (operands) => {
  const text = string(operands, 0)
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new BuiltinError('not hex digits of whole bytes')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return attempt(() => fromUtf8(bytes))
}

export const sha256: BuiltinFunction = (operands, run) => {
  const text = string(operands, 0)
  run.spend(text.length)
  return sha256Hex(text)
}

export const urlEncode: BuiltinFunction = (operands) =>
  encodeURIComponent(string(operands, 0).toWellFormed())
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)

export const urlDecode: BuiltinFunction = (operands) => {
  const text = string(operands, 0).replaceAll('+', ' ')
  try {
    return decodeURIComponent(text)
  } catch {
    throw new BuiltinError('invalid URL escape')
  }
}

function attempt<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof RunproofError ? new BuiltinError(cause.message, { cause }) : cause
  }
}
