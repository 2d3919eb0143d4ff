import { fromInteger, isNumeric, toInteger } from '../number.ts'
import { isArray } from '../value.ts'
import { any, BuiltinError, type BuiltinFunction, integer, kindError, type Operands, string, Unsupported } from './builtin.ts'
import { civil, DAY, daysBefore, daysIn, EARLIEST, floorDiv, LATEST } from './civil.ts'
import { parseDuration } from './duration.ts'
import { formatTime } from './time-format.ts'
import { namedLayouts, WEEKDAYS } from './time-layout.ts'
import { parseTime } from './time-parse.ts'

/** Nanoseconds since 1970; integers beyond 2^53, so exact only as `bigint`. */
export const parseRfc3339: BuiltinFunction = (operands) => {
  const text = string(operands, 0)
  const [, date = '', time = '', fraction = '', offset = ''] = RFC3339.exec(text) ?? []
  if (date === '') throw notATime(text)
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number)
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
  if (!isDay || hour > 23 || minute > 59 || second > 59) throw notATime(text)
  const seconds = daysBefore(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offsetSeconds(offset, text)
  return inRange(BigInt(seconds) * SECOND + BigInt(fraction.slice(0, 9).padEnd(9, '0')))
}
const RFC3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/

export const parseDurationNs: BuiltinFunction = (operands) => fromInteger(parseDuration(string(operands, 0)))

/** `[year, month, day]`, in UTC. */
export const date: BuiltinFunction = (operands) => {
  const { year, month, day } = civil(instant(operands, 0))
  return [year, month, day]
}

/** `[hour, minute, second]`, in UTC. */
export const clock: BuiltinFunction = (operands) => {
  const { hour, minute, second } = civil(instant(operands, 0))
  return [hour, minute, second]
}

export const weekday: BuiltinFunction = (operands) => WEEKDAYS[civil(instant(operands, 0)).weekday]

/** Text in a Go layout (or the name of one), as nanoseconds. */
export const parse: BuiltinFunction = (operands) => {
  const [layout, text] = [string(operands, 0), string(operands, 1)]
  return inRange(parseTime(namedLayouts.get(layout) ?? layout, text))
}

/** A number, `[number, zone]` or `[number, zone, layout]`; RFC 3339 with as many digits as needed where no layout is given. */
export const format: BuiltinFunction = (operands) => {
  const value = any(operands, 0)
  const layout = isArray(value) && value.length > 2 ? value[2] : 'RFC3339Nano'
  if (typeof layout !== 'string')
    throw kindError(operands, 0, 'either number (ns) or [number (ns), string (tz), string (layout)]')
  return formatTime(namedLayouts.get(layout === '' ? 'RFC3339Nano' : layout) ?? layout, civil(instant(operands, 0)))
}

/** Months and days beyond their range carry over: January 31st and one month is March 3rd, or 2nd in a leap year. */
export const addDate: BuiltinFunction = (operands) => {
  const at = instant(operands, 0)
  const [years, months, days] = [integer(operands, 1), integer(operands, 2), integer(operands, 3)]
  if (Math.max(Math.abs(years), Math.abs(months), Math.abs(days)) > 1_000_000) throw outOfRange()
  const { year, month, day } = civil(at)
  const shifted = month - 1 + months
  const first = daysBefore(year + years + Math.floor(shifted / 12), (((shifted % 12) + 12) % 12) + 1, 1)
  return inRange(BigInt(first + day - 1 + days) * DAY + (at - floorDiv(at, DAY) * DAY))
}

/** `[years, months, days, hours, minutes, seconds]` between two instants, in UTC, whichever is first. */
export const diff: BuiltinFunction = (operands) => {
  const [one, other] = [instant(operands, 0), instant(operands, 1)]
  const [a, b] = one <= other ? [civil(one), civil(other)] : [civil(other), civil(one)]
  const parts = [b.year - a.year, b.month - a.month, b.day - a.day, b.hour - a.hour, b.minute - a.minute, b.second - a.second]
  const sizes = [0, 12, daysIn(a.year, a.month), 24, 60, 60]
  for (let i = parts.length - 1; i > 0; i--) {
    if ((parts[i] ?? 0) >= 0) continue
    parts[i] = (parts[i] ?? 0) + (sizes[i] ?? 0)
    parts[i - 1] = (parts[i - 1] ?? 0) - 1
  }
  return parts
}

const SECOND = 1_000_000_000n

/** A number, or `[number, "UTC"]`. Other zones need a database that differs between machines. */
function instant(operands: Operands, position: number): bigint {
  const value = any(operands, position)
  const [nanoseconds, zone = ''] = isArray(value) ? value : [value]
  if (!isNumeric(nanoseconds)) throw kindError(operands, position, 'either number (ns) or [number (ns), string (tz)]')
  if (zone !== '' && zone !== 'UTC')
    throw new Unsupported(
      `time zone ${typeof zone === 'string' ? JSON.stringify(zone.slice(0, 60)) : 'that is no text'}, only UTC is known`,
    )
  const whole = toInteger(nanoseconds)
  if (whole === null || whole < EARLIEST || whole > LATEST) throw new BuiltinError('timestamp too big')
  return whole
}

function offsetSeconds(offset: string, text: string): number {
  if (offset === 'Z') return 0
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number)
  if (hours > 24 || minutes > 60) throw notATime(text)
  return (offset.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60)
}

function inRange(nanoseconds: bigint): number | bigint {
  if (nanoseconds < EARLIEST || nanoseconds > LATEST) throw outOfRange()
  const small = Number(nanoseconds)
  return Number.isSafeInteger(small) ? small : nanoseconds
}

function outOfRange(): BuiltinError {
  return new BuiltinError('time outside of valid range')
}

function notATime(text: string): BuiltinError {
  return new BuiltinError(`${JSON.stringify(text.slice(0, 60))} is not an RFC 3339 time`)
}
