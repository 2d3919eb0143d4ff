import { eventMs } from '../model/time.ts'
import type { Watch } from '../model/watch.ts'

export type Span = { readonly from: number; readonly to: number }
/** A stretch that says something against an instance, in milliseconds, `[from, to)`. */
export type Mark = Span & { readonly state: 'degraded' | 'silent'; readonly why: string }
export type Of<K extends Watch['kind']> = Extract<Watch, { kind: K }>
export type Counters = Of<'counters'>

/** Whoever spoke before the first known process started was another one, and fell silent in between. */
export function firstStartMarks(beats: readonly Of<'beat'>[], snapshot: Counters | undefined): Mark[] {
  const startedAt = snapshot?.startedAt ?? null
  if (startedAt === null) return []
  const before = beats.flatMap(({ first, last }) => [first, last]).filter((time) => time < startedAt)
  if (before.length === 0) return []
  const lastWord = before.reduce((latest, time) => Math.max(latest, eventMs(time)), 0)
  return [{ from: lastWord, to: eventMs(startedAt), state: 'silent', why: 'the sensor was restarted' }]
}

/** Between the last word of the old process and the first of the new one nobody can say what was missed. */
export function restartMarks(counters: readonly Counters[]): Mark[] {
  return pairs(counters)
    .filter(
      ([before, after]) =>
        before.startedAt !== after.startedAt ||
        wentBack(before.received, after.received) ||
        wentBack(before.dropped, after.dropped),
    )
    .map(([before, after]) => ({
      from: eventMs(before.at),
      to: eventMs(after.at),
      state: 'silent',
      why: 'the sensor was restarted',
    }))
}

/** A cumulative counter's growth spreads over its whole interval: it does not say in which minute the loss was. */
export function counterMarks(counters: readonly Counters[], maxDropRate: number, windowStart: number): Mark[] {
  const marks: Mark[] = []
  const [first] = counters
  if (first) {
    // Nothing before it to compare with: what was lost since the sensor started may have been lost in this window.
    const since = first.startedAt === null ? windowStart : eventMs(first.startedAt)
    const lost = { from: Math.min(since, eventMs(first.at)), to: eventMs(first.at) }
    if ((first.dropped ?? 0) > 0) marks.push({ ...lost, ...judgeLoss(first.dropped, first.received, maxDropRate) })
    if ((first.undelivered ?? 0) > 0)
      marks.push({ ...lost, state: 'silent', why: `${first.undelivered} alerts were not delivered` })
  }
  for (const [before, after] of pairs(counters)) {
    if (before.startedAt !== after.startedAt) continue
    const span = { from: eventMs(before.at), to: eventMs(after.at) }
    const dropped = growth(before.dropped, after.dropped)
    const undelivered = growth(before.undelivered, after.undelivered)
    if (dropped > 0) marks.push({ ...span, ...judgeLoss(dropped, growth(before.received, after.received), maxDropRate) })
    if (undelivered > 0) marks.push({ ...span, state: 'silent', why: `${undelivered} alerts were not delivered` })
  }
  return marks
}

export function lossMark({ from, to, dropped, received }: Of<'loss'>, maxDropRate: number): Mark {
  return { ...spanOf(from, to), ...judgeLoss(dropped, received, maxDropRate) }
}

/** Clocks go back: then the later of the two moments is named first. */
export function spanOf(a: string, b: string): Span {
  return a < b ? { from: eventMs(a), to: eventMs(b) } : { from: eventMs(b), to: eventMs(a) }
}

/** Loss within tolerance is degraded and suffices; above it, or of unknown size, it does not. `received` includes what was dropped. */
function judgeLoss(
  dropped: number | null,
  received: number | null,
  maxDropRate: number,
): { readonly state: 'degraded' | 'silent'; readonly why: string } {
  const what = dropped === null ? 'an unknown number of events was dropped' : `${dropped} events were dropped`
  if (dropped === 0) return { state: 'degraded', why: 'a loss of 0 events was reported' }
  const known = dropped !== null && received !== null && received > 0
  const tolerated = known && dropped / Math.max(received, dropped) <= maxDropRate
  return { state: tolerated ? 'degraded' : 'silent', why: known ? `${what} of ${Math.max(received, dropped)}` : what }
}

/**
 * Blind from a scope's first start to the stop that ends as many as were started: one name may stand for several throttles at once (two
 * cgroups of one name, one cgroup on two processors), and as long as one of them goes on something is not seen. A start without a stop
 * lasts to the end. A stop without a start began when nobody knows: after the scope's last stop, else before the window. `workload`: the
 * declared workload that alone can have been concerned; null: nobody can say which.
 */
export function throttleMarks(
  throttles: readonly Of<'throttle'>[],
  windowStart: number,
  windowEnd: number,
  workloadOf: (scope: string | null) => string | null,
): (Mark & { readonly workload: string | null })[] {
  return [...Map.groupBy(throttles, ({ scope }) => scope)].flatMap(([scope, group]) => {
    const workload = workloadOf(scope)
    const why = workload === null ? 'the sensor throttled a source of events' : `the sensor throttled ${workload}`
    return throttledSpans(group, windowStart, windowEnd).map((span) => ({ ...span, state: 'silent' as const, why, workload }))
  })
}

function throttledSpans(throttles: readonly Of<'throttle'>[], windowStart: number, windowEnd: number): Span[] {
  const spans: Span[] = []
  let [open, since, clearFrom] = [0, windowStart, windowStart]
  // At one moment the start comes first: whether it was meant to be over then is not known.
  for (const { at, state } of throttles.toSorted((a, b) => compare(a.at, b.at) || compare(a.state, b.state))) {
    const time = eventMs(at)
    if (state === 'start') {
      if (open === 0) since = time
      open++
      continue
    }
    if (open > 1) open--
    else {
      spans.push({ from: open === 0 ? Math.min(clearFrom, time) : since, to: time })
      open = 0
      clearFrom = time
    }
  }
  if (open > 0) spans.push({ from: since, to: windowEnd })
  return spans
}

/** A lasting fault holds until the instance starts or loads its rules anew. */
export function faultMarks(faults: readonly Of<'fault'>[], counters: readonly Counters[], windowEnd: number): Mark[] {
  const fresh = counters.flatMap(({ startedAt, reloadedAt }) => [startedAt ?? [], reloadedAt ?? []].flat()).sort()
  return faults.map(({ at, what, lasting }) => {
    if (!lasting) return { from: eventMs(at), to: eventMs(at), state: 'silent', why: what }
    const cured = fresh.find((moment) => moment > at)
    return { from: eventMs(at), to: cured === undefined ? windowEnd : eventMs(cured), state: 'silent', why: what }
  })
}

/** How many events the instance says it lost; counters and alerts may speak of the same ones, so the larger figure counts. */
export function droppedIn(
  counters: readonly Counters[],
  losses: readonly Of<'loss'>[],
  inWindow: (span: Span) => boolean,
): number {
  const counted = pairs(counters)
    .filter(([before, after]) => inWindow(spanOf(before.at, after.at)))
    // A new process counts from nought.
    .map(([before, after]) => growth(before.startedAt === after.startedAt ? before.dropped : null, after.dropped))
    .reduce((sum, dropped) => sum + dropped, 0)
  const told = losses.filter(({ from, to }) => inWindow(spanOf(from, to))).reduce((sum, { dropped }) => sum + (dropped ?? 0), 0)
  return Math.max(counted, told)
}

export function pairs<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.slice(1).map((item, index) => [items[index] as T, item] as const)
}

/** How much a counter grew; one that went back counts from nought. */
export function growth(before: number | null, after: number | null): number {
  if (after === null) return 0
  if (before === null || after < before) return after
  return after - before
}

export function wentBack(before: number | null, after: number | null): boolean {
  return before !== null && after !== null && after < before
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
