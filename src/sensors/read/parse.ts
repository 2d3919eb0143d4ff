import type { JsonObject } from '../connector.ts'
import type { Limits, Malformation } from './limits.ts'

/** Bytes or text → one JSON object, or the reason why not. */
export type Parse = {
  readonly bytes: (raw: Uint8Array) => JsonObject | Malformation
  readonly text: (text: string) => JsonObject | Malformation
}

// ignoreBOM: a byte order mark inside a file is data, and JSON does not allow it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A strict JSON reader: UTF-8 without faults, no key twice in any object, no lone surrogate, nesting within the limit.
 * `exactIntegers` are keys whose value must survive to the last digit; objects that hold one beyond 2^53 get it as BigInt.
 */
export function createParse(limits: Limits, exactIntegers: readonly string[]): Parse {
  const needles = exactIntegers.map((key) => JSON.stringify(key))
  const text = (source: string): JsonObject | Malformation => {
    let value: unknown
    try {
      value = JSON.parse(source)
    } catch {
      return 'invalid_json'
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not_object'
    const keys = countKeys(value, limits.depth)
    if (keys < 0) return 'too_deep'
    if (countColons(source) !== keys && hasDuplicateKey(source)) return 'duplicate_key'
    if (source.includes('\\u') && surrogateEscape.test(source) && !isWellFormed(value)) return 'lone_surrogate'
    return (needsExact(source, needles) ? JSON.parse(source, exactly) : value) as JsonObject
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
const longInteger = /[:[,\s]-?\d{16}/

// The reviver costs six times a plain parse, and two thirds of Falco's lines hold a long integer that nobody reads (`evt.time`).
function needsExact(source: string, needles: readonly string[]): boolean {
  for (const needle of needles) if (source.includes(needle)) return longInteger.test(source)
  return false
}

function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && /^-?\d{1,40}$/.test(source) ? BigInt(source) : value
}

/** How many keys the value has at all levels; below zero when it nests deeper than `depth`. */
function countKeys(value: object, depth: number): number {
  if (depth === 0) return Number.NEGATIVE_INFINITY
  let keys = 0
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) {
      if (typeof item === 'object' && item !== null) keys += countKeys(item, depth - 1)
    }
    return keys
  }
  // Parsed JSON has no inherited enumerable keys, so for-in is the fast and complete walk.
  for (const key in value) {
    keys++
    const member = (value as Record<string, unknown>)[key]
    if (typeof member === 'object' && member !== null) keys += countKeys(member, depth - 1)
  }
  return keys
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
