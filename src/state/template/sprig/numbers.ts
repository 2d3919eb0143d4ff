import { typedAs, type GoValue } from '../../model/value.ts'
import { parseGoInt } from '../../load/scalars.ts'
import { CallError } from '../fault.ts'
import { fixed, variadic, type TemplateFunction } from '../functions.ts'
import { limits } from '../limits.ts'
import { printV } from '../print.ts'
import { asText, toFloat, toInt } from './cast.ts'
import { decimalOf, type Arithmetic } from './decimal-arithmetic.ts'

export const numberFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['int', fixed('any', ([value]) => toInt(value))],
  ['int64', fixed('any', ([value]) => toInt(value))],
  ['float64', fixed('any', ([value]) => toFloat(value))],
  ['atoi', fixed('string', ([text]) => parseDecimal(asText(text)))],
  ['toDecimal', fixed('any', ([value = null]) => parseGoInt(printV(value), 8) ?? 0n)],
  ['add1', fixed('any', ([value]) => wrap(toInt(value) + 1n))],
  ['add', variadic('', 'any', (values) => values.reduce<bigint>((sum, value) => wrap(sum + toInt(value)), 0n))],
  ['sub', fixed('any any', ([a, b]) => wrap(toInt(a) - toInt(b)))],
  ['mul', variadic('any', 'any', (values) => values.reduce<bigint>((product, value) => wrap(product * toInt(value)), 1n))],
  ['div', fixed('any any', ([a, b]) => wrap(toInt(a) / divisor(b)))],
  ['mod', fixed('any any', ([a, b]) => wrap(toInt(a) % divisor(b)))],
  ['max', variadic('any', 'any', largest)],
  ['biggest', variadic('any', 'any', largest)],
  ['min', variadic('any', 'any', (values) => values.map(toInt).reduce((a, b) => (b < a ? b : a)))],
  ['maxf', variadic('any', 'any', (values) => Math.max(...values.map(toFloat)))],
  ['minf', variadic('any', 'any', (values) => Math.min(...values.map(toFloat)))],
  ['ceil', fixed('any', ([value]) => Math.ceil(toFloat(value)))],
  ['floor', fixed('any', ([value]) => Math.floor(toFloat(value)))],
  ['round', variadic('any int', 'float64', ([value, places, on]) => rounded(toFloat(value), Number(places), Number(on ?? 0.5)))],
  ['add1f', fixed('any', ([value]) => floats([value ?? null, 1n], 'add'))],
  ['addf', variadic('', 'any', (values) => floats([0n, ...values], 'add'))],
  ['subf', variadic('any', 'any', (values) => floats(values, 'subtract'))],
  ['mulf', variadic('any', 'any', (values) => floats(values, 'multiply'))],
  ['divf', variadic('any', 'any', (values) => floats(values, 'divide'))],
  ['until', fixed('int', ([count]) => until(0n, count as bigint, (count as bigint) < 0n ? -1n : 1n))],
  ['untilStep', fixed('int int int', ([start, stop, step]) => until(start as bigint, stop as bigint, step as bigint))],
  ['seq', variadic('', 'int', (params) => sequence(params as readonly bigint[]))],
]

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}

function divisor(value: GoValue | undefined): bigint {
  const by = toInt(value)
  if (by === 0n) throw new CallError('runtime error: integer divide by zero')
  return by
}

function parseDecimal(text: string): bigint {
  const value = parseGoInt(text, 10)
  return value === null || value >= 2n ** 63n ? 0n : value
}

function largest(values: readonly GoValue[]): bigint {
  return values.map(toInt).reduce((a, b) => (b > a ? b : a))
}

/** sprig's own rounding: up from `on`, also below zero. */
function rounded(value: number, places: number, on: number): number {
  const power = 10 ** places
  const digit = power * value
  const rest = digit - Math.trunc(digit)
  return (rest >= on ? Math.ceil(digit) : Math.floor(digit)) / power
}

function floats(values: readonly GoValue[], operation: Arithmetic): number {
  const [first = null, ...rest] = values
  let result = decimalOf(toFloat(first))
  for (const value of rest) result = result[operation](decimalOf(toFloat(value)))
  return result.toNumber()
}

function until(start: bigint, stop: bigint, step: bigint): readonly bigint[] {
  const values: bigint[] = []
  const isDown = stop < start
  if (isDown ? step >= 0n : step <= 0n) return typedAs(values, '[]int')
  for (let at = start; isDown ? at > stop : at < stop; at += step) {
    values.push(at)
    if (values.length > limits.listLength) throw new CallError('the result is too long')
  }
  return typedAs(values, '[]int')
}

function sequence(params: readonly bigint[]): string {
  if (params.length === 0 || params.length > 3) return ''
  const start = params.length === 1 ? 1n : (params[0] ?? 0n)
  const end = params.at(-1) ?? 0n
  const direction = end < start ? -1n : 1n
  const step = params.length === 3 ? (params[1] ?? 0n) : direction
  if (params.length === 3 && end < start && step > 0n) return ''
  return until(start, end + direction, step).join(' ')
}
