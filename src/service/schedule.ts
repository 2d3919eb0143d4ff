import type { FoldScope } from '../../core/judge/fold.ts'
import type { Resolved } from '../../core/judge/resolve.ts'
import type { Redaction } from '../../core/model/redaction.ts'
import { instantMs } from '../../core/model/time.ts'
import { windowHolding, type Window } from '../../core/model/window.ts'

/** A published manifest, as far as windows and folding need it. */
export type Period = {
  /** Row of the manifest version. */
  readonly manifest: number
  /** Milliseconds since 1970: windows that start then or later, until the next period's, are its. */
  readonly fromMs: number
  readonly resolved: Resolved
  /** The bundle's own rules of what is a secret. */
  readonly redaction: Redaction | null
}

/** The promises of one scope in the order in which they come into force. */
export type Schedule = {
  readonly application: string
  readonly environment: string
  readonly periods: readonly Period[]
}

/** A window, and the promise that it is judged by. */
export type Governed = { readonly window: Window; readonly period: Period }

/**
 * Puts manifest versions into force, each from the first moment, at or after the one that it was published for, at which one of its own
 * windows starts and none of its predecessor's is open: windows of a scope never overlap and leave no gap.
 */
export function scheduleOf(
  { application, environment }: Pick<Schedule, 'application' | 'environment'>,
  versions: readonly Period[],
): Schedule {
  const periods: Period[] = []
  for (const version of versions) {
    let first = version.fromMs
    for (let before = periods.at(-1); before !== undefined; before = periods.at(-1)) {
      first = takeover(before, version)
      if (first > before.fromMs) break
      // It was replaced before any window of its own began, so it governs nothing.
      periods.pop()
    }
    periods.push({ ...version, fromMs: first })
  }
  return { application, environment, periods }
}

/** Longer than the least common multiple of any two cadences that people choose; past it the old one is cut short. */
const MOST_STEPS = 50_000

function takeover(before: Period, version: Period): number {
  let at = boundaryFrom(version, version.fromMs)
  for (let step = 0; step < MOST_STEPS; step++) {
    const clear = boundaryFrom(before, at)
    if (clear === at) return at
    at = boundaryFrom(version, clear)
  }
  return at
}

/** The first start of a window of this cadence at or after the moment. */
function boundaryFrom({ resolved }: Period, ms: number): number {
  const { everyMs, offsetMs } = resolved.window
  return Math.ceil((ms - offsetMs) / everyMs) * everyMs + offsetMs
}

/** The window that holds the moment; null before the scope's first. */
export function windowAt(schedule: Schedule, ms: number): Governed | null {
  for (let index = schedule.periods.length - 1; index >= 0; index--) {
    const period = schedule.periods[index]
    if (period === undefined || ms < period.fromMs) continue
    return { window: windowHolding(schedule, period.resolved.window, ms), period }
  }
  return null
}

/** The windows of the scope that end by `untilMs` (grace included), from the one that holds `afterMs` on; lazily, in time. */
export function* windowsDue(schedule: Schedule, afterMs: number, untilMs: number): Generator<Governed> {
  const [first] = schedule.periods
  if (!first) return
  for (let at = Math.max(afterMs, first.fromMs); ;) {
    const governed = windowAt(schedule, at)
    if (governed === null) return
    const end = instantMs(governed.window.end)
    if (end + governed.period.resolved.window.graceMs > untilMs) return
    yield governed
    at = end
  }
}

/** What folding a window needs to know of its promise. */
export function foldScopeOf({ window, period }: Governed): FoldScope {
  const { scope, workloads } = period.resolved
  return { window, cluster: scope.cluster, workloads }
}
