import type { GoTime, GoValue } from '../model/value.ts'

/** What an unquoted scalar is to go-yaml v3, with its short tag: `yes` is text, `0644` is 420, `2001-02-03` is a time. */
export function resolveScalar(text: string): { readonly tag: string; readonly value: GoValue } {
  const word = words.get(text)
  if (word !== undefined) return word
  return /^[.+\-\d]/.test(text) ? resolveKnownNumber(text) : { tag: '!!str', value: text }
}

/** The same few numbers are in every gossfile, each is resolved where it is read and where it is decoded. */
const numbers = new Map<string, { readonly tag: string; readonly value: GoValue }>()
const mostNumbers = 1000

function resolveKnownNumber(text: string): { readonly tag: string; readonly value: GoValue } {
  const known = numbers.get(text)
  if (known !== undefined) return known
  const made = resolveNumber(text)
  if (numbers.size < mostNumbers) numbers.set(text, made)
  return made
}

/**
 * Go's `strconv.ParseInt(text, base, 64)`, widened to `ParseUint`: null where it refuses. Base 0: by the prefix (`0x`, `0o`, `0b`, `0`).
 * Underscores must be gone.
 */
export function parseGoInt(text: string, base: 0 | 2 | 8 | 10): bigint | null {
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  const size = base === 0 ? prefixed(digits) : inBase(digits, base)
  if (size === null) return null
  const value = sign === '-' ? -size : size
  const limit = sign === '' ? 2n ** 64n : 2n ** 63n
  return value >= -(2n ** 63n) && value < limit ? value : null
}

/** Go's `strconv.ParseFloat` for decimal text; null where it refuses. */
export function parseGoFloat(text: string): number | null {
  if (!/^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

const words = new Map<string, { readonly tag: string; readonly value: GoValue }>([
  ...named('!!bool', true, 'true True TRUE'),
  ...named('!!bool', false, 'false False FALSE'),
  ...named('!!null', null, '~ null Null NULL'),
  ['', { tag: '!!null', value: null }],
  ...named('!!float', Number.NaN, '.nan .NaN .NAN'),
  ...named('!!float', Infinity, '.inf .Inf .INF +.inf +.Inf +.INF'),
  ...named('!!float', -Infinity, '-.inf -.Inf -.INF'),
])

function named(
  tag: string,
  value: GoValue,
  list: string,
): readonly [string, { readonly tag: string; readonly value: GoValue }][] {
  return list.split(' ').map((word) => [word, { tag, value }])
}

function resolveNumber(text: string): { readonly tag: string; readonly value: GoValue } {
  const asText = { tag: '!!str', value: text }
  if (text.startsWith('.')) {
    const value = parseGoFloat(text)
    return value === null ? asText : { tag: '!!float', value }
  }
  const time = parseTimestamp(text)
  if (time !== null) return { tag: '!!timestamp', value: time }
  const plain = text.replaceAll('_', '')
  const whole = parseGoInt(plain, 0) ?? parseYamlBase(plain)
  if (whole !== null) return { tag: '!!int', value: whole }
  const value = parseGoFloat(plain)
  return value === null ? asText : { tag: '!!float', value }
}

/** `-0b11` and `-0o17`: a second try of go-yaml, which also takes `0b` numbers that the first refused. */
function parseYamlBase(plain: string): bigint | null {
  const match = /^(-?)0([bo])(.*)$/.exec(plain)
  if (match === null) return null
  return parseGoInt(`${match[1]}${match[3]}`, match[2] === 'b' ? 2 : 8)
}

function prefixed(digits: string): bigint | null {
  const prefix = /^0([xXoObB])([0-9a-fA-F]+)$/.exec(digits)
  if (prefix !== null) {
    const letter = (prefix[1] ?? '').toLowerCase()
    return inBase(prefix[2] ?? '', letter === 'x' ? 16 : letter === 'o' ? 8 : 2)
  }
  return /^0\d/.test(digits) ? inBase(digits.slice(1), 8) : inBase(digits, 10)
}

const digitsOf = { 2: /^[01]+$/, 8: /^[0-7]+$/, 10: /^\d+$/, 16: /^[0-9a-fA-F]+$/ } as const
const prefixes = { 2: '0b', 8: '0o', 10: '', 16: '0x' } as const

function inBase(digits: string, base: 2 | 8 | 10 | 16): bigint | null {
  if (digits.length > 100 || !digitsOf[base].test(digits)) return null
  return BigInt(prefixes[base] + digits)
}

const withZone = /^(\d{4})-(\d{1,2})-(\d{1,2})[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?(Z|[+-]\d\d:\d\d)$/
const withoutZone = /^(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?()$/
const dateOnly = /^(\d{4})-(\d{1,2})-(\d{1,2})$/

function parseTimestamp(text: string): GoTime | null {
  if (!/^\d{4}-/.test(text)) return null
  const match = withZone.exec(text) ?? withoutZone.exec(text) ?? dateOnly.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  if (!isReal || month < 1) return null
  const fraction = BigInt((match[7] ?? '').slice(1, 10).padEnd(9, '0'))
  const zone = /^([+-])(\d\d):(\d\d)$/.exec(match[8] ?? '')
  const size = zone === null ? 0 : Number(zone[2]) * 60 + Number(zone[3])
  if (zone !== null && (Number(zone[2]) > 24 || Number(zone[3]) >= 60)) return null
  const offset = zone?.[1] === '-' ? -size : size
  return { kind: 'time', text, unixNanos: BigInt(date.getTime() - offset * 60_000) * 1_000_000n + fraction }
}
