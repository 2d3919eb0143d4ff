import type { Actual } from '../model/actual.ts'
import type { Dialect } from '../model/resource.ts'
import type { Judged, MatcherResult } from '../model/result.ts'
import { isGoList, typedAs, type GoValue } from '../model/value.ts'
import { build, SyntaxProblem } from './build.ts'
import { appended } from './describe.ts'
import type { Matcher } from './matcher.ts'
import { havePatterns } from './strings.ts'
import { isWellFormed, textOf, wellFormed } from './text.ts'

/**
 * Judges what is against what should be. In the dialect `goss` every verdict, message and error is that of goss 0.4.10, but where that would
 * crash (an empty map as matcher, the pattern `/`, an error below `not` and `or`): there it is an error. `runproof` differs by what
 * docs/guides/state.md lists. It never throws, whatever the expectation.
 */
export function judge(expected: GoValue, actual: Actual, dialect: Dialect): Judged {
  try {
    return judgeBy(matcherOf(expected, actual, dialect), expected, actual)
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem
    return { outcome: 'error', error: problem.message, matcher: { message: '' } }
  }
}

function judgeBy(matcher: Matcher, expected: GoValue, actual: Actual): Judged {
  const { value, shown } = view(actual)
  const { isMatch, error } = matcher.match(value)
  const isRead = isPatterns(expected, actual)
  const result = isMatch
    ? { actual: isRead ? new Map() : shown, message: 'matches expectation', expected }
    : withNil(matcher.failure(value), actual)
  const problem = error ?? missingRest(actual, isMatch && isRead && everyOneFound(expected))
  return {
    outcome: problem !== null ? 'error' : isMatch ? 'pass' : 'fail',
    error: problem?.toWellFormed() ?? null,
    matcher: clean(result),
  }
}

/** A list of patterns for a reader is read line by line; any other expectation has the whole text. */
function matcherOf(expected: GoValue, actual: Actual, dialect: Dialect): Matcher {
  if (actual.kind !== 'reader' || !isGoList(expected)) return build(expected, dialect)
  return havePatterns(expected, dialect, `object: ${actual.type ?? '*strings.Reader'}`)
}

function isPatterns(expected: GoValue, actual: Actual): boolean {
  return actual.kind === 'reader' && isGoList(expected)
}

function view(actual: Actual): { readonly value: GoValue; readonly shown: GoValue } {
  if (actual.kind === 'value') return { value: actual.value, shown: actual.value }
  if (actual.kind === 'reader') {
    const text = textOf(actual.bytes)
    return { value: text, shown: text }
  }
  const value = appended(typedAs([...(actual.values ?? [])], '[]string'))
  return { value, shown: actual.values === null ? null : value }
}

/** Go's nil slice is judged as an empty one and shown as null. */
function withNil(result: MatcherResult, actual: Actual): MatcherResult {
  return actual.kind === 'strings' && actual.values === null ? { ...result, actual: null } : result
}

/** Text of which the end was not collected decides nothing but what its beginning holds. */
function missingRest(actual: Actual, isFound: boolean): string | null {
  if (actual.kind !== 'reader' || !actual.bytes.cut || isFound) return null
  return `only the beginning of ${actual.bytes.size} bytes was collected`
}

function everyOneFound(expected: GoValue): boolean {
  return isGoList(expected) && expected.every((pattern) => typeof pattern === 'string' && !pattern.startsWith('!'))
}

function clean(result: MatcherResult): MatcherResult {
  if (Object.values(result).every(isWellFormed)) return result
  const entries = Object.entries(result).map(([name, value]) => [name, name === 'marshalled' ? value : wellFormed(value)])
  return Object.fromEntries(entries) as MatcherResult
}
