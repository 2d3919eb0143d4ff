import type { Entry, RegoObject, RegoSet } from '../collection.ts'
import { RegoSet as SetClass } from '../collection.ts'
import { entriesOf } from '../compare.ts'
import type { Run } from '../machine.ts'
import { isNumeric, type Numeric, toInteger, toSafeInteger } from '../number.ts'
import { isArray, isObject, kindOf, type Kind, type PlainObject, type Value } from '../value.ts'

/** As many as the built-in's arity, all defined. */
export type Operands = readonly Value[]

/** Pure. Undefined: no result (`max` of nothing). @throws BuiltinError in OPA's words. */
export type BuiltinFunction = (operands: Operands, run: Run) => Value | undefined
export type Builtin = {
  readonly arity: number
  readonly apply: BuiltinFunction
  /** It is called for no result, so that having none is no reason to stop. */
  readonly isSilent?: boolean
}

/** Whatever OPA calls a type error or a built-in error. */
export class BuiltinError extends Error {
  override readonly name = 'BuiltinError'
}

/** What OPA can and we cannot: always ends the evaluation with `gate.builtin_missing`, so that nobody takes it for an answer. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
}

export function operandError(position: number, reason: string): BuiltinError {
  return new BuiltinError(`operand ${position + 1} ${reason}`)
}

/** For an operand of none of the wanted kinds. */
export function kindError(operands: Operands, position: number, ...wanted: readonly string[]): BuiltinError {
  const got = kindOf(any(operands, position))
  const expected = wanted.length === 1 ? wanted[0] : `one of {${wanted.join(', ')}}`
  return operandError(position, `must be ${expected} but got ${got}`)
}

/** For a collection that holds something of another kind. */
export function elementError(position: number, collection: Kind, element: Value, wanted: string): BuiltinError {
  return operandError(position, `must be ${collection} of ${wanted}s but got ${collection} containing ${kindOf(element)}`)
}

export function any(operands: Operands, position: number): Value {
  return operands[position] ?? null
}

export function string(operands: Operands, position: number): string {
  const value = any(operands, position)
  if (typeof value !== 'string') throw kindError(operands, position, 'string')
  return value
}

export function numeric(operands: Operands, position: number): Numeric {
  const value = any(operands, position)
  if (!isNumeric(value)) throw kindError(operands, position, 'number')
  return value
}

/** A whole number that an array could have as index. */
export function integer(operands: Operands, position: number): number {
  const value = toSafeInteger(numeric(operands, position))
  if (value === null) throw operandError(position, 'must be integer number but got floating-point number')
  return value
}

/** A whole number of any size. */
export function bigInteger(operands: Operands, position: number): bigint {
  const value = any(operands, position)
  if (!isNumeric(value)) throw kindError(operands, position, 'integer')
  const whole = toInteger(value)
  if (whole === null) throw operandError(position, 'must be integer number but got floating-point number')
  return whole
}

export function array(operands: Operands, position: number): readonly Value[] {
  const value = any(operands, position)
  if (!isArray(value)) throw kindError(operands, position, 'array')
  return value
}

export function set(operands: Operands, position: number): RegoSet {
  const value = any(operands, position)
  if (!(value instanceof SetClass)) throw kindError(operands, position, 'set')
  return value
}

export function object(operands: Operands, position: number): PlainObject | RegoObject {
  const value = any(operands, position)
  if (!isObject(value)) throw kindError(operands, position, 'object')
  return value
}

/** The members of an array, or of a set in its order. `wanted`: how OPA lists the two. */
export function elements(operands: Operands, position: number, ...wanted: readonly string[]): readonly Value[] {
  const value = any(operands, position)
  if (isArray(value)) return value
  if (value instanceof SetClass) return value.values()
  throw kindError(operands, position, ...(wanted.length > 0 ? wanted : ['set', 'array']))
}

export function strings(operands: Operands, position: number, ...wanted: readonly string[]): readonly string[] {
  return elements(operands, position, ...wanted).map((element) => {
    if (typeof element !== 'string') throw elementError(position, kindOf(any(operands, position)), element, 'string')
    return element
  })
}

/** The members of an object in OPA's order, as work to be paid for. */
export function entries(value: PlainObject | RegoObject, run: Run): readonly Entry[] {
  const all = entriesOf(value)
  run.spend(all.length)
  return all
}
