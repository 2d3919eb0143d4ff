import { RunproofError } from '../model/errors.ts'
import { type JsonValue, MAX_JSON_DEPTH } from './jcs.ts'

export type JsonLimits = { readonly maxDepth?: number; readonly maxLength?: number }

/** In UTF-16 units. A report of 100,000 findings is under 40 Mi; a browser tab still reads this much. */
export const MAX_JSON_LENGTH = 64 * 1024 * 1024

/** `jcs` writes at most 17 significant digits; a numeral with more is read differently by different parsers. */
const MAX_DIGITS = 17

/**
 * RFC 8259, strict, for everything that is signed: no two parsers may read the same bytes differently. Refuses duplicate keys,
 * lone surrogates, numbers that a double cannot hold, trailing text. `__proto__` is read as an ordinary own member.
 * @throws RunproofError `format.malformed`, `format.too_large` (depth, length); the message ends with line and column.
 */
export function parseJson(text: string, { maxDepth = MAX_JSON_DEPTH, maxLength = MAX_JSON_LENGTH }: JsonLimits = {}): JsonValue {
  if (text.length > maxLength) throw new RunproofError('format.too_large', `JSON longer than ${maxLength} characters`)
  const reader: Reader = { text, at: 0, depth: 0, maxDepth }
  skipSpace(reader)
  const value = readValue(reader)
  skipSpace(reader)
  if (reader.at < text.length) throw refused(reader, 'text after the JSON value')
  return value
}

type Reader = { readonly text: string; readonly maxDepth: number; at: number; depth: number }

function readValue(reader: Reader): JsonValue {
  switch (reader.text.charAt(reader.at)) {
    case '{':
      return nested(reader, readObject)
    case '[':
      return nested(reader, readArray)
    case '"':
      return readString(reader)
    case 't':
      return word(reader, 'true', true)
    case 'f':
      return word(reader, 'false', false)
    case 'n':
      return word(reader, 'null', null)
    default:
      return readNumber(reader)
  }
}

function nested(reader: Reader, read: (reader: Reader) => JsonValue): JsonValue {
  if (reader.depth === reader.maxDepth) throw refused(reader, `nested deeper than ${reader.maxDepth}`, 'format.too_large')
  reader.depth++
  reader.at++
  skipSpace(reader)
  const value = read(reader)
  reader.depth--
  return value
}

function readObject(reader: Reader): JsonValue {
  const members: Record<string, JsonValue> = {}
  if (taken(reader, '}')) return members
  do {
    skipSpace(reader)
    if (reader.text[reader.at] !== '"') throw refused(reader, 'a key in quotes was expected')
    const start = reader.at
    const key = readString(reader)
    if (Object.hasOwn(members, key)) throw refused({ ...reader, at: start }, `duplicate key ${JSON.stringify(key)}`)
    skipSpace(reader)
    if (!taken(reader, ':')) throw refused(reader, '":" was expected')
    skipSpace(reader)
    keep(members, key, readValue(reader))
    skipSpace(reader)
  } while (taken(reader, ','))
  if (!taken(reader, '}')) throw refused(reader, '"," or "}" was expected')
  return members
}

/** Plain assignment to `__proto__` would set the prototype. */
function keep(members: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key !== '__proto__') members[key] = value
  else Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true })
}

function readArray(reader: Reader): JsonValue {
  const items: JsonValue[] = []
  if (taken(reader, ']')) return items
  do {
    skipSpace(reader)
    items.push(readValue(reader))
    skipSpace(reader)
  } while (taken(reader, ','))
  if (!taken(reader, ']')) throw refused(reader, '"," or "]" was expected')
  return items
}

function readString(reader: Reader): string {
  const { text, at: start } = reader
  let end = start + 1
  let escaped = false
  for (; text[end] !== '"'; end++) {
    if (end >= text.length) throw refused(reader, 'this string has no end')
    if (text.charCodeAt(end) < 0x20) throw refused({ ...reader, at: end }, 'a control character must be escaped')
    if (text[end] === '\\') {
      escaped = true
      end++
    }
  }
  const value = escaped ? unescaped(reader, text.slice(start, end + 1)) : text.slice(start + 1, end)
  if (!value.isWellFormed()) throw refused(reader, 'this string has a lone surrogate')
  reader.at = end + 1
  return value
}

/** The native parser knows the same escapes and refuses all others. */
function unescaped(reader: Reader, literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    throw refused(reader, 'this string has a bad escape')
  }
}

const NUMERAL = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

function readNumber(reader: Reader): number {
  NUMERAL.lastIndex = reader.at
  const numeral = NUMERAL.exec(reader.text)?.[0]
  if (numeral === undefined)
    throw refused(reader, reader.at < reader.text.length ? 'a JSON value was expected' : 'the text ends too early')
  const value = Number(numeral)
  const digits = numeral
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '')
  const lost = !Number.isFinite(value) || (value === 0 && digits !== '') || digits.length > MAX_DIGITS
  if (lost || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    throw refused(reader, `${shown(numeral)} loses precision`)
  reader.at += numeral.length
  return value === 0 ? 0 : value // -0 is written 0 by jcs: it must not survive as a second zero.
}

function shown(numeral: string): string {
  return numeral.length > 40 ? `${numeral.slice(0, 40)}…` : numeral
}

function word<T extends JsonValue>(reader: Reader, spelling: string, value: T): T {
  if (!reader.text.startsWith(spelling, reader.at)) throw refused(reader, 'a JSON value was expected')
  reader.at += spelling.length
  return value
}

function taken(reader: Reader, character: string): boolean {
  if (reader.text[reader.at] !== character) return false
  reader.at++
  return true
}

function skipSpace(reader: Reader): void {
  for (;;) {
    const code = reader.text.charCodeAt(reader.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    reader.at++
  }
}

/** Line and column count from 1; a column is a UTF-16 unit. */
function refused(
  { text, at }: Reader,
  why: string,
  code: 'format.malformed' | 'format.too_large' = 'format.malformed',
): RunproofError {
  const before = text.slice(0, at).split('\n')
  return new RunproofError(code, `not strict JSON: ${why} (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`)
}
