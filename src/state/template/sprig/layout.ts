import type { GoTime } from '../../model/value.ts'
import { offsetText, two } from '../time.ts'

const months = 'January February March April May June July August September October November December'.split(' ')
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
/** The words of a layout of Go, longest first: each stands for the same part of 2 January 2006, 15:04:05 MST. */
const words =
  /January|Jan|Monday|Mon|MST|2006|__2|002|01|02|03|04|05|06|15|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|PM|pm|_2|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g

/** A time is short; what is longer is none. */
const longest = 128

type Clock = {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly weekday: number
  readonly yearDay: number
  readonly nanos: number
  readonly offsetMinutes: number
  readonly zone: string
}

/** A time by a layout of Go in a zone (`UTC`, `Europe/Berlin`); an unknown zone is UTC. */
export function formatTime(time: GoTime, layout: string, zone: string): string {
  const clock = clockOf(time, zone)
  return layout.replaceAll(words, (word) => partOf(word, clock))
}

/** Reads a time that was written by a layout, in UTC unless it says otherwise; null where it was not. */
export function parseTime(layout: string, text: string): GoTime | null {
  if (layout.length > longest || text.length > longest) return null
  const names: string[] = []
  let pattern = ''
  let at = 0
  for (const match of layout.matchAll(words)) {
    pattern += escaped(layout.slice(at, match.index)) + patternOf(match[0])
    names.push(match[0])
    at = match.index + match[0].length
  }
  const found = new RegExp(`^${pattern}${escaped(layout.slice(at))}$`).exec(text)
  if (found === null) return null
  return timeFrom(new Map(names.map((name, index) => [name, found[index + 1] ?? ''])))
}

function clockOf({ unixNanos }: GoTime, zone: string): Clock {
  const seconds = unixNanos / 1_000_000_000n - (unixNanos % 1_000_000_000n < 0n ? 1n : 0n)
  const date = new Date(Number(seconds) * 1000)
  const offsetMinutes = offsetOf(date, zone)
  const local = new Date(date.getTime() + offsetMinutes * 60_000)
  const year = local.getUTCFullYear()
  return {
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    weekday: local.getUTCDay(),
    yearDay: Math.floor((local.getTime() - Date.UTC(year, 0, 1)) / 86_400_000) + 1,
    nanos: Number(unixNanos - seconds * 1_000_000_000n),
    offsetMinutes,
    zone: zoneName(date, zone, offsetMinutes),
  }
}

function offsetOf(date: Date, zone: string): number {
  const name = zonePart(date, zone, 'longOffset')
  const match = /([+-])(\d\d):(\d\d)/.exec(name)
  if (match === null) return 0
  const size = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -size : size
}

function zoneName(date: Date, zone: string, offset: number): string {
  const name = zonePart(date, zone, 'short')
  if (/^[A-Z]{3,5}$/.test(name)) return name === 'GMT' && (zone === 'UTC' || zone === '') ? 'UTC' : name
  return offset === 0 ? 'UTC' : offsetText(offset).replace(/00$/, '')
}

function zonePart(date: Date, zone: string, timeZoneName: 'short' | 'longOffset'): string {
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone || 'UTC', timeZoneName })
    return format.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  } catch {
    return ''
  }
}

function partOf(word: string, clock: Clock): string {
  if (/^[.,][09]/.test(word)) return fraction(word, clock.nanos)
  if (/^[Z-]07/.test(word)) return zoneText(word, clock.offsetMinutes)
  const part = parts[word]
  return part === undefined ? word : part(clock)
}

const parts: Readonly<Record<string, (clock: Clock) => string>> = {
  January: ({ month }) => months[month - 1] ?? '',
  Jan: ({ month }) => (months[month - 1] ?? '').slice(0, 3),
  '01': ({ month }) => two(month),
  '1': ({ month }) => String(month),
  Monday: ({ weekday }) => days[weekday] ?? '',
  Mon: ({ weekday }) => (days[weekday] ?? '').slice(0, 3),
  '02': ({ day }) => two(day),
  _2: ({ day }) => String(day).padStart(2),
  '2': ({ day }) => String(day),
  '002': ({ yearDay }) => String(yearDay).padStart(3, '0'),
  __2: ({ yearDay }) => String(yearDay).padStart(3),
  '15': ({ hour }) => two(hour),
  '03': ({ hour }) => two(hour % 12 || 12),
  '3': ({ hour }) => String(hour % 12 || 12),
  '04': ({ minute }) => two(minute),
  '4': ({ minute }) => String(minute),
  '05': ({ second }) => two(second),
  '5': ({ second }) => String(second),
  '2006': ({ year }) => String(year).padStart(4, '0'),
  '06': ({ year }) => two(year % 100),
  PM: ({ hour }) => (hour >= 12 ? 'PM' : 'AM'),
  pm: ({ hour }) => (hour >= 12 ? 'pm' : 'am'),
  MST: ({ zone }) => zone,
}

function fraction(word: string, nanos: number): string {
  const digits = String(nanos)
    .padStart(9, '0')
    .slice(0, word.length - 1)
  if (word[1] === '0') return `${word[0]}${digits}`
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : `${word[0]}${trimmed}`
}

function zoneText(word: string, offset: number): string {
  if (word.startsWith('Z') && offset === 0) return 'Z'
  const text = offsetText(offset)
  if (word.endsWith('07:00:00')) return `${text.slice(0, 3)}:${text.slice(3)}:00`
  if (word.endsWith('070000')) return `${text}00`
  if (word.endsWith('07:00')) return `${text.slice(0, 3)}:${text.slice(3)}`
  return word.endsWith('0700') ? text : text.slice(0, 3)
}

function patternOf(word: string): string {
  if (/^[.,]/.test(word)) return word[1] === '0' ? `([.,]\\d{${word.length - 1}})` : '([.,]\\d+)?'
  if (word.startsWith('Z07')) return '(Z|[+-]\\d\\d:?\\d\\d(?::?\\d\\d)?)'
  if (word.startsWith('-07')) return '([+-]\\d\\d(?::?\\d\\d)?(?::?\\d\\d)?)'
  if (word === '2006') return '(\\d{4})'
  if (word === '002') return '(\\d{3})'
  if (/^0\d$|^15$/.test(word)) return '(\\d{2})'
  return /^[_\d]/.test(word) ? '(\\s*\\d{1,3})' : '([A-Za-z]+)'
}

function timeFrom(found: ReadonlyMap<string, string>): GoTime | null {
  const number = (...names: readonly string[]) => {
    const name = names.find((known) => found.has(known))
    return name === undefined ? null : Number(found.get(name))
  }
  const name = found.get('January') ?? found.get('Jan')
  const named = name === undefined ? null : months.findIndex((month) => month.startsWith(name)) + 1
  const short = number('06')
  const year = number('2006') ?? (short === null ? 0 : short + (short < 69 ? 2000 : 1900))
  const month = named ?? number('01', '1') ?? 1
  const day = number('02', '_2', '2') ?? 1
  const half = (found.get('PM') ?? found.get('pm') ?? '').toUpperCase()
  const given = number('15', '03', '3') ?? 0
  const hour = half === '' ? given : (given % 12) + (half === 'PM' ? 12 : 0)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, number('04', '4') ?? 0, number('05', '5') ?? 0)
  if (month < 1 || month > 12 || date.getUTCDate() !== day || hour > 23) return null
  const zone = [...found].find(([word]) => /^[Z-]07/.test(word))?.[1] ?? ''
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?/.exec(zone) ?? []
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  const nanos =
    [...found]
      .find(([word]) => /^[.,]/.test(word))?.[1]
      ?.slice(1, 10)
      .padEnd(9, '0') ?? '0'
  const text = `${date.toISOString().slice(0, 19)}${offset === 0 ? 'Z' : offsetText(offset).replace(/(\d\d)$/, ':$1')}`
  return { kind: 'time', text, unixNanos: (BigInt(date.getTime()) - BigInt(offset * 60_000)) * 1_000_000n + BigInt(nanos) }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
