import * as binary from './binary.ts'
import { compareNumeric, Decimal, fromInteger, isNumeric, NumberTooLarge, plainOf, toInteger, type Numeric } from './number.ts'

/** An arithmetic error in OPA's words; the built-in that was called makes a refusal of it. */
export class ArithmeticError extends Error {
  override readonly name = 'ArithmeticError'
}

/** Integers of more bits are refused: squaring one forty times over would fill any memory. */
const MAX_BITS = 16_384n
const TOO_LARGE = 1n << MAX_BITS

export function plus(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum) && Number.isInteger(a) && Number.isInteger(b)) return sum
  }
  return inBothWays(a, b, (x, y) => x + y, binary.add)
}

export function minus(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference) && Number.isInteger(a) && Number.isInteger(b)) return difference
  }
  return inBothWays(a, b, (x, y) => x - y, binary.subtract)
}

export function times(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product) && Number.isInteger(a) && Number.isInteger(b)) return product + 0
  }
  return inBothWays(a, b, (x, y) => x * y, binary.multiply)
}

/** @throws ArithmeticError when the divisor is zero. */
export function over(a: Numeric, b: Numeric): Numeric {
  if (compareNumeric(b, 0) === 0) throw new ArithmeticError('divide by zero')
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a) && Number.isSafeInteger(b) && a % b === 0) {
    return a / b + 0
  }
  return binary.fromBinary(binary.divide(binary.toBinary(a), binary.toBinary(b)))
}

/** The sign of the dividend. @throws ArithmeticError for zero and for fractions. */
export function remainder(a: Numeric, b: Numeric): Numeric {
  const [x, y] = [toInteger(a), toInteger(b)]
  if (x === null || y === null) throw new ArithmeticError('modulo on floating-point number')
  if (y === 0n) throw new ArithmeticError('modulo by zero')
  return fromInteger(x % y)
}

export function absolute(a: Numeric): Numeric {
  return compareNumeric(a, 0) < 0 ? minus(0, a) : plainOf(a)
}

export function floor(value: Numeric): Numeric {
  const a = plainOf(value)
  if (a instanceof Decimal) return truncated(a, -1n)
  return typeof a === 'number' ? Math.floor(a) + 0 : a
}

export function ceil(value: Numeric): Numeric {
  const a = plainOf(value)
  if (a instanceof Decimal) return truncated(a, 1n)
  return typeof a === 'number' ? Math.ceil(a) + 0 : a
}

/** Half away from zero. */
export function round(a: Numeric): Numeric {
  if (toInteger(a) !== null) return plainOf(a)
  return compareNumeric(a, 0) < 0 ? minus(0, floor(plus(minus(0, a), 0.5))) : floor(plus(a, 0.5))
}

/** A fraction towards zero, and one step towards `direction` where that is the fraction's own sign. */
function truncated({ coefficient, exponent }: Decimal, direction: bigint): Numeric {
  const whole = coefficient / 10n ** BigInt(-exponent)
  return fromInteger(coefficient < 0n === direction < 0n ? whole + direction : whole)
}

/** OPA adds integers exactly and, as soon as one is a fraction, everything in floating point. Null: not all are numbers. */
export function sum(values: readonly unknown[]): Numeric | null {
  return folded(values, 0n, (x, y) => x + y, binary.add)
}

export function product(values: readonly unknown[]): Numeric | null {
  return folded(
    values,
    1n,
    (x, y) => x * y,
    (x, y) => binary.multiply(x, y, 53),
  )
}

type OnIntegers = (a: bigint, b: bigint) => bigint
type OnBinary = (a: binary.Binary, b: binary.Binary) => binary.Binary

function inBothWays(a: Numeric, b: Numeric, exact: OnIntegers, floating: OnBinary): Numeric {
  const [x, y] = [toInteger(a), toInteger(b)]
  if (x !== null && y !== null) return fromInteger(bounded(exact(x, y)))
  return binary.fromBinary(floating(binary.toBinary(a), binary.toBinary(b)))
}

function folded(values: readonly unknown[], start: bigint, exact: OnIntegers, floating: OnBinary): Numeric | null {
  if (!values.every(isNumeric)) return null
  const integers = values.map(toInteger)
  if (integers.every((value) => value !== null)) return fromInteger(integers.reduce((x, y) => bounded(exact(x, y)), start))
  return binary.fromBinary(values.map(binary.toBinary).reduce(floating, binary.toBinary(fromInteger(start))))
}

/** @throws NumberTooLarge */
export function bounded(value: bigint): bigint {
  if (value > TOO_LARGE || value < -TOO_LARGE) throw new NumberTooLarge(`an integer of more than ${MAX_BITS} bits`)
  return value
}
