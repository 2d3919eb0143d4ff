import { Decimal, isNumeric, numberText, plainOf, Spelled, toInteger } from './number.ts'
import { RegoObject, RegoSet } from './collection.ts'
import { NestedTooDeep, MAX_DEPTH } from './limits.ts'
import { isArray, type Composite, type PlainObject, type Value } from './value.ts'

/** What equal values share and different ones do not. A scalar is its own key; a composite one is its `CompositeKey`. */
export type Key = null | boolean | number | bigint | string

/** No string of JSON text or input starts like this by accident of its own: strings that do are escaped by the same mark. */
const MARK = '\u0000'

export function keyOf(value: Value): Key {
  if (typeof value === 'string') return value.charCodeAt(0) === 0 ? MARK + value : value
  // -0 is 0 to a Map. A double beyond 2^53 is the integer that it spells, as a bigint would be.
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value) ? toInteger(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Spelled) return keyOf(value.plain)
  return `${MARK}#${value instanceof Decimal ? numberText(value) : spelled(value, 0)}`
}

function spelled(value: Composite, depth: number): string {
  if (depth > MAX_DEPTH) throw new NestedTooDeep()
  if (isArray(value)) return `[${value.map((item) => part(item, depth)).join()}]`
  if (value instanceof RegoSet) {
    return `<${value
      .values()
      .map((item) => part(item, depth))
      .join()}>`
  }
  if (value instanceof RegoObject) {
    return `{${value
      .entries()
      .map(([key, item]) => `${part(key, depth)}:${part(item, depth)}`)
      .sort()
      .join()}}`
  }
  return `{${plainMembers(value, depth)}}`
}

function plainMembers(object: PlainObject, depth: number): string {
  return Object.entries(object)
    .map(([key, item]) => `${JSON.stringify(key)}:${part(item, depth)}`)
    .sort()
    .join()
}

function part(value: Value, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (isNumeric(value)) return numberText(plainOf(value))
  return typeof value === 'object' && value !== null ? spelled(value, depth + 1) : String(value)
}
