import { base64 as toBase64, fromUtf8, hex as toHex, utf8 } from '../../proof/bytes.ts'
import { parseJson } from '../../proof/json.ts'
import { sha256Hex } from '../../proof/sha256.ts'
import { RunproofError } from '../../model/errors.ts'
import { MAX_DEPTH } from '../limits.ts'
import type { Value } from '../value.ts'
import {
  any,
  BuiltinError,
  type BuiltinFunction,
  entries,
  object,
  operandError,
  string,
  strings,
  Unsupported,
} from './builtin.ts'
import { jsonText, prettyJson } from './json-text.ts'
import { RegoObject } from '../collection.ts'
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

/** `pretty`, `indent` (a tab unless given) and `prefix` of every line; naming one of the two asks for lines. */
export const jsonMarshalWith: BuiltinFunction = (operands, run) => {
  const options = new Map<Value, Value>(entries(object(operands, 1), run))
  for (const name of options.keys()) {
    if (name !== 'pretty' && name !== 'indent' && name !== 'prefix') {
      throw operandError(1, `object contained unknown key ${jsonText(name)}`)
    }
  }
  const [pretty, indent, prefix] = [
    options.get('pretty') ?? options.size > 0,
    options.get('indent') ?? '\t',
    options.get('prefix') ?? '',
  ]
  if (typeof pretty !== 'boolean') throw operandError(1, 'key "pretty" must be boolean')
  if (typeof indent !== 'string') throw operandError(1, 'key "indent" must be string')
  if (typeof prefix !== 'string') throw operandError(1, 'key "prefix" must be string')
  const text = pretty ? prettyJson(any(operands, 0), prefix, indent) : jsonText(any(operands, 0))
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
export const base64UrlDecode: BuiltinFunction = (operands) => textOf(base64UrlBytes(string(operands, 0)))

/** The bytes of base64url text, with or without padding. @throws BuiltinError */
export function base64UrlBytes(text: string): Uint8Array {
  if (/[+/]/.test(text)) throw new BuiltinError('illegal base64url string')
  const standard = text.replaceAll('-', '+').replaceAll('_', '/')
  return base64Bytes(standard.endsWith('=') ? standard : standard + '='.repeat((4 - (standard.length % 4)) % 4))
}

function decoded(text: string): string {
  return textOf(base64Bytes(text))
}

/** The bytes of base64 text; line ends and bits after the last byte are ignored, as by OPA. @throws BuiltinError */
export function base64Bytes(text: string): Uint8Array {
  const plain = withoutLines(text)
  if (!isBase64(plain)) throw new BuiltinError('illegal base64 data')
  return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0))
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
  return textOf(bytes)
}

export const sha256: BuiltinFunction = (operands, run) => {
  const text = string(operands, 0)
  run.spend(text.length)
  return sha256Hex(text)
}

export const urlEncode: BuiltinFunction = (operands) => escaped(string(operands, 0))

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
}

export const urlDecode: BuiltinFunction = (operands) => unescaped(string(operands, 0))

/** `a=1&a=2&b=`: names in order, each with one value or several. */
export const urlEncodeObject: BuiltinFunction = (operands, run) =>
  entries(object(operands, 0), run)
    .flatMap(([name, value]) => {
      if (typeof name !== 'string') throw operandError(0, 'must be object of strings')
      const values = typeof value === 'string' ? [value] : strings([value], 0, 'string', 'array', 'set')
      return values.map((each) => `${escaped(name)}=${escaped(each)}`)
    })
    .join('&')

/** Every name with the array of its values. */
export const urlDecodeObject: BuiltinFunction = (operands, run) => {
  const found = new Map<string, string[]>()
  for (const pair of string(operands, 0)
    .split('&')
    .filter((part) => part !== '')) {
    run.spend(1)
    if (pair.includes(';')) throw new BuiltinError('invalid semicolon separator in query')
    const cut = pair.includes('=') ? pair.indexOf('=') : pair.length
    const [name, value] = [unescaped(pair.slice(0, cut)), unescaped(pair.slice(cut + 1))]
    found.set(name, [...(found.get(name) ?? []), value])
  }
  return RegoObject.of(found)
}

function unescaped(escapes: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(escapes)) throw new BuiltinError('invalid URL escape')
  try {
    return decodeURIComponent(escapes.replaceAll('+', ' '))
  } catch {
    throw new Unsupported('bytes that are not UTF-8 text')
  }
}

/** In OPA a string may hold any bytes. */
function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw cause instanceof RunproofError ? new Unsupported('bytes that are not UTF-8 text', { cause }) : cause
  }
}

function attempt<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof RunproofError ? new BuiltinError(cause.message, { cause }) : cause
  }
}
