import type { GoValue } from '../model/value.ts'
import { describe } from './describe.ts'
import { cannot, explained, verdict, type Match, type Matcher } from './matcher.ts'

export type Comparator = 'eq' | 'gt' | 'ge' | 'lt' | 'le'

/** Integers compare exactly, anything with a float as floats. */
export function beNumerically(comparator: Comparator, bound: GoValue): Matcher {
  return {
    match: (actual) => compare(comparator, actual, bound),
    ...explained(`to be numerically ${comparator}`, bound),
    shown: new Map([[comparator, bound]]),
  }
}

function compare(comparator: Comparator, actual: GoValue, bound: GoValue): Match {
  for (const value of [actual, bound]) if (!isNumber(value)) return cannot(`Expected a number.  Got:\n${describe(value)}`)
  const isFloat = typeof actual === 'number' || typeof bound === 'number'
  return verdict(
    isFloat ? holds(comparator, Number(actual), Number(bound)) : holds(comparator, actual as bigint, bound as bigint),
  )
}

function isNumber(value: GoValue): boolean {
  return typeof value === 'number' || typeof value === 'bigint'
}

function holds<T extends number | bigint>(comparator: Comparator, actual: T, bound: T): boolean {
  switch (comparator) {
    case 'eq':
      return actual === bound
    case 'gt':
      return actual > bound
    case 'ge':
      return actual >= bound
    case 'lt':
      return actual < bound
    case 'le':
      return actual <= bound
  }
}
