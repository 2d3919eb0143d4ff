import { RegoSet } from '../collection.ts'
import { compareStrings, entriesOf } from '../compare.ts'
import { MAX_DEPTH, NestedTooDeep } from '../limits.ts'
import { isNumeric, numberText } from '../number.ts'
import { isArray, type Value } from '../value.ts'

/** Compact JSON as OPA's `json.marshal` writes it: keys by code point, sets as sorted arrays, numbers of any length in full. */
export function jsonText(value: Value): string {
  return written(value, 0, null)
}

/** The same, one member a line: each line begins with `prefix` and an `indent` for every level. */
export function prettyJson(value: Value, prefix: string, indent: string): string {
  return prefix + written(value, 0, { prefix, indent })
}

type Lines = { readonly prefix: string; readonly indent: string }

function written(value: Value, depth: number, lines: Lines | null): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quoted(value)
  if (isNumeric(value)) return numberText(value)
  if (depth === MAX_DEPTH) throw new NestedTooDeep()
  const inner = (item: Value): string => written(item, depth + 1, lines)
  if (isArray(value)) return enclosed('[', value.map(inner), ']', depth, lines)
  if (value instanceof RegoSet) return enclosed('[', value.values().map(inner), ']', depth, lines)
  // A Map: the number 1 and the text "1" are two keys in Rego and one in JSON, where the later one wins.
  const members = new Map(
    entriesOf(value).map(([key, item]) => [typeof key === 'string' ? key : written(key, depth + 1, null), inner(item)]),
  )
  const pairs = [...members]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([key, item]) => `${quoted(key)}:${lines ? ' ' : ''}${item}`)
  return enclosed('{', pairs, '}', depth, lines)
}

function enclosed(open: string, items: readonly string[], close: string, depth: number, lines: Lines | null): string {
  if (!lines || items.length === 0) return open + items.join() + close
  const line = (level: number): string => `\n${lines.prefix}${lines.indent.repeat(level)}`
  return open + line(depth + 1) + items.join(`,${line(depth + 1)}`) + line(depth) + close
}

/** Go also escapes what HTML or JavaScript could stumble over, and a lone surrogate has no UTF-8. */
function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(/[<>&\u2028\u2029]/g, escaped)
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
}
