import { isGoList, type GoValue } from '../../model/value.ts'
import { parseGoInt } from '../../load/scalars.ts'
import { CallError } from '../fault.ts'
import { printV } from '../print.ts'

/** sprig's conversions: what cannot be one is zero, never an error. */
export function toInt(value: GoValue | undefined): bigint {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value)
  if (typeof value === 'number') return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n)
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value !== 'string') return 0n
  const whole = parseGoInt(value.replace(/\.0*$/, ''), 0)
  return whole === null || whole >= 2n ** 63n ? 0n : whole
}

export function toFloat(value: GoValue | undefined): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string' || !/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value)) return 0
  return Number(value)
}

/** A text is itself, everything else as `%v`. */
export function toText(value: GoValue): string {
  return typeof value === 'string' ? value : printV(value)
}

/** The texts of a list without its nulls; a single value is a list of one. */
export function toTexts(value: GoValue): readonly string[] {
  if (value === null) return []
  return isGoList(value) ? value.filter((item) => item !== null).map(toText) : [toText(value)]
}

export function asText(value: GoValue | undefined): string {
  return value as string
}

/** An `int` argument as a number that is safe to count with. */
export function asCount(value: GoValue | undefined): number {
  return Number(value)
}

/** The list, or the panic of sprig's function for anything else. */
export function listOrPanic(value: GoValue | undefined, what: string): readonly GoValue[] {
  if (value === null || value === undefined) {
    throw new CallError('runtime error: invalid memory address or nil pointer dereference')
  }
  if (isGoList(value)) return value
  throw new CallError(`${what} ${kindOf(value)}`)
}

/** Go's `reflect.Kind`. */
export function kindOf(value: GoValue): string {
  if (value === null) return 'invalid'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float64'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (isGoList(value)) return 'slice'
  return 'kind' in value ? 'struct' : 'map'
}
