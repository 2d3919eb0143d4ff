import { RegoObject, RegoSet } from '../collection.ts'
import { equal } from '../compare.ts'
import type { Run } from '../machine.ts'
import { isArray, isObject, lookup, type PlainObject, type Value } from '../value.ts'
import {
  any,
  array,
  BuiltinError,
  type BuiltinFunction,
  elementError,
  entries,
  kindError,
  object,
  type Operands,
  Unsupported,
} from './builtin.ts'
import { filtered } from './json-paths.ts'

type AnyObject = PlainObject | RegoObject

/** An array as key is a path into the object; an empty path is the object itself. */
export const get: BuiltinFunction = (operands) => {
  const [key, otherwise] = [any(operands, 1), any(operands, 2)]
  let found: Value | undefined = object(operands, 0)
  for (const part of isArray(key) ? key : [key]) found = lookup(found, part)
  return found ?? otherwise
}

export const keys: BuiltinFunction = (operands, run) => RegoSet.of(entries(object(operands, 0), run).map(([key]) => key))

export const remove: BuiltinFunction = (operands, run) => {
  const [source, unwanted] = [object(operands, 0), keySet(operands, 1, run)]
  return RegoObject.of(entries(source, run).filter(([key]) => !unwanted.has(key)))
}

export const filter: BuiltinFunction = (operands, run) => {
  const [source, wanted] = [object(operands, 0), keySet(operands, 1, run)]
  return filtered(source, RegoObject.of(wanted.values().map((key) => [key, null])), run)
}

function keySet(operands: Operands, position: number, run: Run): RegoSet {
  const value = any(operands, position)
  if (value instanceof RegoSet) return value
  if (isArray(value)) return RegoSet.of(value)
  if (isObject(value)) return RegoSet.of(entries(value, run).map(([key]) => key))
  throw kindError(operands, position, 'object', 'set', 'array')
}

/** Recursive; where both have something that is no object, the right one wins. */
export const union: BuiltinFunction = (operands, run) => united(object(operands, 0), object(operands, 1), run)

export const unionN: BuiltinFunction = (operands, run) => {
  let result: AnyObject = new RegoObject()
  for (const item of array(operands, 0)) {
    if (!isObject(item)) throw elementError(0, 'array', item, 'object')
    result = united(result, item, run)
  }
  return result
}

function united(a: AnyObject, b: AnyObject, run: Run): AnyObject {
  const result = RegoObject.of(entries(a, run))
  for (const [key, value] of entries(b, run)) {
    const before = result.get(key)
    result.set(key, isObject(before) && isObject(value) ? united(before, value, run) : value)
  }
  return result
}

/** Whether the second operand is found within the first. */
export const subset: BuiltinFunction = (operands, run) => {
  const [whole, part] = [any(operands, 0), any(operands, 1)]
  if (isArray(whole) && part instanceof RegoSet) {
    return arrayHolds(whole, part)
  }
  const answer = within(whole, part, run)
  if (answer === null) throw new BuiltinError('both arguments object.subset must be of the same type or array and set')
  return answer
}

/** OPA counts hits: `[1, 1]` would hold `{1, 2}` and `[]` not the empty set. Where that is wrong there is no answer at all. */
function arrayHolds(whole: readonly Value[], part: RegoSet): boolean {
  const held = RegoSet.of(whole)
  const [truly, hits] = [part.values().every((value) => held.has(value)), whole.filter((value) => part.has(value)).length]
  const counted = part.size === 0 ? whole.length > 0 : hits >= part.size
  if (counted !== truly) throw new Unsupported('an array and a set for which OPA is wrong')
  return truly
}

/** Null: not two collections of one kind. */
function within(whole: Value, part: Value, run: Run): boolean | null {
  if (isObject(whole) && isObject(part)) {
    return entries(part, run).every(([key, value]) => {
      const held = lookup(whole, key)
      return held !== undefined && (equal(held, value, run) || within(held, value, run) === true)
    })
  }
  if (whole instanceof RegoSet && part instanceof RegoSet) return part.values().every((value) => whole.has(value))
  return isArray(whole) && isArray(part) ? follows(whole, part, run) : null
}

/** Whether `part` occurs in `whole` without gaps. */
function follows(whole: readonly Value[], part: readonly Value[], run: Run): boolean {
  for (let start = 0; start + part.length <= whole.length; start++) {
    run.spend(1)
    if (part.every((value, i) => equal(whole[start + i], value, run))) return true
  }
  return false
}
