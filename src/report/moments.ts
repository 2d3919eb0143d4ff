import { MINUTE_MS, type Instant } from '../../core/model/time.ts'

const form = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z$/

/** `2026-03-02 08:33:05.305`, UTC as given; seconds and fraction only where they say something. Another text comes back as it is. */
export function moment(text: string): string {
  const match = form.exec(text)
  if (!match) return text
  const [, date, minute, second = '00', fraction = ''] = match
  const digits = fraction.replace(/0+$/, '')
  const exact = digits === '' ? (second === '00' ? '' : `:${second}`) : `:${second}.${digits}`
  return `${date} ${minute}${exact}`
}

/** `2026-03-02 10:12–10:52`; the second date only where it differs. */
export function span(from: string, to: string): string {
  const [first, last] = [moment(from), moment(to)]
  return first.slice(0, 10) === last.slice(0, 10) ? `${first}–${last.slice(11)}` : `${first} – ${last}`
}

/** Whole minutes from one instant to another. */
export function minutesBetween(from: Instant, to: Instant): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / MINUTE_MS)
}

/** `40 minutes`, `3 h 20 min`, `7 days`. */
export function spelled(minutes: number): string {
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  if (rest !== 0) return `${hours} h ${rest} min`
  return hours % 24 === 0 && hours > 24 ? `${hours / 24} days` : `${hours} hours`
}

/** How long until `to`, seen from `from`: `30 days left`, `5 hours left`, `ended 3 days ago`. */
export function remaining(from: Instant, to: Instant): string {
  const minutes = (Date.parse(to) - Date.parse(from)) / MINUTE_MS
  return minutes > 0 ? `${coarse(minutes)} left` : `ended ${coarse(-minutes)} ago`
}

/** `starts in 2 days`. */
export function startsIn(from: Instant, start: Instant): string {
  return `starts in ${coarse((Date.parse(start) - Date.parse(from)) / MINUTE_MS)}`
}

function coarse(minutes: number): string {
  const [unit, count] = minutes >= 2880 ? ['day', minutes / 1440] : minutes >= 120 ? ['hour', minutes / 60] : ['minute', minutes]
  const whole = Math.floor(count)
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`
}
