import type { JsonObject } from '../connector.ts'
import type { Limits, Malformation } from './limits.ts'
import { isPlain, survey, type Rounded } from './survey.ts'

/** Bytes or text → one JSON object, or the reason why not. */
export type Parse = {
  readonly bytes: (raw: Uint8Array) => JsonObject | Malformation
  readonly text: (text: string) => JsonObject | Malformation
}

// ignoreBOM: a byte order mark inside a file is data, and JSON does not allow it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A strict JSON reader: UTF-8 without faults, no key twice in any object, no lone surrogate, nesting within the limit.
 * `exactIntegers` are keys whose value must survive to the last digit: an integer beyond 2^53 comes as BigInt.
 */
export function createParse(limits: Limits, exactIntegers: readonly string[]): Parse {
  const exactKeys = new Set(exactIntegers)
  const text = (source: string): JsonObject | Malformation => {
    let value: unknown
    try {
      value = JSON.parse(source)
    } catch {
      return 'invalid_json'
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not_object'
    const found = survey(value, limits.depth, exactKeys)
    if (found.tooDeep) return 'too_deep'
    if (!isPlain(found, source.length)) {
      if (countColons(source) !== found.keys && hasDuplicateKey(source)) return 'duplicate_key'
      if (source.includes('\\u') && surrogateEscape.test(source) && !isWellFormed(value)) return 'lone_surrogate'
    }
    if (source.includes('\\') && hasEscapedKey(source) && !hasKeysAsWritten(value, source)) return 'misread_key'
    return (found.rounded.length === 0 ? value : withExact(value, source, found.rounded)) as JsonObject
  }
  return { text, bytes: (raw) => decoded(raw, text) }
}

/** The text of bytes that are UTF-8; null for others. */
export function decodeUtf8(raw: Uint8Array): string | null {
  try {
    return utf8.decode(raw)
  } catch {
    return null
  }
}

function decoded(raw: Uint8Array, text: Parse['text']): JsonObject | Malformation {
  const source = decodeUtf8(raw)
  return source === null ? 'invalid_utf8' : text(source)
}

const surrogateEscape = /\\u[dD][89a-fA-F]/

/**
 * The value with the integers that were rounded as BigInt. One of them, which is what sensors send, is looked up in the text; the
 * reviver, which costs six times a plain parse, is for more.
 */
function withExact(value: object, source: string, rounded: readonly Rounded[]): object {
  const [only, ...others] = rounded
  if (!only || others.length > 0) return JSON.parse(source, exactly) as object
  // In valid JSON a quote behind a brace, a comma or a blank opens a string, and one before a colon ends a key.
  const written = [...source.matchAll(memberPattern(only.key))]
  const digits = written[0]?.[1]
  if (written.length !== 1 || digits === undefined || Number(digits) !== only.holder[only.key])
    return JSON.parse(source, exactly) as object
  only.holder[only.key] = BigInt(digits)
  return value
}

/** One for each exact key, of which there are a handful. */
const memberPatterns = new Map<string, RegExp>()

function memberPattern(key: string): RegExp {
  const known = memberPatterns.get(key)
  if (known !== undefined) return known
  const pattern = new RegExp(`[{,\\s]${escaped(JSON.stringify(key))}\\s*:\\s*(-?\\d{1,40})(?=[,}\\s])`, 'g')
  memberPatterns.set(key, pattern)
  return pattern
}

function escaped(literal: string): string {
  return literal.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
}

function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && /^-?\d{1,40}$/.test(source) ? BigInt(source) : value
}

const keyEnd = /"\s*:/g

/**
 * An upper bound on the keys written in the text: every key's closing quote is followed by a colon, and so are a few quotes inside
 * or before strings. Equal to the keys that were kept: none was written twice. More: look closely.
 */
function countColons(source: string): number {
  let count = 0
  keyEnd.lastIndex = 0
  while (keyEnd.test(source)) count++
  return count
}

/** Whether a backslash stands in a key. Strings that merely stand before a colon are taken for keys too: then it is looked at closely. */
function hasEscapedKey(source: string): boolean {
  keyEnd.lastIndex = 0
  for (let end = keyEnd.exec(source); end !== null; end = keyEnd.exec(source)) {
    for (let at = end.index - 1; at >= 0 && source[at] !== '"'; at--) if (source[at] === '\\') return true
  }
  return false
}

/**
 * Whether the keys are those that are written. JSON.parse of the V8 in Node 24 may give an escaped key the name of another object's
 * key: after `{"t":1,"\\":2}` it reads `{"t":1,"\u0041":2}` with the key `\`. A single string is read right.
 */
function hasKeysAsWritten(value: unknown, source: string): boolean {
  const written = new Map<string, number>()
  let string = ''
  for (const [text] of source.matchAll(token)) {
    if (text.startsWith('"')) string = text
    else if (text === ':') {
      const key = JSON.parse(string) as string
      written.set(key, (written.get(key) ?? 0) + 1)
    }
  }
  forEachKey(value, (key) => written.set(key, (written.get(key) ?? 0) - 1))
  return [...written.values()].every((count) => count === 0)
}

function forEachKey(value: unknown, see: (key: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (!Array.isArray(value)) see(key)
    forEachKey(member, see)
  }
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/** Whether any object of a valid JSON text names a key twice, however it is escaped. */
function hasDuplicateKey(source: string): boolean {
  const open: Set<string>[] = []
  let string = ''
  for (const [text] of source.matchAll(token)) {
    if (text === '{' || text === '[') open.push(new Set())
    else if (text === '}' || text === ']') open.pop()
    else if (text !== ':') string = text
    else {
      const keys = open.at(-1)
      const key = string.includes('\\') ? (JSON.parse(string) as string) : string.slice(1, -1)
      if (keys?.has(key)) return true
      keys?.add(key)
    }
  }
  return false
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormed(member))
}
