import { WATCH_MARGIN_MS } from '../../../core/judge/limits.ts'
import { eventMs, instantMs, minuteAt, minuteMs, MINUTE_MS, type EventTime, type Minute } from '../../../core/model/time.ts'
import type { Watch } from '../../../core/model/watch.ts'
import type { Window } from '../../../core/model/window.ts'

/** Minutes since 1970 in which sightings and beats without a time are kept. */
export const UNPLACED = -1

/** Moments in a day: signals that last no longer are found by when they open. */
export const DAY_MOMENTS = 2 * 24 * 60

/**
 * Where a time lies against the edges of what concerns a window. These are whole minutes, inclusive, and compared in whole
 * milliseconds: twice the minute, and one more past its first millisecond, tells the same.
 */
export function momentOf(time: EventTime): number {
  const ms = eventMs(time)
  return 2 * Math.floor(ms / MINUTE_MS) + (ms % MINUTE_MS === 0 ? 0 : 1)
}

/** The first and last moment that concern a window. */
export function momentsAround({ start, end }: Pick<Window, 'start' | 'end'>): { readonly from: number; readonly to: number } {
  return { from: edge(instantMs(start) - WATCH_MARGIN_MS), to: edge(instantMs(end) + WATCH_MARGIN_MS) }
}

/** The reach of a signal, and the moments at which it opens and closes. */
export type Span = { readonly reach: 0 | 1 | 2; readonly opens: number; readonly closes: number }

export function spanOf(signal: Watch): Span {
  const opens = momentOf(signal.kind === 'loss' ? signal.from : signal.kind === 'beat' ? signal.first : signal.at)
  const closes = momentOf(signal.kind === 'loss' ? signal.to : signal.kind === 'beat' ? signal.last : signal.at)
  const lasting = signal.kind === 'throttle' || (signal.kind === 'fault' && signal.lasting)
  return { reach: lasting ? 2 : closes - opens > DAY_MOMENTS ? 1 : 0, opens, closes }
}

/** Minutes since 1970. */
export function minuteNumber(minute: Minute): number {
  return minuteMs(minute) / MINUTE_MS
}

export function minuteText(minute: number): Minute {
  return minuteAt(minute * MINUTE_MS)
}

/** Nanoseconds since the minute began: exact, and small enough for a number. */
export function nanosInto(time: EventTime): number {
  return Number(time.slice(17, 19)) * 1e9 + Number(time.slice(20, 29))
}

export function timeOf(minute: Minute, nanos: number): EventTime {
  const seconds = Math.floor(nanos / 1e9)
  return `${minute}:${String(seconds).padStart(2, '0')}.${String(nanos % 1e9).padStart(9, '0')}Z`
}

function edge(ms: number): number {
  return 2 * Math.floor(ms / MINUTE_MS)
}
