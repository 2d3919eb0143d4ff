import * as z from 'zod/mini'
import { durationMs } from './duration.ts'
import { RunproofError } from './errors.ts'
import { instantMs, instantOf, isInstant, MINUTE_MS, type Instant } from './time.ts'

export const InstantSchema = z
  .string()
  .check(z.refine(isInstant, 'must be a UTC time in whole seconds, like 2026-03-02T08:33:05Z'))

/** A scope and a half-open UTC interval `[start, end)`, both on whole minutes because coverage is counted in minutes. */
export const WindowSchema = z.strictObject({
  id: z.string().check(z.maxLength(300)),
  application: z.string().check(z.maxLength(100)),
  environment: z.string().check(z.maxLength(100)),
  start: InstantSchema,
  end: InstantSchema,
})
export type Window = Readonly<z.infer<typeof WindowSchema>>

/** 31 days: a longer window has more minutes than a person can read and a page can draw. */
export const MAX_WINDOW_MINUTES = 31 * 24 * 60

/**
 * The window of a scope. Its id sorts by time and is safe in a path and a URL.
 * @throws RunproofError `format.malformed` when the edges are not whole minutes in order, or too far apart.
 */
export function windowOf(
  scope: { readonly application: string; readonly environment: string },
  start: Instant,
  end: Instant,
): Window {
  const [from, to] = [instantMs(start), instantMs(end)]
  if (from % MINUTE_MS !== 0 || to % MINUTE_MS !== 0) {
    throw new RunproofError('format.malformed', `a window starts and ends on a whole minute, not ${start} to ${end}`)
  }
  if (to <= from) throw new RunproofError('format.malformed', `a window ends after it starts, not ${start} to ${end}`)
  if ((to - from) / MINUTE_MS > MAX_WINDOW_MINUTES) {
    throw new RunproofError('format.too_large', `a window has at most ${MAX_WINDOW_MINUTES} minutes; ${start} to ${end} has more`)
  }
  const compact = (instant: Instant): string => instant.replaceAll(/[-:]/g, '')
  const { application, environment } = scope
  return { id: `${compact(start)}_${compact(end)}_${application}_${environment}`, application, environment, start, end }
}

/** The window of the manifest's cadence that holds the moment: `every` long, counted from 1970 plus `offset`. */
export function windowHolding(
  scope: { readonly application: string; readonly environment: string },
  cadence: { readonly every: string; readonly offset: string },
  atMs: number,
): Window {
  const [every, offset] = [durationMs(cadence.every), durationMs(cadence.offset)]
  const start = Math.floor((atMs - offset) / every) * every + offset
  return windowOf(scope, instantOf(start), instantOf(start + every))
}

/** How many minutes the window has. */
export function minutesIn(window: Window): number {
  return (instantMs(window.end) - instantMs(window.start)) / MINUTE_MS
}
