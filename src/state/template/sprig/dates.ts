import { isGoTime, type GoTime, type GoValue } from '../../model/value.ts'
import { CallError } from '../fault.ts'
import { fixed, type Surroundings, type TemplateFunction } from '../functions.ts'
import { asText, toInt } from './cast.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { formatTime, parseTime } from './layout.ts'
import { takeLeave } from './impure.ts'

const second = 1_000_000_000n

export const dateFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['date', fixed('string any', ([layout, when], world) => formatTime(timeOf(when, world), asText(layout), localZone(world)))],
  ...['dateInZone', 'date_in_zone'].map((name) => [name, fixed('string any string', inZone)] as const),
  ['htmlDate', fixed('any', ([when], world) => formatTime(timeOf(when, world), '2006-01-02', localZone(world)))],
  ['htmlDateInZone', fixed('any string', ([when = null, zone = ''], world) => inZone(['2006-01-02', when, zone], world))],
  ...['dateModify', 'date_modify'].map(
    (name) => [name, fixed('string time', ([by, when]) => modified(when, asText(by), false))] as const,
  ),
  ...['mustDateModify', 'must_date_modify'].map(
    (name) => [name, fixed('string time', ([by, when]) => modified(when, asText(by), true))] as const,
  ),
  ['toDate', fixed('string string', ([layout, text]) => parseTime(asText(layout), asText(text)) ?? zeroTime)],
  ['mustToDate', fixed('string string', ([layout, text]) => mustParse(asText(layout), asText(text)))],
  ['unixEpoch', fixed('time', ([when]) => String(floorDivide(asTime(when).unixNanos, second)))],
  ['duration', fixed('any', ([seconds]) => formatDuration(secondsOf(seconds) * second))],
  ['durationRound', fixed('any', ([duration], world) => roundedDuration(duration, world))],
  [
    'ago',
    fixed('any', ([when], world) => formatDuration(((nowNanos(world, 'ago') - timeOf(when, world).unixNanos) / second) * second)),
  ],
  ['now', fixed('', (_, world) => timeAt(nowNanos(world, 'now')))],
]

const zeroTime: GoTime = { kind: 'time', text: '0001-01-01T00:00:00Z', unixNanos: -62_135_596_800n * second }

function timeAt(unixNanos: bigint): GoTime {
  return { kind: 'time', text: new Date(Number(unixNanos / 1_000_000n)).toISOString(), unixNanos }
}

function nowNanos(world: Surroundings, name: string): bigint {
  takeLeave(name, world)
  return BigInt(Date.now()) * 1_000_000n
}

/** A time, or seconds since 1970; anything else is now. */
function timeOf(value: GoValue | undefined, world: Surroundings): GoTime {
  if (typeof value === 'bigint') return timeAt(value * second)
  if (value !== undefined && value !== null && isGoTime(value)) return value
  return timeAt(nowNanos(world, 'now'))
}

function asTime(value: GoValue | undefined): GoTime {
  return value as GoTime
}

function localZone({ env }: Surroundings): string {
  return env['TZ'] ?? 'UTC'
}

function inZone([layout = '', when = null, zone = '']: readonly GoValue[], world: Surroundings): string {
  const name = asText(zone)
  return formatTime(timeOf(when, world), asText(layout), name === 'Local' ? localZone(world) : name)
}

function modified(when: GoValue | undefined, by: string, must: boolean): GoTime {
  const duration = parseDuration(by)
  if (duration !== null) return timeAt(asTime(when).unixNanos + duration)
  if (must) throw new CallError(`time: invalid duration ${JSON.stringify(by)}`)
  return asTime(when)
}

function mustParse(layout: string, text: string): GoTime {
  const time = parseTime(layout, text)
  if (time !== null) return time
  throw new CallError(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse`)
}

function secondsOf(value: GoValue | undefined): bigint {
  return typeof value === 'bigint' || (typeof value === 'string' && /^[+-]?\d+$/.test(value)) ? toInt(value) : 0n
}

const units: readonly (readonly [bigint, string])[] = [
  [365n * 24n * 3600n, 'y'],
  [30n * 24n * 3600n, 'mo'],
  [24n * 3600n, 'd'],
  [3600n, 'h'],
  [60n, 'm'],
  [1n, 's'],
]

/** The largest unit of which there is more than one, as a whole number. */
function roundedDuration(value: GoValue | undefined, world: Surroundings): string {
  const nanos = durationOf(value, world)
  const size = nanos < 0n ? -nanos : nanos
  for (const [seconds, unit] of units) if (size > seconds * second) return `${size / (seconds * second)}${unit}`
  return '0s'
}

function durationOf(value: GoValue | undefined, world: Surroundings): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'string') return parseDuration(value) ?? 0n
  if (value !== undefined && value !== null && isGoTime(value)) return nowNanos(world, 'durationRound') - value.unixNanos
  return 0n
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n)
}
