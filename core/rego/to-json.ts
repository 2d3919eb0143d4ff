import { jcs, type JsonValue } from '../proof/jcs.ts'
import { entriesOf } from './compare.ts'
import { RegoSet } from './collection.ts'
import { MAX_DEPTH, NestedTooDeep } from './limits.ts'
import { isNumeric, numberText, toDouble } from './number.ts'
import { isArray, type Value } from './value.ts'

/** Sets as arrays in OPA's order; a key that is no string as its JSON text, as OPA writes it. */
export function toJson(value: Value): JsonValue {
  return converted(value, 0)
}

function converted(value: Value, depth: number): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (isNumeric(value)) return toDouble(value)
  if (depth === MAX_DEPTH) throw new NestedTooDeep()
  if (isArray(value)) return value.map((item) => converted(item, depth + 1))
  if (value instanceof RegoSet) return value.values().map((item) => converted(item, depth + 1))
  const object: Record<string, JsonValue> = {}
  for (const [key, item] of entriesOf(value)) {
    keep(object, typeof key === 'string' ? key : isNumeric(key) ? numberText(key) : jcs(toJson(key)), converted(item, depth + 1))
  }
  return object
}

/** Plain assignment to `__proto__` would set the prototype. */
function keep(object: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
}
