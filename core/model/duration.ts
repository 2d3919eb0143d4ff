import { RunproofError } from './errors.ts'

/** `30s`, `5m`, `24h`, `7d`: a whole number and one unit. */
export type Duration = string

export const durationForm = /^([1-9]\d{0,6}|0)(s|m|h|d)$/
const unitMs: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/**
 * Milliseconds of a duration.
 * @throws RunproofError `format.malformed`
 */
export function durationMs(duration: Duration): number {
  const match = durationForm.exec(duration)
  const unit = unitMs.get(match?.[2] ?? '')
  if (!match || unit === undefined) {
    throw new RunproofError('format.malformed', `not a duration like 30s, 5m, 24h or 7d: ${JSON.stringify(duration)}`)
  }
  return Number(match[1]) * unit
}
