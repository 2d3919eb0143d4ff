import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import type { Dialect } from '../model/resource.ts'
import { isGoList, type GoValue } from '../model/value.ts'
import { describe } from './describe.ts'
import { areEqual } from './equality.ts'
import { cannot, explained, verdict, type Match, type Matcher } from './matcher.ts'
import { findPatterns, parsePatterns, type Found } from './patterns.ts'
import { compile } from './regular-expression.ts'
import type * as Semver from './semver.ts'

const load = createRequire(import.meta.url)
const semver = late(() => load('./semver.ts') as typeof Semver)

/** The value itself. */
export function equal(expected: GoValue, dialect: Dialect): Matcher {
  return {
    match(actual): Match {
      if (actual === null && expected === null) return cannot(nothingToCompare)
      return verdict(areEqual(actual, expected, dialect))
    },
    ...explained('to equal', expected),
    shown: expected,
  }
}

const nothingToCompare =
  'Refusing to compare <nil> to <nil>.\nBe explicit and use BeNil() instead.  This is to avoid mistakes where both sides of an assertion are erroneously uninitialized.'

export function havePrefix(prefix: string): Matcher {
  return ofText('have-prefix', 'to have prefix', prefix, (actual) => actual.startsWith(prefix))
}

export function haveSuffix(suffix: string): Matcher {
  return ofText('have-suffix', 'to have suffix', suffix, (actual) => actual.endsWith(suffix))
}

export function containSubstring(part: string): Matcher {
  return ofText('contain-substring', 'to contain substring', part, (actual) => actual.includes(part))
}

/** Found anywhere in the text, in linear time. */
export function matchRegexp(pattern: string): Matcher {
  const message = 'to match regular expression'
  const compiled = compile(pattern)
  if (!('error' in compiled)) return ofText('match-regexp', message, pattern, compiled.finds)
  const error = cannot(`RegExp match failed to compile with error:\n\t${compiled.error}`)
  return { ...ofText('match-regexp', message, pattern, () => false), match: () => error }
}

/** Judges text; the transform above has made text of anything else. */
function ofText(key: string, message: string, expected: string, test: (actual: string) => boolean): Matcher {
  return {
    match: (actual) => verdict(typeof actual === 'string' && test(actual)),
    ...explained(message, expected),
    shown: new Map([[key, expected]]),
  }
}

/** Line patterns. `object`: how goss names what was read line by line; null: text, which it shows. */
export function havePatterns(elements: readonly GoValue[], dialect: Dialect, object: string | null = null): Matcher {
  let last: Pick<Found, 'missing' | 'found'> = { missing: null, found: null }
  return {
    match(actual): Match {
      const patterns = parsePatterns(elements, dialect)
      if (typeof patterns === 'string') return cannot(patterns)
      if (patterns.length === 0) return verdict(true)
      const found = findPatterns(patterns, typeof actual === 'string' ? actual : '')
      last = found
      return found.match
    },
    failure: (actual) => ({
      actual: object ?? objectOf(actual),
      message: 'to have patterns',
      expected: elements,
      ...(last.missing !== null && { missingElements: last.missing }),
      ...(last.found !== null && { foundElements: last.found }),
    }),
    negation: (actual) => ({ actual: object ?? objectOf(actual), message: 'not to have patterns', expected: elements }),
    shown: new Map([['have-patterns', elements]]),
  }
}

/** No text: the transform above failed before there was any. */
function objectOf(actual: GoValue): GoValue {
  return actual === null ? 'object: <nil>' : actual
}

/** One version or every one of a list lies in the range. */
export function beSemverConstraint(constraint: string): Matcher {
  const range = semver().parseRange(constraint)
  return {
    match(actual): Match {
      if (range === null) return cannot(`Expected a valid semver constraint.  Got:\n${describe(constraint)}`)
      const versions = versionsOf(actual)
      if (versions === null) return cannot(`Expected a single or list of semver valid version(s).  Got:\n${describe(actual)}`)
      return verdict(versions.every(range))
    },
    ...explained('to satisfy semver constraint', constraint),
    shown: new Map([['semver-constraint', constraint]]),
    isPlain: true,
  }
}

function versionsOf(value: GoValue): readonly Semver.Version[] | null {
  const texts: readonly GoValue[] = isGoList(value) ? value : [value]
  const versions = texts.map((text) => (typeof text === 'string' ? semver().parseVersion(text) : null))
  return versions.length === 0 || versions.includes(null) ? null : (versions as readonly Semver.Version[])
}
