import { eventMs, MINUTE_MS, minuteMs } from '../model/time.ts'
import { WATCH_MARGIN_MS } from './limits.ts'
import { pairs, wentBack, type Counters, type Mark, type Of } from './marks.ts'

/**
 * An alert carries the time of the act, a snapshot the time at which it was made: an act shortly before one may be counted only after
 * it. Alerts this much older than an interval still count as its own.
 */
export const COUNTING_LAG_MS = 10_000

/** How many alerts the sensor counted in a stretch. */
type Counted = { readonly from: number; readonly to: number; readonly matched: number }

/**
 * The stretches in which fewer alerts arrived than the sensor counted (no push sender retries, and HTTP errors are invisible to them).
 * Compared are each pair of snapshots and each run of them that one count spans. What arrived is counted in whole minutes, generously:
 * those that the stretch touches and the lag before it. So nothing is called lost that arrived; a loss can hide behind as many alerts
 * as arrived in the two minutes at the edges outside the stretch.
 */
export function deliveryMarks(counters: readonly Counters[], beats: readonly Of<'beat'>[], windowStart: number): Mark[] {
  // Before this, alerts that a snapshot counts may have come too early to be kept.
  const since = windowStart - WATCH_MARGIN_MS + COUNTING_LAG_MS
  const snapshots = counters.filter(({ matched, at }) => matched !== null && eventMs(at) >= since)
  const arrived = arrivals(beats)
  const marks: Mark[] = []
  for (const run of runsOf(snapshots, windowStart)) {
    const lost = run.map((part) => lossIn(part, arrived))
    run.forEach((part, index) => marks.push(...markOf(part, lost[index] ?? 0)))
    const [first, last] = [run[0], run.at(-1)]
    if (!first || !last) continue
    const whole = { from: first.from, to: last.to, matched: run.reduce((sum, { matched }) => sum + matched, 0) }
    const missing = lossIn(whole, arrived)
    // What the pairs have shown already is not said of the others.
    if (missing > lost.reduce((sum, each) => sum + each, 0)) marks.push(...markOf(whole, missing))
  }
  return marks
}

/** The pairs of snapshots, in runs within which the count was never set back. */
function runsOf(snapshots: readonly Counters[], windowStart: number): Counted[][] {
  const [first] = snapshots
  const runs: Counted[][] = [[]]
  // A process that started within the window counts from nought, and all that it counted should have arrived.
  if (first?.startedAt && eventMs(first.startedAt) >= windowStart && eventMs(first.startedAt) <= eventMs(first.at))
    runs.at(-1)?.push({ from: eventMs(first.startedAt), to: eventMs(first.at), matched: first.matched ?? 0 })
  for (const [before, after] of pairs(snapshots)) {
    const isReset = before.startedAt !== after.startedAt || wentBack(before.matched, after.matched)
    if (isReset) runs.push([])
    runs.at(-1)?.push(counted(before, after, isReset))
  }
  return runs
}

function counted(before: Counters, after: Counters, isReset: boolean): Counted {
  const [from, to] = [eventMs(before.at), eventMs(after.at)]
  if (!isReset) return { from, to, matched: (after.matched ?? 0) - (before.matched ?? 0) }
  return { from, to, matched: after.matched ?? 0 }
}

function lossIn({ from, to, matched }: Counted, arrived: (from: number, to: number) => number): number {
  return matched === 0 ? 0 : Math.max(0, matched - arrived(from - COUNTING_LAG_MS, to))
}

function markOf({ from, to, matched }: Counted, lost: number): Mark[] {
  return lost === 0 ? [] : [{ from, to, state: 'silent', why: `${lost} of ${matched} alerts did not arrive` }]
}

/** How many detections arrived in the minutes that a stretch touches. */
function arrivals(beats: readonly Of<'beat'>[]): (from: number, to: number) => number {
  const sorted = beats
    .filter(({ detections }) => detections > 0)
    .map(({ minute, detections }) => ({ at: minuteMs(minute), detections }))
    .sort((a, b) => a.at - b.at)
  const sums = [0]
  for (const { detections } of sorted) sums.push((sums.at(-1) ?? 0) + detections)
  /** How many came in minutes that start before `ms`. */
  const before = (ms: number): number => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sorted[middle]?.at ?? Infinity) < ms) low = middle + 1
      else high = middle
    }
    return sums[low] ?? 0
  }
  return (from, to) => before(to + 1) - before(Math.floor(from / MINUTE_MS) * MINUTE_MS)
}
