import type { MatcherResult } from '../model/result.ts'
import { isGoList, isGoMap, type GoValue } from '../model/value.ts'
import { describe } from './describe.ts'
import { cannot, explained, marshalled, matched, shownAll, unmatched, verdict, type Match, type Matcher } from './matcher.ts'
import { pair } from './pairing.ts'
import { byteLength } from './text.ts'

/** Each matcher has an item of its own; items may be left over. */
export function containElements(matchers: readonly Matcher[]): Matcher {
  const all = shownAll(matchers)
  const say = explained('to contain elements matching', all)
  let missing: readonly number[] = []
  return {
    match(actual): Match {
      const items = itemsOf(actual)
      if (items === null) return cannot(`ContainElements matcher expects an array/slice/map.  Got:\n${describe(actual)}`)
      const { freeRight } = pairUp(items, matchers)
      if (freeRight.length === 0) return matched
      missing = freeRight
      return unmatched
    },
    failure: (actual) => ({ ...say.failure(actual), ...split(all, missing), ...marshalled(matchers) }),
    negation: (actual) => ({ ...say.negation(actual), ...marshalled(matchers) }),
    shown: new Map([['contain-elements', all]]),
  }
}

/** Each matcher has an item of its own and no item is left over. */
export function consistOf(matchers: readonly Matcher[]): Matcher {
  const all = shownAll(matchers)
  const say = explained('to consist of', all)
  let missing: readonly number[] = []
  let extra: readonly GoValue[] = []
  return {
    match(actual): Match {
      const items = itemsOf(actual)
      if (items === null) return cannot(`ConsistOf matcher expects an array/slice/map.  Got:\n${describe(actual)}`)
      const { freeLeft, freeRight } = pairUp(items, matchers)
      if (freeLeft.length === 0 && freeRight.length === 0) return matched
      missing = freeRight
      extra = freeLeft.map((at) => items[at] ?? null)
      return unmatched
    },
    failure: (actual) => ({
      ...say.failure(actual),
      ...split(all, missing),
      ...(extra.length > 0 && { extraElements: extra }),
      ...marshalled(matchers),
    }),
    negation: (actual) => ({ ...say.negation(actual), ...marshalled(matchers) }),
    shown: new Map([['consist-of', all]]),
  }
}

/** Some item matches. Where none does, the error of the last one that could not be judged is the error of all. */
export function containElement(matcher: Matcher): Matcher {
  const say = explained('to contain element matching', matcher.shown)
  return {
    match(actual): Match {
      const items = itemsOf(actual)
      if (items === null) return cannot(`ContainElement matcher expects an array/slice/map.  Got:\n${describe(actual)}`)
      let last = unmatched
      for (const item of items) {
        const match = matcher.match(item)
        if (match.isMatch) return matched
        if (match.error !== null) last = match
      }
      return last
    },
    failure: (actual) => ({ ...say.failure(actual), ...marshalled([matcher]) }),
    negation: (actual) => ({ ...say.negation(actual), ...marshalled([matcher]) }),
    shown: new Map([['contain-element', matcher.shown]]),
  }
}

/** Some key of a map matches. */
export function haveKey(matcher: Matcher): Matcher {
  const say = explained('to have key matching', matcher.shown)
  return {
    match(actual): Match {
      if (!isGoMap(actual)) return cannot(`HaveKey matcher expects a map.  Got:${describe(actual)}`)
      for (const key of actual.keys()) {
        const match = matcher.match(key)
        if (match.error !== null) return cannot(`HaveKey's key matcher failed with:\n    ${match.error}`)
        if (match.isMatch) return matched
      }
      return unmatched
    },
    failure: (actual) => ({ ...say.failure(actual), ...marshalled([matcher]) }),
    negation: (actual) => ({ ...say.negation(actual), ...marshalled([matcher]) }),
    shown: new Map([['have-key', matcher.shown]]),
  }
}

/** Bytes of a text, items of a list, entries of a map. */
export function haveLength(count: bigint): Matcher {
  return {
    match(actual): Match {
      const length = lengthOf(actual)
      if (length === null) return cannot(`HaveLen matcher expects a string/array/map/channel/slice.  Got:\n${describe(actual)}`)
      return verdict(BigInt(length) === count)
    },
    ...explained('to have length', count),
    shown: new Map([['have-len', count]]),
  }
}

function lengthOf(value: GoValue): number | null {
  if (typeof value === 'string') return byteLength(value)
  return itemsOf(value)?.length ?? null
}

/** Null: it has no items. */
function itemsOf(value: GoValue): readonly GoValue[] | null {
  if (isGoList(value)) return value
  return isGoMap(value) ? [...value.values()] : null
}

function pairUp(items: readonly GoValue[], matchers: readonly Matcher[]): ReturnType<typeof pair> {
  return pair(items.length, matchers.length, (item, matcher) => matchers[matcher]?.match(items[item] ?? null).isMatch === true)
}

/** goss lists as found all that is not missing, also where nothing could be judged. */
function split(
  all: readonly GoValue[] | null,
  missing: readonly number[],
): Pick<MatcherResult, 'missingElements' | 'foundElements'> {
  const absent = new Set(missing)
  const elements = all ?? []
  return {
    ...(missing.length > 0 && { missingElements: elements.filter((_, at) => absent.has(at)) }),
    foundElements: elements.filter((_, at) => !absent.has(at)),
  }
}
