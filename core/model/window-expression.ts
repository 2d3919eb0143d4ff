import { durationMs } from './duration.ts'
import { RunproofError } from './errors.ts'
import { instantMs, instantOf, isInstant, type Instant } from './time.ts'
import { windowHolding, windowOf, type Window } from './window.ts'

/** A window as people name it; which one is meant depends on the manifest's cadence and, for some, on the time of asking. */
export type WindowExpression =
  /** `{today}` and `{yesterday}`: 0 and 1. */
  | { readonly kind: 'days_ago'; readonly days: number }
  /** `2026-03-02`: midnight UTC. */
  | { readonly kind: 'day'; readonly start: Instant }
  /** `2026-03-02T00:00..2026-03-03T00:00` */
  | { readonly kind: 'span'; readonly start: Instant; readonly end: Instant }
  /** `~1`: so many windows before the one that holds the present; `~0` is that one. */
  | { readonly kind: 'back'; readonly windows: number }

type Scope = { readonly application: string; readonly environment: string }
type Cadence = { readonly every: string; readonly offset: string }

const DAY_MS = 86_400_000
export const windowExpressionForms = '{yesterday}, {today}, 2026-03-02, 2026-03-02T00:00..2026-03-03T00:00 or ~1'

/**
 * Reads a window expression; all times are UTC.
 * @throws RunproofError `usage`
 */
export function parseWindowExpression(text: string): WindowExpression {
  if (text === '{today}') return { kind: 'days_ago', days: 0 }
  if (text === '{yesterday}') return { kind: 'days_ago', days: 1 }
  const back = /^~(\d{1,5})$/.exec(text)
  if (back) return { kind: 'back', windows: Number(back[1]) }
  const [first = '', second, ...more] = text.split('..')
  const start = momentOf(first)
  if (second === undefined && start !== null && /^\d{4}-\d\d-\d\d$/.test(first)) return { kind: 'day', start }
  const end = second === undefined ? null : momentOf(second)
  if (start === null || end === null || more.length > 0)
    throw new RunproofError('usage', `${JSON.stringify(text)} names no window; say ${windowExpressionForms}, in UTC`)
  return { kind: 'span', start, end }
}

/**
 * The window that is meant. A day is the one window of the cadence that starts on it, or where none does (the cadence is longer than a
 * day) the one that holds its beginning.
 * @throws RunproofError `usage` when several windows start on the day; `format.*` for a span that no window can have
 */
export function windowOfExpression(expression: WindowExpression, scope: Scope, cadence: Cadence, nowMs: number): Window {
  switch (expression.kind) {
    case 'span':
      return windowOf(scope, expression.start, expression.end)
    case 'back':
      return windowHolding(scope, cadence, nowMs - expression.windows * durationMs(cadence.every))
    case 'day':
      return windowOfDay(instantMs(expression.start), scope, cadence)
    case 'days_ago':
      return windowOfDay((Math.floor(nowMs / DAY_MS) - expression.days) * DAY_MS, scope, cadence)
  }
}

function windowOfDay(dayMs: number, scope: Scope, cadence: Cadence): Window {
  const everyMs = durationMs(cadence.every)
  const holding = windowHolding(scope, cadence, dayMs)
  const startMs = instantMs(holding.start)
  const firstMs = startMs === dayMs ? startMs : startMs + everyMs
  if (firstMs >= dayMs + DAY_MS) return holding
  if (firstMs + everyMs < dayMs + DAY_MS) {
    const [day, from, to] = [dayMs, firstMs, firstMs + everyMs].map((ms) => instantOf(ms).slice(0, 16))
    throw new RunproofError(
      'usage',
      `the manifest has a window every ${cadence.every}, so several start on ${day?.slice(0, 10)}; say which, like ${from}..${to}`,
    )
  }
  return windowHolding(scope, cadence, firstMs)
}

/** `2026-03-02`, `2026-03-02T06:00`, with seconds and `Z` or without. */
function momentOf(text: string): Instant | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?Z?)?$/.exec(text)
  if (!match) return null
  const instant = `${match[1]}T${match[2] ?? '00:00'}${match[3] ?? ':00'}Z`
  return isInstant(instant) ? instant : null
}
