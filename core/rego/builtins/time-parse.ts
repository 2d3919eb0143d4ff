import { daysBefore, daysIn } from './civil.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { chunksOf, MONTHS, WEEKDAYS } from './time-layout.ts'

/** Nanoseconds since 1970 of a text in a Go layout; without a zone it is UTC. @throws BuiltinError for text that does not fit. */
export function parseTime(layout: string, text: string): bigint {
  const read: Read = { text, at: 0, fields: new Map(), nanosecond: 0, offset: 0, isAfternoon: null }
  const chunks = chunksOf(layout)
  for (const [i, { kind, text: wanted }] of chunks.entries()) {
    if (kind === 'text') literal(read, wanted)
    else element(read, wanted)
    const following = chunks[i + 1]?.text ?? ''
    // A fraction behind the seconds is read even where the layout has none.
    if (/^0?5$/.test(wanted) && kind === 'element' && !/^[.,][09]/.test(following)) fraction(read, /^[.,]\d+/)
  }
  if (read.at < text.length) throw wrong(read)
  return instantOf(read)
}

type Field = 'year' | 'month' | 'day' | 'yearDay' | 'hour' | 'minute' | 'second'
type Read = {
  readonly text: string
  at: number
  readonly fields: Map<Field, number>
  nanosecond: number
  /** Seconds east of UTC. */
  offset: number
  isAfternoon: boolean | null
}

function wrong({ text }: Read): BuiltinError {
  return new BuiltinError(`parsing time ${JSON.stringify(text.slice(0, 60))}: it does not fit the layout`)
}

/** Blanks in the layout stand for any number of blanks. */
function literal(read: Read, wanted: string): void {
  for (const part of wanted.match(/ +|[^ ]+/g) ?? []) {
    if (part.startsWith(' ')) taken(read, /^ */)
    else if (read.text.startsWith(part, read.at)) read.at += part.length
    else throw wrong(read)
  }
}

function taken(read: Read, pattern: RegExp): string {
  const hit = pattern.exec(read.text.slice(read.at))
  if (!hit) throw wrong(read)
  read.at += hit[0].length
  return hit[0]
}

function element(read: Read, wanted: string): void {
  const number = numbers.get(wanted)
  if (number) return void read.fields.set(number[0], within(read, Number(taken(read, number[1])), number[2], number[3]))
  if (wanted === '06') return void read.fields.set('year', century(Number(taken(read, /^\d\d/))))
  if (wanted === 'January' || wanted === 'Jan') return void read.fields.set('month', named(read, MONTHS, wanted === 'Jan') + 1)
  if (wanted === 'Monday' || wanted === 'Mon') return void named(read, WEEKDAYS, wanted === 'Mon')
  if (wanted === 'PM' || wanted === 'pm') {
    read.isAfternoon = taken(read, wanted === 'PM' ? /^[AP]M/ : /^[ap]m/).toUpperCase() === 'PM'
  } else if (wanted === 'MST') zoneName(read)
  else if (/^[Z-]/.test(wanted)) read.offset = offset(read, wanted)
  else fraction(read, wanted.charAt(1) === '9' ? /^(?:[.,]\d+)?/ : new RegExp(`^[.,]\\d{${wanted.length - 1}}`))
}

function within(read: Read, value: number, least: number, most: number): number {
  if (value < least || value > most)
    throw new BuiltinError(`parsing time ${JSON.stringify(read.text.slice(0, 60))}: out of range`)
  return value
}

function century(short: number): number {
  return short >= 69 ? 1900 + short : 2000 + short
}

function named(read: Read, names: readonly string[], isShort: boolean): number {
  const rest = read.text.slice(read.at).toLowerCase()
  const index = names.findIndex((name) => rest.startsWith((isShort ? name.slice(0, 3) : name).toLowerCase()))
  if (index < 0) throw wrong(read)
  read.at += isShort ? 3 : (names[index] ?? '').length
  return index
}

function zoneName(read: Read): void {
  const name = taken(read, /^(?:GMT[+-]\d{1,2}|[A-Z]{3,5}|[+-]\d\d(?:\d\d)?)/)
  if (name !== 'UTC' && name !== 'GMT') throw new Unsupported(`time zone ${name}, only UTC is known`)
}

function offset(read: Read, wanted: string): number {
  if (wanted.startsWith('Z') && read.text.charAt(read.at) === 'Z') {
    read.at++
    return 0
  }
  const shape = wanted.slice(1).replaceAll(/\d\d/g, String.raw`(\d\d)`)
  const [, sign, hours = 0, minutes = 0, seconds = 0] =
    new RegExp(`^([+-])${shape}`).exec(taken(read, new RegExp(`^[+-]${shape}`))) ?? []
  const total =
    within(read, Number(hours), 0, 24) * 3600 + within(read, Number(minutes), 0, 60) * 60 + within(read, Number(seconds), 0, 60)
  return sign === '-' ? -total : total
}

function fraction(read: Read, pattern: RegExp): void {
  const hit = pattern.exec(read.text.slice(read.at))
  if (!hit) {
    if (pattern.source.startsWith('^[.,]\\d+')) return
    throw wrong(read)
  }
  read.at += hit[0].length
  if (hit[0] !== '') read.nanosecond = Number(hit[0].slice(1, 10).padEnd(9, '0'))
}

function instantOf(read: Read): bigint {
  const year = read.fields.get('year') ?? 0
  const days = dayOf(read, year)
  const hour = hourOf(read)
  const seconds =
    days * 86_400 + hour * 3600 + (read.fields.get('minute') ?? 0) * 60 + (read.fields.get('second') ?? 0) - read.offset
  return BigInt(seconds) * 1_000_000_000n + BigInt(read.nanosecond)
}

function dayOf(read: Read, year: number): number {
  const [month, day, yearDay] = [read.fields.get('month'), read.fields.get('day'), read.fields.get('yearDay')]
  if (yearDay === undefined) {
    return daysBefore(year, month ?? 1, within(read, day ?? 1, 1, daysIn(year, month ?? 1)))
  }
  const first = daysBefore(year, 1, 1)
  const days = first + within(read, yearDay, 1, daysBefore(year + 1, 1, 1) - first) - 1
  const date = new Date(days * 86_400_000)
  if (month !== undefined && month !== date.getUTCMonth() + 1) throw wrong(read)
  if (day !== undefined && day !== date.getUTCDate()) throw wrong(read)
  return days
}

function hourOf({ fields, isAfternoon }: Read): number {
  const hour = fields.get('hour') ?? 0
  if (isAfternoon === true && hour < 12) return hour + 12
  return isAfternoon === false && hour === 12 ? 0 : hour
}

const numbers: ReadonlyMap<string, readonly [field: Field, pattern: RegExp, least: number, most: number]> = new Map([
  ['2006', ['year', /^\d{4}/, 0, 9999]],
  ['01', ['month', /^\d\d/, 1, 12]],
  ['1', ['month', /^\d\d?/, 1, 12]],
  ['02', ['day', /^\d\d/, 0, 99]],
  ['_2', ['day', /^ ?\d\d?/, 0, 99]],
  ['2', ['day', /^\d\d?/, 0, 99]],
  ['002', ['yearDay', /^\d{3}/, 0, 999]],
  ['__2', ['yearDay', /^ {0,2}\d{1,3}/, 0, 999]],
  ['15', ['hour', /^\d\d?/, 0, 23]],
  ['03', ['hour', /^\d\d/, 0, 12]],
  ['3', ['hour', /^\d\d?/, 0, 12]],
  ['04', ['minute', /^\d\d/, 0, 59]],
  ['4', ['minute', /^\d\d?/, 0, 59]],
  ['05', ['second', /^\d\d/, 0, 59]],
  ['5', ['second', /^\d\d?/, 0, 59]],
])
