import type { Resource } from './resource.ts'
import type { GoValue } from './value.ts'

/** goss folds `error` into fail; we keep it apart and fold it only where its formats are written. */
export type Outcome = 'pass' | 'fail' | 'skip' | 'error'

/** What a matcher says, in goss's shape (`matcher-result` of its JSON). Members that goss omits are absent. */
export type MatcherResult = {
  readonly actual?: GoValue
  readonly message: string
  readonly expected?: GoValue
  readonly missingElements?: readonly GoValue[]
  readonly foundElements?: readonly GoValue[]
  readonly extraElements?: readonly GoValue[]
  readonly transformChain?: readonly GoValue[]
  readonly untransformedValue?: GoValue
  /**
   * `expected`, missing and found elements are matchers, not values: goss's text formats escape `<`, `>` and `&` within them, but for those of
   * `expected` (0: the only one) that stand at these places.
   */
  readonly marshalled?: readonly number[]
}

/** What was judged of one property: `error` says why it could not be judged, and is null for any other outcome. */
export type Judged = {
  readonly outcome: Exclude<Outcome, 'skip'>
  readonly error: string | null
  readonly matcher: MatcherResult
}

/** One property of one resource on one host. */
export type Result = {
  readonly resource: Resource
  /** The id as goss shows it: `key`, or `key: override`. */
  readonly id: string
  /** goss's literal name: `exists`, `linkedto`, `Headers` … */
  readonly property: string
  readonly outcome: Outcome
  /** Why it could not be judged; null otherwise. */
  readonly error: string | null
  readonly matcher: MatcherResult
  readonly startedAt: string
  readonly endedAt: string
}
