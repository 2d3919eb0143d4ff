import { decodedKey, goTypeOf, isGoMap, isGoTime, type GoMap, type GoTime, type GoValue } from '../model/value.ts'
import { formatFloat, type FloatVerb } from './float.ts'
import { isPrintable, quoted, quotedRune, runeOf } from './quote.ts'
import { partsOfTime, printTime } from './time.ts'

/** What stands between `%` and the verb. `sharpV`, `plusV`: `#` and `+` of `%v`, which mean something else than for numbers. */
export type Flags = {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | null
  precision: number | null
  sharpV: boolean
  plusV: boolean
}

export const noFlags: Readonly<Flags> = {
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: null,
  precision: null,
  sharpV: false,
  plusV: false,
}

/** The value as Go's `fmt` prints it with `%v`: `<nil>`, `[a 1]`, `map[a:[x] b:1e+21]` with keys sorted. */
export function printV(value: GoValue): string {
  return formatValue(value, 'v', noFlags)
}

/** `fmt.Sprint`: values side by side, a space between two that are both no string. */
export function sprint(values: readonly GoValue[]): string {
  let out = ''
  values.forEach((value, index) => {
    const before = values[index - 1]
    if (index > 0 && typeof value !== 'string' && typeof before !== 'string') out += ' '
    out += printV(value)
  })
  return out
}

/** `fmt.Sprintln`: always a space between, a line feed behind. */
export function sprintln(values: readonly GoValue[]): string {
  return `${values.map(printV).join(' ')}\n`
}

/** One value by one verb of `fmt.Printf`; a verb that the type does not know answers `%!d(string=x)`, as in Go. */
export function formatValue(value: GoValue, verb: string, flags: Readonly<Flags>): string {
  if (value === null) return verb === 'v' || verb === 'T' ? pad('<nil>', flags) : `%!${verb}(<nil>)`
  if (verb === 'T') return formatText(goTypeOf(value), 's', flags, null)
  return element(value, verb, flags)
}

function element(value: GoValue, verb: string, flags: Readonly<Flags>): string {
  if (value === null) return flags.sharpV ? 'interface {}(nil)' : '<nil>'
  if (typeof value === 'boolean') return verb === 't' || verb === 'v' ? pad(String(value), flags) : bad(value, verb, flags)
  if (typeof value === 'bigint') return formatInteger(value, verb, flags)
  if (typeof value === 'number') return formatNumber(value, verb, flags)
  if (typeof value === 'string') return formatText(value, verb, flags, value)
  if (isGoTime(value)) return formatTime(value, verb, flags)
  return isGoMap(value) ? formatMap(value, verb, flags) : formatList(value, verb, flags)
}

/** The type does not know the verb: shown with `%v` and, as Go does, still by the flags. */
function bad(value: GoValue, verb: string, flags: Readonly<Flags>): string {
  return `%!${verb}(${goTypeOf(value)}=${element(value, 'v', flags)})`
}

function formatTime(value: GoTime, verb: string, flags: Readonly<Flags>): string {
  if (flags.sharpV) {
    const { year, month, day, hour, minute, second, nanos } = partsOfTime(value)
    const name = new Date(Date.UTC(2000, month - 1, 1)).toLocaleString('en', { month: 'long', timeZone: 'UTC' })
    return `time.Date(${year}, time.${name}, ${day}, ${hour}, ${minute}, ${second}, ${nanos}, time.UTC)`
  }
  return 'vsxXq'.includes(verb) ? formatText(printTime(value), verb, flags, printTime(value)) : bad(value, verb, flags)
}

function formatMap(value: GoMap, verb: string, flags: Readonly<Flags>): string {
  // The one value with a text of its own that a template can make.
  if (goTypeOf(value) === '*semver.Version' && !flags.sharpV) return element(value.get('String') ?? '', verb, flags)
  const texts = sortedEntries(value).map(([key, item]) => `${element(key, verb, flags)}:${element(item, verb, flags)}`)
  return flags.sharpV ? `${goTypeOf(value)}{${texts.join(', ')}}` : `map[${texts.join(' ')}]`
}

function formatList(value: readonly GoValue[], verb: string, flags: Readonly<Flags>): string {
  const texts = value.map((item) => element(item, verb, flags))
  return flags.sharpV ? `${goTypeOf(value)}{${texts.join(', ')}}` : `[${texts.join(' ')}]`
}

const bases: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }

function formatInteger(value: bigint, verb: string, flags: Readonly<Flags>): string {
  if (verb === 'c') return pad(runeOf(codeOf(value)), flags)
  if (verb === 'q') return pad(quotedRune(codeOf(value), flags.plus), flags)
  if (verb === 'U') return formatUnicode(value, flags)
  const base = bases[verb]
  if (base === undefined) return bad(value, verb, flags)
  if (flags.precision === 0 && value === 0n) return pad('', { ...flags, zero: false })
  let digits = (value < 0n ? -value : value).toString(base)
  if (verb === 'X') digits = digits.toUpperCase()
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  digits = digits.padStart(leastDigits(sign, flags), '0')
  if (flags.sharp) digits = sharpDigits(digits, verb)
  if (verb === 'O') digits = `0o${digits}`
  return pad(sign + digits, { ...flags, zero: false })
}

/** Zeros in front come from the precision, or from a width with the flag `0`. */
function leastDigits(sign: string, { precision, width, zero, minus }: Readonly<Flags>): number {
  if (precision !== null) return precision
  return zero && !minus && width !== null ? width - sign.length : 0
}

function sharpDigits(digits: string, verb: string): string {
  if (verb === 'b') return `0b${digits}`
  if (verb === 'o') return digits.startsWith('0') ? digits : `0${digits}`
  return verb === 'x' || verb === 'X' ? `0${verb}${digits}` : digits
}

function codeOf(value: bigint): number {
  return value < 0n || value > 0x10ffffn ? -1 : Number(value)
}

function formatUnicode(value: bigint, flags: Readonly<Flags>): string {
  const code = BigInt.asUintN(64, value)
  const text = `U+${code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 4, 4), '0')}`
  const shown = flags.sharp && code <= 0x10ffffn && isPrintable(runeOf(Number(code))) ? `${text} '${runeOf(Number(code))}'` : text
  return pad(shown, { ...flags, zero: false })
}

function formatNumber(value: number, verb: string, flags: Readonly<Flags>): string {
  const known: Readonly<Record<string, readonly [FloatVerb, number]>> = {
    v: ['g', -1],
    b: ['b', -1],
    g: ['g', -1],
    G: ['G', -1],
    x: ['x', -1],
    X: ['X', -1],
    f: ['f', 6],
    F: ['f', 6],
    e: ['e', 6],
    E: ['E', 6],
  }
  const [form, precision] = known[verb] ?? []
  if (form === undefined || precision === undefined) return bad(value, verb, flags)
  let text = formatFloat(value, form, flags.precision ?? precision)
  let sign = text.startsWith('-') ? '-' : '+'
  text = text.replace(/^[+-]/, '')
  if (!Number.isFinite(value)) {
    const isShown = sign === '-' || flags.plus || flags.space || Number.isFinite(value)
    const mark = sign === '+' && flags.space && !flags.plus ? ' ' : sign
    const inf = value === Infinity && !flags.plus && !flags.space ? '+' : mark
    return pad((Number.isNaN(value) ? (isShown ? mark : '') : inf) + text, { ...flags, zero: false })
  }
  if (flags.space && sign === '+' && !flags.plus) sign = ' '
  if (flags.sharp && form !== 'b') text = withPoint(text, form, flags.precision ?? precision)
  const shown = flags.plus || sign !== '+' ? sign : ''
  if (flags.zero && !flags.minus && flags.width !== null) return shown + text.padStart(flags.width - shown.length, '0')
  return pad(shown + text, flags)
}

/** `#`: always a decimal point; for `%g` also the zeros that it drops. */
function withPoint(text: string, form: FloatVerb, precision: number): string {
  const split = form === 'x' || form === 'X' ? /^(.*?)([pP].*)?$/ : /^(.*?)([eE].*)?$/
  const [, number = '', tail = ''] = split.exec(text) ?? []
  let missing = form === 'g' || form === 'G' || form === 'x' ? (precision === -1 ? 6 : precision) : 0
  missing -= number.replace('.', '').replace(/^0+/, '').length
  const pointed = number.includes('.') ? number : `${number}.`
  if (pointed === '0.') missing -= 1
  return pointed + '0'.repeat(Math.max(missing, 0)) + tail
}

function formatText(text: string, verb: string, flags: Readonly<Flags>, value: GoValue): string {
  if (verb === 'v' || verb === 's') {
    return pad(flags.sharpV ? quoted(text) : cut(text, flags.precision), flags)
  }
  if (verb === 'q') {
    const shown = cut(text, flags.precision)
    if (flags.sharp && !/[^\P{C}\t]|[`\ufeff\u007f]/u.test(shown)) return pad(`\`${shown}\``, flags)
    return pad(quoted(shown, flags.plus), flags)
  }
  return verb === 'x' || verb === 'X' ? formatHexText(text, verb, flags) : bad(value, verb, flags)
}

function formatHexText(text: string, verb: 'x' | 'X', flags: Readonly<Flags>): string {
  const bytes = new TextEncoder().encode(text)
  const shown = flags.precision === null ? bytes : bytes.subarray(0, flags.precision)
  if (shown.length === 0) return pad('', flags)
  const pairs = [...shown].map((byte) => byte.toString(16).padStart(2, '0'))
  const prefix = flags.sharp ? '0x' : ''
  const hex = flags.space ? pairs.map((pair) => prefix + pair).join(' ') : prefix + pairs.join('')
  return pad(verb === 'X' ? hex.toUpperCase() : hex, flags)
}

function cut(text: string, precision: number | null): string {
  return precision === null ? text : Array.from(text).slice(0, precision).join('')
}

function pad(text: string, { width, minus, zero }: Readonly<Flags>): string {
  if (width === null) return text
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text
}

/** Go sorts keys by their bytes, which is the order of code points and not of UTF-16 units. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  const [left, right] = [Array.from(a), Array.from(b)]
  const shared = Math.min(left.length, right.length)
  for (let at = 0; at < shared; at += 1) {
    const difference = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** In the order in which Go prints and ranges over maps: text by its bytes, then what is none by its size. */
export function sortedEntries(map: GoMap): readonly (readonly [GoValue, GoValue])[] {
  const entries = [...map].map(([key, value]) => [decodedKey(map, key), value, key] as const)
  const sorted = entries.toSorted(([a, , aText], [b, , bText]) => {
    if (typeof a === 'string' || typeof b === 'string') {
      return typeof a !== typeof b ? (typeof a === 'string' ? -1 : 1) : compareBytes(aText, bText)
    }
    return Number(a) - Number(b)
  })
  return sorted.map(([key, value]) => [key, value])
}
