import { RegoObject } from './collection.ts'
import { entriesOf } from './compare.ts'
import { isObject, lookup, type Value } from './value.ts'

/** A copy of `target` with `value` at the path; what is missing or no object on the way becomes an object. */
export function inserted(target: Value | undefined, path: readonly string[], value: Value): Value {
  const [key, ...rest] = path
  if (key === undefined) return value
  const copy = isObject(target) ? RegoObject.of(entriesOf(target)) : new RegoObject()
  copy.set(key, inserted(lookup(target, key), rest, value))
  return copy
}

/** Both objects as one, recursively. Where they disagree `a` wins; what is no object cannot be merged and `a` is kept as it is. */
export function merged(a: Value | undefined, b: Value | undefined): Value | undefined {
  if (a === undefined) return b
  if (!isObject(a) || !isObject(b)) return a
  const result = RegoObject.of(entriesOf(b))
  for (const [key, value] of entriesOf(a)) {
    const other = result.get(key)
    result.set(key, merged(value, other) ?? value)
  }
  return result
}
