import { eventMs, MINUTE_MS, minuteMs } from '../model/time.ts'
import { WATCH_MARGIN_MS } from './limits.ts'
import { compare, pairs, wentBack, type Counters, type Mark, type Of } from './marks.ts'
import { countOf, sumOf } from './rule-counts.ts'

/**
 * An alert carries the time of the act, a snapshot the time at which it was made: an act shortly before one may be counted only after
 * it. Alerts this much older than an interval still count as its own.
 */
export const COUNTING_LAG_MS = 10_000

/** So many rules are named in a reason. */
const MOST_NAMED = 3

/** What the sensor had counted at a moment, of all rules or of one. */
type Count = { readonly at: string; readonly startedAt: string | null; readonly count: number }
/** How many alerts the sensor counted in a stretch. */
type Counted = { readonly from: number; readonly to: number; readonly owed: number }
/** How many of them did not arrive; `fresh`: as far as the parts of the stretch do not show them. */
type Lost = Counted & { readonly lost: number; readonly fresh: number }
type LostOfRule = Lost & { readonly rule: string }
type Arrived = (from: number, to: number) => number

/**
 * The stretches in which fewer alerts arrived than the sensor counted (no push sender retries, and HTTP errors are invisible to them):
 * alerts of all rules, and of each rule that its snapshots name, so that the loss of one does not hide behind the noise of others.
 * Compared are each pair of snapshots and each run of them that one count spans. What arrived is counted in whole minutes, generously:
 * those that the stretch touches and the lag before it, and a detection of which no rule is known for every rule. So nothing is called
 * lost that arrived; a loss can hide behind as many alerts of its rule as arrived in the two minutes at the edges outside the stretch.
 */
export function deliveryMarks(counters: readonly Counters[], beats: readonly Of<'beat'>[], windowStart: number): Mark[] {
  // Before this, alerts that a snapshot counts may have come too early to be kept.
  const since = windowStart - WATCH_MARGIN_MS + COUNTING_LAG_MS
  const snapshots = counters.filter(({ at }) => eventMs(at) >= since)
  const byRule = lossesByRule(snapshots, beats, windowStart)
  const arrived = arrivals(beats, ({ detections }) => detections)
  const runs = runsOf(
    countsOf(snapshots, ({ matched }) => matched),
    windowStart,
  )
  return marksOf(
    runs.flatMap((run) => lossesOfAll(run, arrived, byRule)),
    byRule,
  )
}

function lossesByRule(snapshots: readonly Counters[], beats: readonly Of<'beat'>[], windowStart: number): LostOfRule[] {
  const rules = new Set(snapshots.flatMap((snapshot) => Object.keys(snapshot.rules ?? {})))
  if (rules.size === 0) return []
  const isWhole = new Map(snapshots.map((snapshot) => [snapshot, sumOf(snapshot.rules) === snapshot.matched]))
  const anybodys = new Map(beats.map((beat) => [beat, Math.max(0, beat.detections - sumOf(beat.rules))]))
  return [...rules].sort(compare).flatMap((rule) => {
    const counts = countsOf(snapshots, (each) => countOf(each.rules, rule) ?? (isWhole.get(each) === true ? 0 : null))
    const runs = runsOf(counts, windowStart).filter((run) => run.some(({ owed }) => owed > 0))
    if (runs.length === 0) return []
    const arrived = arrivals(beats, (beat) => (countOf(beat.rules, rule) ?? 0) + (anybodys.get(beat) ?? 0))
    return runs.flatMap((run) => lossesIn(run, arrived)).map((lost) => ({ ...lost, rule }))
  })
}

/** Without the snapshots that do not say. */
function countsOf(snapshots: readonly Counters[], countIn: (snapshot: Counters) => number | null): Count[] {
  return snapshots.flatMap((snapshot) => {
    const count = countIn(snapshot)
    return count === null ? [] : [{ at: snapshot.at, startedAt: snapshot.startedAt, count }]
  })
}

/** The pairs of snapshots, in runs within which the count was never set back. */
function runsOf(counts: readonly Count[], windowStart: number): Counted[][] {
  const [first] = counts
  const runs: Counted[][] = [[]]
  // A process that started within the window counts from nought, and all that it counted should have arrived.
  if (first?.startedAt && eventMs(first.startedAt) >= windowStart && eventMs(first.startedAt) <= eventMs(first.at))
    runs.at(-1)?.push({ from: eventMs(first.startedAt), to: eventMs(first.at), owed: first.count })
  for (const [before, after] of pairs(counts)) {
    const isReset = before.startedAt !== after.startedAt || wentBack(before.count, after.count)
    if (isReset) runs.push([])
    const owed = isReset ? after.count : after.count - before.count
    runs.at(-1)?.push({ from: eventMs(before.at), to: eventMs(after.at), owed })
  }
  return runs.filter((run) => run.length > 0)
}

/** What was lost in the parts of a run, and in the whole where that is more. */
function lossesIn(run: readonly Counted[], arrived: Arrived): Lost[] {
  const parts = run.map((part) => lostIn(part, arrived))
  const whole = lostIn(wholeOf(run), arrived)
  const fresh = whole.lost - sum(parts, ({ lost }) => lost)
  return [...parts, { ...whole, fresh }].filter((each) => each.fresh > 0)
}

/** The same of all rules together; in the whole where that is more than the parts and single rules show. */
function lossesOfAll(run: readonly Counted[], arrived: Arrived, byRule: readonly LostOfRule[]): Lost[] {
  const parts = run.map((part) => lostIn(part, arrived))
  const whole = lostIn(wholeOf(run), arrived)
  const ofRules = byRule.filter(({ from, to }) => from >= whole.from && to <= whole.to)
  const inPart = ({ from, to }: Counted): readonly Lost[] => ofRules.filter((each) => each.from === from && each.to === to)
  const shownInParts = sum(parts, (part) =>
    Math.max(
      part.lost,
      sum(inPart(part), ({ lost }) => lost),
    ),
  )
  const shownByRules = sum(ofRules, ({ fresh }) => fresh)
  const fresh = whole.lost - Math.max(shownInParts, shownByRules)
  return [...parts, { ...whole, fresh }].filter((each) => each.fresh > 0)
}

function wholeOf(run: readonly Counted[]): Counted {
  return { from: run[0]?.from ?? 0, to: run.at(-1)?.to ?? 0, owed: sum(run, ({ owed }) => owed) }
}

function lostIn(counted: Counted, arrived: Arrived): Lost {
  const { from, to, owed } = counted
  const lost = owed === 0 ? 0 : Math.max(0, owed - arrived(from - COUNTING_LAG_MS, to))
  return { ...counted, lost, fresh: lost }
}

/** One mark for each stretch, with all that is said of it. */
function marksOf(ofAll: readonly Lost[], byRule: readonly LostOfRule[]): Mark[] {
  const stretches = new Map<string, { readonly from: number; readonly to: number; all: Lost | null; rules: LostOfRule[] }>()
  const stretchOf = ({ from, to }: Counted) => {
    const known = stretches.get(`${from}/${to}`) ?? { from, to, all: null, rules: [] }
    stretches.set(`${from}/${to}`, known)
    return known
  }
  for (const lost of ofAll) stretchOf(lost).all = lost
  for (const lost of byRule) stretchOf(lost).rules.push(lost)
  return [...stretches.values()].map(({ from, to, all, rules }) => ({ from, to, state: 'silent', why: whyOf(all, rules) }))
}

function whyOf(all: Lost | null, rules: readonly LostOfRule[]): string {
  const [only, ...others] = rules
  const ofRules = sum(rules, ({ lost }) => lost)
  const total = all === null || all.lost <= ofRules ? null : `${all.lost} of ${all.owed} alerts did not arrive`
  if (only === undefined) return total ?? ''
  if (total !== null) return `${total}, among them ${listOf(rules)}`
  if (others.length > 0) return `${ofRules} alerts did not arrive: ${listOf(rules)}`
  return `${only.lost} of ${only.owed} alerts of “${only.rule}” did not arrive`
}

/** Those that lost most first. */
function listOf(rules: readonly LostOfRule[]): string {
  const named = rules.toSorted((a, b) => b.lost - a.lost || compare(a.rule, b.rule)).slice(0, MOST_NAMED)
  const more = rules.length - named.length
  const list = named.map(({ lost, owed, rule }) => `${lost} of ${owed} of “${rule}”`).join(', ')
  return more === 0 ? list : `${list} and some of ${more} more rule${more === 1 ? '' : 's'}`
}

function sum<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((total, item) => total + figure(item), 0)
}

/** How many alerts arrived in the minutes that a stretch touches; `countIn`: how many in one. */
function arrivals(beats: readonly Of<'beat'>[], countIn: (beat: Of<'beat'>) => number): Arrived {
  const sorted = beats
    .map((beat) => ({ at: minuteMs(beat.minute), count: countIn(beat) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.at - b.at)
  const sums = [0]
  for (const { count } of sorted) sums.push((sums.at(-1) ?? 0) + count)
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
