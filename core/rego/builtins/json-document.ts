import { parseJson } from '../../proof/json.ts'
import { RunproofError } from '../../model/errors.ts'
import { RegoObject, RegoSet } from '../collection.ts'
import { entriesOf } from '../compare.ts'
import { MAX_DEPTH, NestedTooDeep } from '../limits.ts'
import { isNumeric, toDouble } from '../number.ts'
import { isArray, isObject, type PlainObject, type Value } from '../value.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { jsonText } from './json-text.ts'

/** A document given as JSON text or as a value, in which sets are lists and all keys text. @throws BuiltinError for what is neither. */
export function documentOf(value: Value): Value {
  if (typeof value === 'string') return parsed(value)
  if (isArray(value) || isObject(value)) return plain(value, 0)
  throw new BuiltinError('wrong type, expected string or object')
}

function parsed(text: string): Value {
  try {
    JSON.parse(text)
  } catch (cause) {
    throw new BuiltinError('invalid JSON string', { cause })
  }
  try {
    return parseJson(text, { maxDepth: MAX_DEPTH })
  } catch (cause) {
    throw cause instanceof RunproofError ? new Unsupported(`JSON text that is not strict: ${cause.message}`, { cause }) : cause
  }
}

function plain(value: Value, depth: number): Value {
  if (depth > MAX_DEPTH) throw new NestedTooDeep()
  if (isArray(value)) return value.map((item) => plain(item, depth + 1))
  if (value instanceof RegoSet) return value.values().map((item) => plain(item, depth + 1))
  if (!isObject(value)) return value
  return RegoObject.of(
    entriesOf(value).map(([key, item]) => [typeof key === 'string' ? key : jsonText(key), plain(item, depth + 1)]),
  )
}

/** The members of an object of a document, by name. */
export function members(object: PlainObject | RegoObject): readonly (readonly [string, Value])[] {
  return entriesOf(object).flatMap(([key, value]) => (typeof key === 'string' ? [[key, value] as const] : []))
}

/** JSON in which numbers are the nearest doubles, so that equal ones are spelled alike. */
export function comparableJson(value: Value): string {
  return jsonText(nearest(value, 0))
}

function nearest(value: Value, depth: number): Value {
  if (depth > MAX_DEPTH) throw new NestedTooDeep()
  if (isNumeric(value)) return double(toDouble(value))
  if (isArray(value)) return value.map((item) => nearest(item, depth + 1))
  if (!isObject(value)) return value
  return RegoObject.of(members(value).map(([key, item]) => [key, nearest(item, depth + 1)]))
}

function double(value: number): number {
  if (!Number.isFinite(value)) throw new Unsupported('a number beyond the largest double')
  // Ours and Go's spelling differ from here on.
  if (Math.abs(value) >= 1e21 || (value !== 0 && Math.abs(value) < 1e-4) || Object.is(value, -0)) {
    throw new Unsupported('a very large or very small number to be compared as JSON')
  }
  return value
}
