import type { MatcherResult } from '../model/result.ts'
import type { GoValue } from '../model/value.ts'

/** Whether it matched; `error`: it could not be told, and then it did not match. */
export type Match = { readonly isMatch: boolean; readonly error: string | null }

/**
 * A matcher of one expectation. It remembers its last `match`, which `failure` and `negation` explain: one matcher judges one value at a
 * time and is thrown away with the judgement.
 */
export type Matcher = {
  readonly match: (actual: GoValue) => Match
  /** What goss writes where it did not match, and where it did but stands below a `not`. */
  readonly failure: (actual: GoValue) => MatcherResult
  readonly negation: (actual: GoValue) => MatcherResult
  /** As goss writes the matcher itself, within the expectation of another one. */
  readonly shown: GoValue
  /** Writes itself without escapes, unless it stands within another matcher. */
  readonly isPlain?: true
  /** Set for a transform: what the explanation must say of it. */
  readonly chain?: () => Chain
}

/** Transforms that stand directly above one another, and the matcher below them. */
export type Chain = { readonly transforms: readonly GoValue[]; readonly value: GoValue; readonly matcher: Matcher }

export const matched: Match = { isMatch: true, error: null }
export const unmatched: Match = { isMatch: false, error: null }

export function verdict(isMatch: boolean): Match {
  return isMatch ? matched : unmatched
}

export function cannot(error: string): Match {
  return { isMatch: false, error }
}

/** The usual explanation: `to …` and `not to …` what was expected. */
export function explained(message: string, expected: GoValue): Pick<Matcher, 'failure' | 'negation'> {
  return {
    failure: (actual) => ({ actual, message, expected }),
    negation: (actual) => ({ actual, message: `not ${message}`, expected }),
  }
}

/** What an explanation says of the matchers that are its expectation. */
export function marshalled(matchers: readonly Matcher[]): { readonly marshalled: readonly number[] } {
  return { marshalled: matchers.flatMap(({ isPlain }, at) => (isPlain === true ? [at] : [])) }
}

/** Several matchers as goss writes them; none at all are Go's nil. */
export function shownAll(matchers: readonly Matcher[]): readonly GoValue[] | null {
  return matchers.length === 0 ? null : matchers.map(({ shown }) => shown)
}
