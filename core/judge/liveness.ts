import type { CoverageState } from '../model/judgement.ts'
import { eventMs, instantMs, MINUTE_MS, within } from '../model/time.ts'
import type { Watch } from '../model/watch.ts'
import { minutesIn, type Window } from '../model/window.ts'
import { watchKey } from './merge.ts'
import type { ResolvedSensor } from './resolve.ts'

/** One entry per minute of the window: its state, and why it is not plainly observed. */
export type MinuteStates = { readonly states: readonly CoverageState[]; readonly why: readonly (readonly string[])[] }

type Facts = {
  readonly version: string | null
  readonly policies: Readonly<Record<string, string>>
  readonly beats: number
  readonly dropped: number
  readonly restarts: number
}

type Span = { readonly from: number; readonly to: number }
/** A stretch that says something against an instance, in milliseconds, `[from, to)`. */
type Mark = Span & { readonly state: 'degraded' | 'silent'; readonly why: string }
type Of<K extends Watch['kind']> = Extract<Watch, { kind: K }>

/**
 * When one instance was watching. A minute is observed only if it lies between two liveness signals at most twice the interval
 * apart; then restarts, losses, throttling and faults count against it. Everything else is silent: a quiet sensor and a dead one
 * look alike.
 */
export function blindMinutes(
  sensor: ResolvedSensor,
  signals: readonly Watch[],
  window: Window,
): { readonly minutes: MinuteStates; readonly facts: Facts } {
  const of = <K extends Watch['kind']>(kind: K): Of<K>[] => signals.filter((signal): signal is Of<K> => signal.kind === kind)
  const beats = of('beat').filter(({ signal }) => sensor.liveness === 'activity' || signal === 'health')
  const counters = of('counters').sort((a, b) => compare(a.at, b.at) || compare(watchKey(a), watchKey(b)))
  const [start, end] = [instantMs(window.start), instantMs(window.end)]

  const minutes = minutesIn(window)
  const states: CoverageState[] = Array.from({ length: minutes }, () => 'silent')
  const why: Set<string>[] = Array.from({ length: minutes }, () => new Set<string>())

  for (const { from, to } of aliveStretches(beats, 2 * sensor.intervalMs)) {
    const first = Math.max(0, Math.ceil((from - start) / MINUTE_MS))
    const behind = Math.min(minutes, Math.floor((to - start) / MINUTE_MS))
    for (let minute = first; minute < behind; minute++) states[minute] = 'observed'
  }
  states.forEach(
    (state, minute) =>
      state === 'silent' &&
      why[minute]?.add(beats.length === 0 ? `no ${sensor.liveness} signal` : `no ${sensor.liveness} signal in time`),
  )

  const restarts = [...firstStartMarks(beats, counters[0]), ...restartMarks(counters)]
  const marks = [
    ...restarts,
    ...counterMarks(counters, sensor.maxDropRate, start),
    ...of('loss').map((loss) => lossMark(loss, sensor.maxDropRate)),
    ...throttleMarks(of('throttle'), start, end),
    ...faultMarks(of('fault'), counters, end),
  ]
  for (const { from, to, state, why: reason } of marks) {
    const first = Math.max(0, Math.floor((from - start) / MINUTE_MS))
    const behind = Math.min(minutes, Math.max(Math.ceil((to - start) / MINUTE_MS), Math.floor((from - start) / MINUTE_MS) + 1))
    for (let minute = first; minute < behind; minute++) {
      if (state === 'silent' || states[minute] === 'observed') states[minute] = state
      why[minute]?.add(reason)
    }
  }
  // Signals around the window help to judge its edges; what is told of the window is what lies in it.
  const inWindow = ({ from, to }: Span): boolean => (to > start || from === start) && from < end
  const latest = counters.findLast(({ at }) => eventMs(at) < end) ?? counters[0]
  const facts: Facts = {
    version: latest?.version ?? null,
    policies: latest?.policies ?? {},
    beats: beats.reduce((sum, { minute, count }) => sum + (within(`${minute}:00`, window.start, window.end) ? count : 0), 0),
    dropped: droppedIn(counters, of('loss'), inWindow),
    restarts: restarts.filter(inWindow).length,
  }
  return { minutes: { states, why: why.map((reasons) => [...reasons]) }, facts }
}

/**
 * Stretches between liveness signals that are close enough. Within a minute only the first and last signal are known; the least
 * interval of 30 s makes sure that no gap between them can be too long.
 */
function aliveStretches(beats: readonly Of<'beat'>[], reachMs: number): { from: number; to: number }[] {
  const times = beats.flatMap(({ first, last }) => [eventMs(first), eventMs(last)]).sort((a, b) => a - b)
  const stretches: { from: number; to: number }[] = []
  for (const time of times) {
    const last = stretches.at(-1)
    if (last && time - last.to <= reachMs) last.to = time
    else stretches.push({ from: time, to: time })
  }
  return stretches
}

/** Whoever spoke before the first known process started was another one, and fell silent in between. */
function firstStartMarks(beats: readonly Of<'beat'>[], snapshot: Of<'counters'> | undefined): Mark[] {
  const startedAt = snapshot?.startedAt ?? null
  if (startedAt === null) return []
  const before = beats.flatMap(({ first, last }) => [first, last]).filter((time) => time < startedAt)
  if (before.length === 0) return []
  const lastWord = Math.max(...before.map(eventMs))
  return [{ from: lastWord, to: eventMs(startedAt), state: 'silent', why: 'the sensor was restarted' }]
}

/** Between the last word of the old process and the first of the new one nobody can say what was missed. */
function restartMarks(counters: readonly Of<'counters'>[]): Mark[] {
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
function counterMarks(counters: readonly Of<'counters'>[], maxDropRate: number, windowStart: number): Mark[] {
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

function lossMark({ from, to, dropped, received }: Of<'loss'>, maxDropRate: number): Mark {
  return { ...spanOf(from, to), ...judgeLoss(dropped, received, maxDropRate) }
}

/** Clocks go back: then the later of the two moments is named first. */
function spanOf(a: string, b: string): Span {
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

/** From start to stop; a start without a stop lasts to the end, a stop without a start from the beginning. */
function throttleMarks(throttles: readonly Of<'throttle'>[], windowStart: number, windowEnd: number): Mark[] {
  const why = 'the sensor throttled a source of events'
  const byScope = Map.groupBy(throttles, ({ scope }) => scope)
  return [...byScope.values()].flatMap((group) => {
    const marks: Mark[] = []
    let since: number | null = null
    for (const { at, state } of group.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.state < b.state ? -1 : 1))) {
      if (state === 'start') since ??= eventMs(at)
      else {
        marks.push({ from: since ?? windowStart, to: eventMs(at), state: 'silent', why })
        since = null
      }
    }
    if (since !== null) marks.push({ from: since, to: windowEnd, state: 'silent', why })
    return marks
  })
}

/** A lasting fault holds until the instance starts anew. */
function faultMarks(faults: readonly Of<'fault'>[], counters: readonly Of<'counters'>[], windowEnd: number): Mark[] {
  return faults.map(({ at, what, lasting }) => {
    if (!lasting) return { from: eventMs(at), to: eventMs(at), state: 'silent', why: what }
    const cured = counters.find((snapshot) => snapshot.startedAt !== null && snapshot.startedAt > at)
    return { from: eventMs(at), to: cured?.startedAt ? eventMs(cured.startedAt) : windowEnd, state: 'silent', why: what }
  })
}

/** How many events the instance says it lost; counters and alerts may speak of the same ones, so the larger figure counts. */
function droppedIn(
  counters: readonly Of<'counters'>[],
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

function pairs<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.slice(1).map((item, index) => [items[index] as T, item] as const)
}

function growth(before: number | null, after: number | null): number {
  if (after === null) return 0
  if (before === null || after < before) return after
  return after - before
}

function wentBack(before: number | null, after: number | null): boolean {
  return before !== null && after !== null && after < before
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
