import { explained, marshalled, matched, shownAll, unmatched, verdict, type Match, type Matcher } from './matcher.ts'

/** Fails with the first that fails. */
export function and(matchers: readonly Matcher[]): Matcher {
  const all = shownAll(matchers)
  let first: Matcher | null = null
  const say = explained('to satisfy all of these matchers', all)
  return {
    match(actual): Match {
      first = null
      for (const matcher of matchers) {
        const match = matcher.match(actual)
        if (match.isMatch) continue
        first = matcher
        return match
      }
      return matched
    },
    // goss crashes where no matcher was asked (the path of a `gjson` was not there).
    failure: (actual) => first?.failure(actual) ?? { ...say.failure(actual), ...marshalled(matchers) },
    negation: (actual) => ({ ...say.negation(actual), ...marshalled(matchers) }),
    shown: matchers.length === 1 && matchers[0] !== undefined ? matchers[0].shown : new Map([['and', all]]),
  }
}

/** An error of one that is asked before another one matched is an error of all. */
export function or(matchers: readonly Matcher[]): Matcher {
  const all = shownAll(matchers)
  let first: Matcher | null = null
  const say = explained('to satisfy at least one of these matchers', all)
  return {
    match(actual): Match {
      first = null
      for (const matcher of matchers) {
        const match = matcher.match(actual)
        if (match.error !== null) return match
        if (!match.isMatch) continue
        first = matcher
        return matched
      }
      return unmatched
    },
    failure: (actual) => ({ ...say.failure(actual), ...marshalled(matchers) }),
    // goss crashes where none matched, which a `not` above an error brings about.
    negation: (actual) => first?.negation(actual) ?? { ...say.negation(actual), ...marshalled(matchers) },
    shown: new Map([['or', all]]),
  }
}

/** An error stays an error. */
export function not(matcher: Matcher): Matcher {
  return {
    match(actual): Match {
      const match = matcher.match(actual)
      return match.error === null ? verdict(!match.isMatch) : match
    },
    failure: (actual) => matcher.negation(actual),
    negation: (actual) => matcher.failure(actual),
    shown: new Map([['not', matcher.shown]]),
  }
}
