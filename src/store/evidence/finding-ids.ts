import { hash } from 'node:crypto'
import { instantMs, MINUTE_MS, type Instant } from '../../../core/model/time.ts'

/** Findings that one minute's windows can have; the id stays a number that is exact until the year 2097. */
const ROOM = 2 ** 27

/** Ids of findings in windows that start in that minute or later are this or larger. */
export function firstId(start: Instant): number {
  return Math.min(Math.floor(instantMs(start) / MINUTE_MS) * ROOM, Number.MAX_SAFE_INTEGER)
}

/**
 * The id under which a finding is put, or the next one that is free: in order of time, and for a finding the same in every report of its
 * window, so that a list which somebody turns the pages of stays as it is when a report supersedes another.
 * @throws RangeError for a window after the year 2097
 */
export function wantedId(start: Instant, windowId: string, control: string | null, fingerprint: string): number {
  const within = Number.parseInt(hash('sha256', JSON.stringify([windowId, control, fingerprint]), 'hex').slice(0, 8), 16) % ROOM
  const id = firstId(start) + within
  if (!Number.isSafeInteger(id)) throw new RangeError(`a window that starts at ${start} is past what the index can order`)
  return id
}

/** The ids of the minute in which this one lies. */
export function minuteRange(id: number): { readonly from: number; readonly before: number } {
  const from = Math.floor(id / ROOM) * ROOM
  return { from, before: from + ROOM }
}
