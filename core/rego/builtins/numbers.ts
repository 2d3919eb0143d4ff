import * as arithmetic from '../arithmetic.ts'
import { RegoSet } from '../collection.ts'
import type { Run } from '../machine.ts'
import { compareNumeric, fromInteger, isNumeric, type Numeric } from '../number.ts'
import type { Value } from '../value.ts'
import { any, bigInteger, BuiltinError, type BuiltinFunction, kindError, numeric, operandError, Unsupported } from './builtin.ts'

export const plus: BuiltinFunction = (operands) => arithmetic.plus(numeric(operands, 0), numeric(operands, 1))
export const mul: BuiltinFunction = (operands) => arithmetic.times(numeric(operands, 0), numeric(operands, 1))
export const div: BuiltinFunction = (operands) => arithmetic.over(numeric(operands, 0), numeric(operands, 1))
export const rem: BuiltinFunction = (operands) => arithmetic.remainder(numeric(operands, 0), numeric(operands, 1))

/** Of numbers and of sets. */
export const minus: BuiltinFunction = (operands) => {
  const [a, b] = [any(operands, 0), any(operands, 1)]
  if (isNumeric(a) && isNumeric(b)) return arithmetic.minus(a, b)
  if (a instanceof RegoSet && b instanceof RegoSet) return RegoSet.of(a.values().filter((value) => !b.has(value)))
  if (!isNumeric(a) && !(a instanceof RegoSet)) throw kindError(operands, 0, 'number', 'set')
  throw kindError(operands, 1, isNumeric(b) ? 'set' : 'number')
}

export const abs = unary(arithmetic.absolute)
export const ceil = towards(arithmetic.ceil)
export const floor = towards(arithmetic.floor)
export const round = unary(arithmetic.round)

/** OPA 1.22 says ceil(-0.5) is 1 and floor(-0.5) is 0: neither its answer nor another one is given silently. */
function towards(compute: (value: Numeric) => Numeric): BuiltinFunction {
  return unary((value) => {
    if (compareNumeric(value, 0) < 0 && compareNumeric(value, -1) > 0)
      throw new Unsupported('a number between -1 and 0, for which OPA is wrong')
    return compute(value)
  })
}

function unary(compute: (value: Numeric) => Numeric): BuiltinFunction {
  return (operands) => compute(numeric(operands, 0))
}

/** Both ends included; downwards when the first is the larger. */
export const range: BuiltinFunction = (operands, run) => spread(bigInteger(operands, 0), bigInteger(operands, 1), 1n, run)

export const rangeStep: BuiltinFunction = (operands, run) => {
  const [from, to, step] = [bigInteger(operands, 0), bigInteger(operands, 1), bigInteger(operands, 2)]
  if (step <= 0n) throw new BuiltinError('step must be a positive integer')
  return spread(from, to, step, run)
}

const PER_NUMBER = 4

function spread(from: bigint, to: bigint, step: bigint, run: Run): Value {
  const distance = from <= to ? to - from : from - to
  const direction = from <= to ? step : -step
  // Paid before it is built: numbers.range(1, 1000000000) must not fill the memory first.
  run.spend(PER_NUMBER * Number(distance / step))
  return Array.from({ length: Number(distance / step) + 1 }, (_, i) => fromInteger(from + BigInt(i) * direction))
}

export const bitsAnd = bitwise((a, b) => a & b)
export const bitsOr = bitwise((a, b) => a | b)
export const bitsXor = bitwise((a, b) => a ^ b)
export const bitsNegate: BuiltinFunction = (operands) => fromInteger(~bigInteger(operands, 0))
export const bitsLeft = bitwise((a, b) => arithmetic.bounded(a << shift(b)))
export const bitsRight = bitwise((a, b) => a >> shift(b))

function bitwise(compute: (a: bigint, b: bigint) => bigint): BuiltinFunction {
  return (operands) => fromInteger(compute(bigInteger(operands, 0), bigInteger(operands, 1)))
}

const MAX_SHIFT = 100_000n

function shift(by: bigint): bigint {
  if (by < 0n) throw operandError(1, 'must be an unsigned integer number but got a negative integer')
  if (by > MAX_SHIFT) throw operandError(1, `must not exceed ${MAX_SHIFT}`)
  return by
}
