import * as arithmetic from '../arithmetic.ts'
import { RegoSet, sizeOf } from '../collection.ts'
import { compare, entriesOf, equal } from '../compare.ts'
import { isNumeric } from '../number.ts'
import { isArray, isComposite, isObject, kindOf, lookup, type Value } from '../value.ts'
import { codePoints } from './letters.ts'
import { any, type BuiltinFunction, elementError, elements, kindError, type Operands } from './builtin.ts'

/** Of a string: its code points. */
export const count: BuiltinFunction = (operands) => {
  const value = any(operands, 0)
  if (typeof value === 'string') return codePoints(value).length
  if (!isComposite(value)) throw kindError(operands, 0, 'array', 'object', 'set', 'string')
  return sizeOf(value)
}

export const sum: BuiltinFunction = (operands) => arithmetic.sum(elements(operands, 0)) ?? notNumbers(operands)
export const product: BuiltinFunction = (operands) => arithmetic.product(elements(operands, 0)) ?? notNumbers(operands)

function notNumbers(operands: Operands): never {
  const culprit = elements(operands, 0).find((element) => !isNumeric(element)) ?? null
  throw elementError(0, kindOf(any(operands, 0)), culprit, 'number')
}

export const max: BuiltinFunction = (operands, run) =>
  best(elements(operands, 0), (challenger, champion) => compare(challenger, champion, run) >= 0)
export const min: BuiltinFunction = (operands, run) =>
  best(elements(operands, 0), (challenger, champion) => compare(challenger, champion, run) <= 0)

function best(values: readonly Value[], wins: (challenger: Value, champion: Value) => boolean): Value | undefined {
  let champion = values[0]
  for (const challenger of values) if (champion !== undefined && wins(challenger, champion)) champion = challenger
  return champion
}

export const sort: BuiltinFunction = (operands, run) => [...elements(operands, 0)].sort((a, b) => compare(a, b, run))
export const all: BuiltinFunction = (operands) => elements(operands, 0, 'array', 'set').every((value) => value === true)
export const some: BuiltinFunction = (operands) => elements(operands, 0, 'array', 'set').includes(true)

/** `x in collection`; of an object its values count. */
export const member: BuiltinFunction = (operands, run) => {
  const [value, collection] = [any(operands, 0), any(operands, 1)]
  if (collection instanceof RegoSet) return collection.has(value)
  if (isArray(collection)) return collection.some((item) => equal(item, value, run))
  return isObject(collection) && entriesOf(collection).some(([, item]) => equal(item, value, run))
}

/** `key, value in collection`. */
export const memberWithKey: BuiltinFunction = (operands, run) => {
  const found = lookup(any(operands, 2), any(operands, 0))
  return found !== undefined && equal(found, any(operands, 1), run)
}
