import { RunproofError } from './errors.ts'

/** A moment that people declare (window edges, expiry, evaluation): RFC 3339, UTC, whole seconds, `2026-03-02T08:33:05Z`. */
export type Instant = string
/** When something happened: RFC 3339, UTC, always nine digits, so that text order is time order: `2026-03-02T08:33:05.305000000Z`. */
export type EventTime = string
/** The coverage bucket: one UTC minute, `2026-03-02T08:33`. */
export type Minute = string

export const MINUTE_MS = 60_000

const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const ownForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/
const microForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/
const eventForm = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/

/** True for a real moment in the form of {@link Instant}; `2026-02-30T00:00:00Z` is not one. */
export function isInstant(text: string): boolean {
  return instantForm.test(text) && isRealSecond(text.slice(0, 19))
}

/**
 * Milliseconds since 1970 of an instant.
 * @throws RunproofError `format.malformed`
 */
export function instantMs(instant: Instant): number {
  if (!isInstant(instant))
    throw new RunproofError('format.malformed', `not a UTC time like 2026-03-02T08:33:05Z: ${JSON.stringify(instant)}`)
  return Date.parse(instant)
}

/** The instant at `ms` since 1970, cut to the second. */
export function instantOf(ms: number): Instant {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`
}

/**
 * Any RFC 3339 time as an event time, exact to the nanosecond; null when the text is not one, or is no real moment, or lies
 * outside the years 1970 to 2262 (a sensor's clock before it was set, or nonsense).
 */
export function eventTime(text: string): EventTime | null {
  // What most sensors write is in our form, or differs from it in nothing but digits after the second.
  if (text.length === 30 && ownForm.test(text)) return isRealSecond(text) ? plausible(text) : null
  if (text.length === 27 && microForm.test(text)) return isRealSecond(text) ? plausible(`${text.slice(0, 26)}000Z`) : null
  const match = eventForm.exec(text)
  if (!match) return null
  const [, second = '', fraction = '', zone] = match
  if (!isRealSecond(second)) return null
  const nanos = fraction.padEnd(9, '0')
  if (zone === 'Z' || zone === '+00:00') return plausible(`${second}.${nanos}Z`)
  const ms = Date.parse(`${second}${zone}`)
  return Number.isNaN(ms) ? null : plausible(`${new Date(ms).toISOString().slice(0, 19)}.${nanos}Z`)
}

/** An event time from integer nanoseconds since 1970; null when implausible. */
export function eventTimeOfNanos(nanos: bigint): EventTime | null {
  if (nanos < 0n || nanos > 9_223_372_036_999_999_999n) return null
  const digits = nanos.toString().padStart(10, '0')
  return plausible(`${secondOf(digits.slice(0, -9))}.${digits.slice(-9)}Z`)
}

/** Events come by the second: what was worked out last is most often what is asked for next. */
let lastSecond = { digits: '0', text: '1970-01-01T00:00:00' }

/** The calendar's second for seconds since 1970. */
function secondOf(digits: string): string {
  if (lastSecond.digits !== digits) lastSecond = { digits, text: new Date(Number(digits) * 1000).toISOString().slice(0, 19) }
  return lastSecond.text
}

/** Nanoseconds since 1970, exact. */
export function nanosOf(time: EventTime): bigint {
  return BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n + BigInt(time.slice(20, 29))
}

/** Milliseconds since 1970, cut. */
export function eventMs(time: EventTime): number {
  return Date.parse(`${time.slice(0, 19)}Z`) + Number(time.slice(20, 23))
}

/** The minute that holds the moment; an instant has one too. */
export function minuteOf(time: EventTime): Minute {
  return time.slice(0, 16)
}

/** Milliseconds since 1970 at which the minute starts. */
export function minuteMs(minute: Minute): number {
  return Date.parse(`${minute}:00Z`)
}

/** The minute that starts at or before `ms`. */
export function minuteAt(ms: number): Minute {
  return new Date(ms).toISOString().slice(0, 16)
}

/** Whether `start <= time < end`; edges are whole seconds, so comparing cut texts is exact. */
export function within(time: EventTime, start: Instant, end: Instant): boolean {
  const second = time.slice(0, 19)
  return second >= start.slice(0, 19) && second < end.slice(0, 19)
}

/** Digits at their places are given; what is left is that month, day and time exist. By hand: it runs once an event. */
function isRealSecond(text: string): boolean {
  const at = (from: number): number => (text.charCodeAt(from) - 48) * 10 + text.charCodeAt(from + 1) - 48
  const [month, day] = [at(5), at(8)]
  if (month < 1 || month > 12 || day < 1 || at(11) > 23 || at(14) > 59 || at(17) > 59) return false
  if (day <= 28) return true
  const year = at(0) * 100 + at(2)
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return day <= (month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31)
}

function plausible(time: EventTime): EventTime | null {
  return time >= '1970-01-01T00:00:01' && time < '2262-01-01' ? time : null
}
