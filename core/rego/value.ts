import type { JsonValue } from '../proof/jcs.ts'
import { RegoObject, RegoSet } from './collection.ts'
import { Decimal, plainOf, type Numeric } from './number.ts'

/**
 * A Rego value. Input and data stay the plain JSON that they are; what a policy builds is a fresh array, a `RegoSet` or a
 * `RegoObject`. `undefined` is not a value: it is "no result", the reason why a statement does not hold.
 */
export type Value = null | boolean | Numeric | string | readonly Value[] | PlainObject | RegoObject | RegoSet
export type PlainObject = { readonly [key: string]: JsonValue }
export type Composite = readonly Value[] | PlainObject | RegoObject | RegoSet

export const kinds = ['null', 'boolean', 'number', 'string', 'array', 'object', 'set'] as const
export type Kind = (typeof kinds)[number]

export function kindOf(value: Value): Kind {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number' || typeof value === 'bigint') return 'number'
  if (typeof value === 'boolean') return 'boolean'
  if (value === null) return 'null'
  if (isArray(value)) return 'array'
  if (value instanceof RegoSet) return 'set'
  return value instanceof Decimal ? 'number' : 'object'
}

export function isArray(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value)
}

export function isObject(value: Value | undefined): value is PlainObject | RegoObject {
  return typeof value === 'object' && value !== null && !isArray(value) && !(value instanceof RegoSet || value instanceof Decimal)
}

export function isComposite(value: Value | undefined): value is Composite {
  return typeof value === 'object' && value !== null && !(value instanceof Decimal)
}

/** What `value[key]` is; undefined where there is nothing. A member of a set is its own value. */
export function lookup(value: Value | undefined, key: Value): Value | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return undefined
  if (isArray(value)) {
    const index = key instanceof Decimal ? plainOf(key) : key
    return typeof index === 'number' && Number.isInteger(index) ? value[index] : undefined
  }
  if (value instanceof RegoSet) return value.get(key)
  if (value instanceof RegoObject) return value.get(key)
  return typeof key === 'string' ? member(value, key) : undefined
}

/** An inherited name (`constructor`, `__proto__`) is no member: only own ones are. */
export function member(object: PlainObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
