import type { GoTime } from '../model/value.ts'

/** The parts of a time in its own zone. `zone`: `UTC`, or empty where only an offset is known. */
export type TimeParts = {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanos: number
  readonly weekday: number
  readonly offsetMinutes: number
  readonly zone: string
}

/** What a clock in the time's own zone shows. */
export function partsOfTime(time: GoTime): TimeParts {
  const offsetMinutes = offsetOf(time.text)
  const local = time.unixNanos + BigInt(offsetMinutes) * 60_000_000_000n
  const nanos = ((local % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const date = new Date(Number((local - nanos) / 1_000_000n))
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanos: Number(nanos),
    weekday: date.getUTCDay(),
    offsetMinutes,
    zone: offsetMinutes === 0 ? 'UTC' : '',
  }
}

/** `2001-12-14 21:59:43.1 -0500 -0500`, as Go prints a time. */
export function printTime(time: GoTime): string {
  const { year, month, day, hour, minute, second, nanos, offsetMinutes, zone } = partsOfTime(time)
  const offset = offsetText(offsetMinutes)
  const clock = `${two(hour)}:${two(minute)}:${two(second)}${fraction(nanos)}`
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)} ${clock} ${offset} ${zone === '' ? offset : zone}`
}

/** RFC 3339 with as many digits of the second as it has, as Go marshals a time. */
export function rfc3339(time: GoTime): string {
  const { year, month, day, hour, minute, second, nanos, offsetMinutes } = partsOfTime(time)
  const zone = offsetMinutes === 0 ? 'Z' : offsetText(offsetMinutes).replace(/(\d\d)$/, ':$1')
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}${fraction(nanos)}${zone}`
}

export function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** `-0500`. */
export function offsetText(minutes: number): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
}

function fraction(nanos: number): string {
  return nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`
}

/** The offset is in the text as written; without one it is UTC. */
function offsetOf(text: string): number {
  const match = /[T ].*([+-])(\d{1,2}):(\d{2})$/i.exec(text)
  if (match === null) return 0
  const size = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -size : size
}
