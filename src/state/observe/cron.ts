/** When something is due. */
export type Schedule = {
  /** Milliseconds since 1970 of the first moment after `afterMs` at which it is due. */
  readonly next: (afterMs: number) => number
  readonly text: string
  readonly timeZone: string
}

const BLOCK_MS = 15 * 60_000
const HOUR_MS = 3_600_000
/** 29 February may be eight years away. */
const MOST_DAYS = 366 * 9

const macros: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
])
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Why a text is no schedule, for its author. */
export class CronFault extends Error {
  override readonly name = 'CronFault'
}

/**
 * Reads a cron expression: five fields, or six with seconds in front; lists, ranges, steps, names of months and days, 7 for Sunday, `@daily`
 * and its like. Where day and weekday are both given, either suffices. In a zone whose clock changes, what falls into the hour that is left
 * out is due right after it, and what falls into the hour that comes twice is due twice: a check too many, never one too few.
 * @throws CronFault with what is wrong, also for a day that never comes
 */
export function readCron(text: string, timeZone = 'UTC'): Schedule {
  const expression = macros.get(text.trim().toLowerCase()) ?? text.trim()
  const parts = expression.split(/\s+/)
  if (parts.length !== 5 && parts.length !== 6)
    throw new CronFault(`${JSON.stringify(text)} is no cron expression: it takes five fields, or six with seconds in front`)
  const [second = '0', minute = '', hour = '', day = '', month = '', weekday = ''] = parts.length === 6 ? parts : ['0', ...parts]
  const fields: Fields = {
    seconds: valuesOf(second, 'second', 0, 59),
    minutes: valuesOf(minute, 'minute', 0, 59),
    hours: new Set(valuesOf(hour, 'hour', 0, 23)),
    days: new Set(valuesOf(day, 'day', 1, 31)),
    months: new Set(valuesOf(month, 'month', 1, 12, months, 1)),
    weekdays: new Set(valuesOf(weekday, 'weekday', 0, 7, days, 0).map((value) => value % 7)),
    isAnyDay: isAny(day),
    isAnyWeekday: isAny(weekday),
  }
  const local = localTime(timeZone)
  const find = (afterMs: number): number | null => firstAfter(afterMs, fields, local)
  if (find(Date.UTC(2024, 0, 1)) === null) throw new CronFault(`${JSON.stringify(text)} names a day that never comes`)
  return {
    text,
    timeZone,
    next(afterMs) {
      const found = find(afterMs)
      if (found === null) throw new CronFault(`${JSON.stringify(text)} is not due in the next nine years`)
      return found
    },
  }
}

type Fields = {
  readonly seconds: readonly number[]
  readonly minutes: readonly number[]
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  readonly isAnyDay: boolean
  readonly isAnyWeekday: boolean
}

type Local = {
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly hour: number
  readonly minute: number
}

/**
 * Goes through time in quarters of an hour: offsets of zones are multiples of it, so within a quarter the local clock runs evenly. Days
 * that are not meant are passed over in long steps.
 */
function firstAfter(afterMs: number, fields: Fields, local: (ms: number) => Local): number | null {
  const end = afterMs + MOST_DAYS * 24 * HOUR_MS
  let before: Local | null = null
  for (let block = Math.floor(afterMs / BLOCK_MS) * BLOCK_MS; block < end;) {
    const here = local(block)
    const skipped = before === null ? null : leftOut(before, here)
    if (skipped !== null && block > afterMs && isDueWithin(skipped, here, fields)) return block
    if (!isDay(here, fields)) {
      // Two hours less than to midnight: clocks change by at most so much.
      const hours = Math.max(0, 21 - here.hour)
      before = hours === 0 ? here : null
      block += hours === 0 ? BLOCK_MS : hours * HOUR_MS
      continue
    }
    const found = fields.hours.has(here.hour) ? withinBlock(block, here, afterMs, fields) : null
    if (found !== null) return found
    before = here
    block += BLOCK_MS
  }
  return null
}

function withinBlock(block: number, here: Local, afterMs: number, { minutes, seconds }: Fields): number | null {
  for (const minute of minutes) {
    const offset = minute - here.minute
    if (offset < 0 || offset >= 15) continue
    for (const second of seconds) {
      const at = block + offset * 60_000 + second * 1000
      if (at > afterMs) return at
    }
  }
  return null
}

/** Minutes of the day that the local clock jumped over between two blocks of one day, `[from, to)`. */
function leftOut(before: Local, here: Local): readonly [from: number, to: number] | null {
  const [from, to] = [before.hour * 60 + before.minute + 15, here.hour * 60 + here.minute]
  return before.day === here.day && to > from ? [from, to] : null
}

function isDueWithin([from, to]: readonly [number, number], here: Local, fields: Fields): boolean {
  if (!isDay(here, fields)) return false
  return [...fields.hours].some((hour) => fields.minutes.some((minute) => hour * 60 + minute >= from && hour * 60 + minute < to))
}

function isDay({ month, day, weekday }: Local, fields: Fields): boolean {
  if (!fields.months.has(month)) return false
  const [isThisDay, isThisWeekday] = [fields.days.has(day), fields.weekdays.has(weekday)]
  if (fields.isAnyDay) return isThisWeekday
  return fields.isAnyWeekday ? isThisDay : isThisDay || isThisWeekday
}

function isAny(field: string): boolean {
  return field === '*' || field === '?' || field.startsWith('*/')
}

function valuesOf(
  field: string,
  name: string,
  least: number,
  most: number,
  names: readonly string[] = [],
  firstName = 0,
): readonly number[] {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const [range = '', step, ...more] = part.split('/')
    const every = step === undefined ? 1 : wholeNumber(step)
    if (more.length > 0 || every === null || every < 1)
      throw fault(name, field, `the step ${JSON.stringify(step)} is no number above 0`)
    const [from, to] = rangeOf(range, step !== undefined)
    for (let value = from; value <= to; value += every) values.add(value)
  }
  return [...values].sort((a, b) => a - b)

  function rangeOf(range: string, isStepped: boolean): readonly [number, number] {
    if (range === '*' || range === '?') return [least, names === days ? 6 : most]
    const [first = '', last, ...rest] = range.split('-')
    const from = single(first)
    // `5/10` begins at 5 and goes on to the end.
    const to = last === undefined ? (isStepped ? most : from) : single(last)
    if (rest.length > 0 || to < from) throw fault(name, field, `${JSON.stringify(range)} is no range`)
    return [from, to]
  }

  function single(text: string): number {
    const named = names.indexOf(text.toLowerCase())
    const value = named >= 0 ? named + firstName : wholeNumber(text)
    if (value === null || value < least || value > most)
      throw fault(name, field, `${JSON.stringify(text)} is not within ${least} to ${most}`)
    return value
  }
}

function wholeNumber(text: string): number | null {
  return /^\d{1,4}$/.test(text) ? Number(text) : null
}

function fault(name: string, field: string, why: string): CronFault {
  return new CronFault(`the ${name} field ${JSON.stringify(field)}: ${why}`)
}

/** What the clock on the wall of a zone shows. @throws CronFault for a zone that nobody knows */
function localTime(timeZone: string): (ms: number) => Local {
  if (timeZone === 'UTC')
    return (ms) => {
      const date = new Date(ms)
      return {
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        weekday: date.getUTCDay(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
      }
    }
  const format = formatOf(timeZone)
  return (ms) => {
    // `3/29/2026, 02:15`: en-US writes digits and no other signs.
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = (format.format(ms).match(/\d+/g) ?? []).map(Number)
    return { month, day, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(), hour, minute }
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    })
  } catch {
    throw new CronFault(`${JSON.stringify(timeZone)} is no time zone; write one like Europe/Berlin`)
  }
}
