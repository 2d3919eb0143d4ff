import { RegoSet } from '../collection.ts'
import { entriesOf } from '../compare.ts'
import { MAX_DEPTH, NestedTooDeep } from '../limits.ts'
import type { Run } from '../machine.ts'
import { isNumeric, numberText } from '../number.ts'
import { isArray, type Value } from '../value.ts'
import { room } from './text-limit.ts'

/** A value as Rego source, the way OPA prints it: `{"a": [1, set()]}`. */
export function termText(value: Value, run: Run): string {
  const text = written(value, 0)
  room(run, text.length)
  return text
}

function written(value: Value, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quoted(value)
  if (isNumeric(value)) return numberText(value)
  if (depth === MAX_DEPTH) throw new NestedTooDeep()
  const inner = (item: Value): string => written(item, depth + 1)
  if (isArray(value)) return `[${value.map(inner).join(', ')}]`
  if (value instanceof RegoSet) {
    return value.size === 0 ? 'set()' : `{${value.values().map(inner).join(', ')}}`
  }
  return `{${entriesOf(value)
    .map(([key, item]) => `${inner(key)}: ${inner(item)}`)
    .join(', ')}}`
}

/** Go's quoted string: what cannot be printed is escaped, on demand everything beyond ASCII too. */
export function quoted(text: string, onlyAscii = false): string {
  const plain = onlyAscii ? PRINTABLE_ASCII : PRINTABLE
  return `"${Array.from(text, (letter) => escapes.get(letter) ?? (plain.test(letter) ? letter : escaped(letter))).join('')}"`
}

const PRINTABLE_ASCII = /^[ -~]$/

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u
const escapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
])

function escaped(letter: string): string {
  const code = letter.codePointAt(0) ?? 0
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
