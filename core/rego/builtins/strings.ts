import { RegoSet } from '../collection.ts'
import { Decimal, toInteger } from '../number.ts'
import type { Value } from '../value.ts'
import {
  any,
  BuiltinError,
  type BuiltinFunction,
  entries,
  integer,
  kindError,
  numeric,
  object,
  operandError,
  type Operands,
  string,
  strings,
  Unsupported,
} from './builtin.ts'
import { codePoints, IS_ASCII, toLower, toUpper } from './letters.ts'
import { termText } from './term-text.ts'
import { fits, room } from './text-limit.ts'

export const concat: BuiltinFunction = (operands, run) => {
  const [delimiter, parts] = [string(operands, 0), strings(operands, 1)]
  room(run, parts.reduce((total, part) => total + part.length, 0) + delimiter.length * parts.length)
  return parts.join(delimiter)
}

export const contains: BuiltinFunction = (operands) => string(operands, 0).includes(string(operands, 1))
export const startsWith: BuiltinFunction = (operands) => string(operands, 0).startsWith(string(operands, 1))
export const endsWith: BuiltinFunction = (operands) => string(operands, 0).endsWith(string(operands, 1))

export const anyPrefix: BuiltinFunction = (operands, run) =>
  anyAffix(operands, (text, affix) => text.startsWith(affix), run.spend.bind(run))
export const anySuffix: BuiltinFunction = (operands, run) =>
  anyAffix(operands, (text, affix) => text.endsWith(affix), run.spend.bind(run))

function anyAffix(
  operands: Operands,
  matches: (text: string, affix: string) => boolean,
  spend: (steps: number) => void,
): boolean {
  const [texts, affixes] = [oneOrMany(operands, 0), oneOrMany(operands, 1)]
  spend(texts.length * affixes.length)
  return texts.some((text) => affixes.some((affix) => matches(text, affix)))
}

function oneOrMany(operands: Operands, position: number): readonly string[] {
  const value = any(operands, position)
  return typeof value === 'string' ? [value] : strings(operands, position, 'string', 'set', 'array')
}

export const lower: BuiltinFunction = (operands) => toLower(string(operands, 0))
export const upper: BuiltinFunction = (operands) => toUpper(string(operands, 0))

function length(text: string): number {
  return codePoints(text).length
}

/** In code points; -1 when it is not there. */
export const indexOf: BuiltinFunction = (operands) => {
  const [text, wanted] = [string(operands, 0), nonEmpty(operands, 1)]
  const at = text.indexOf(wanted)
  return at < 0 ? -1 : length(text.slice(0, at))
}

/** All places, overlapping ones too. */
export const indexOfN: BuiltinFunction = (operands, run) => {
  const [text, wanted] = [string(operands, 0), nonEmpty(operands, 1)]
  const found: number[] = []
  let [from, points] = [0, 0]
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    run.spend(1)
    points += length(text.slice(from, at))
    found.push(points)
    from = at
  }
  return found
}

function nonEmpty(operands: Operands, position: number): string {
  const text = string(operands, position)
  if (text === '') throw new BuiltinError('empty search character')
  return text
}

/** A negative length means: to the end. */
export const substring: BuiltinFunction = (operands) => {
  const [text, offset, size] = [string(operands, 0), integer(operands, 1), integer(operands, 2)]
  if (offset < 0) throw new BuiltinError('negative offset')
  const points = codePoints(text)
  return points.slice(offset, size < 0 ? undefined : Math.min(points.length, offset + size)).join('')
}

export const count: BuiltinFunction = (operands) => {
  const [text, wanted] = [string(operands, 0), string(operands, 1)]
  return wanted === '' ? length(text) + 1 : text.split(wanted).length - 1
}

/** An empty delimiter splits into code points. */
export const split: BuiltinFunction = (operands) => parted(string(operands, 0), string(operands, 1))

function parted(text: string, delimiter: string): readonly string[] {
  return delimiter === '' && text !== '' ? codePoints(text) : text.split(delimiter)
}

/** The first n parts; the last ones when n is negative. */
export const splitN: BuiltinFunction = (operands) => {
  const [parts, limit] = [parted(string(operands, 0), string(operands, 1)), integer(operands, 2)]
  return limit >= 0 ? parts.slice(0, limit) : parts.slice(limit)
}

export const replace: BuiltinFunction = (operands, run) => {
  const [text, old, fresh] = [string(operands, 0), string(operands, 1), string(operands, 2)]
  const parts = old === '' ? ['', ...codePoints(ascii(text)), ''] : text.split(old)
  room(run, text.length + fresh.length * parts.length)
  return parts.join(fresh)
}

/** OPA puts the replacement of an empty pattern between bytes; where characters have several that cuts them apart. */
function ascii(text: string): string {
  if (!IS_ASCII.test(text)) throw new Unsupported('an empty pattern, which would cut characters beyond ASCII apart')
  return text
}

/** All patterns at once, from left to right; what was replaced is not looked at again. */
export const replaceN: BuiltinFunction = (operands, run) => {
  const [patterns, text] = [pairs(operands, run), string(operands, 1)]
  if (patterns.some(([old]) => old === '')) ascii(text)
  let result = ''
  let afterEmpty = false
  for (let at = 0; at <= text.length;) {
    run.spend(patterns.length)
    const hit = patterns.find(([old]) => (old !== '' || !afterEmpty) && text.startsWith(old, at))
    afterEmpty = hit?.[0] === ''
    const letter = hit ? hit[0] : String.fromCodePoint(text.codePointAt(at) ?? 0)
    result += hit ? hit[1] : text.slice(at, at + letter.length)
    fits(result.length)
    at += letter.length
  }
  room(run, result.length)
  return result
}

function pairs(operands: Operands, run: Parameters<BuiltinFunction>[1]): readonly (readonly [string, string])[] {
  return entries(object(operands, 0), run).map(([key, value]) => {
    if (typeof key !== 'string') throw operandError(0, 'non-string key found in pattern object')
    if (typeof value !== 'string') throw operandError(0, 'non-string value found in pattern object')
    return [key, value] as const
  })
}

export const trim: BuiltinFunction = (operands) => trimmed(operands, true, true)
export const trimLeft: BuiltinFunction = (operands) => trimmed(operands, true, false)
export const trimRight: BuiltinFunction = (operands) => trimmed(operands, false, true)
/** Exactly Go's white space, which is Unicode's, not JavaScript's: no byte order mark, but U+0085. */
export const trimSpace: BuiltinFunction = (operands) => trimmed([string(operands, 0), WHITE_SPACE], true, true)
const WHITE_SPACE =
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'

function trimmed(operands: Operands, atStart: boolean, atEnd: boolean): string {
  const [points, cut] = [codePoints(string(operands, 0)), new Set(string(operands, 1))]
  let [start, end] = [0, points.length]
  if (atStart) while (start < end && cut.has(points[start] ?? '')) start++
  if (atEnd) while (end > start && cut.has(points[end - 1] ?? '')) end--
  return points.slice(start, end).join('')
}

export const trimPrefix: BuiltinFunction = (operands) => {
  const [text, prefix] = [string(operands, 0), string(operands, 1)]
  return text.startsWith(prefix) ? text.slice(prefix.length) : text
}

export const trimSuffix: BuiltinFunction = (operands) => {
  const [text, suffix] = [string(operands, 0), string(operands, 1)]
  return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text
}

export const reverse: BuiltinFunction = (operands) => codePoints(string(operands, 0)).toReversed().join('')

/** A fraction is cut towards zero. */
export const formatInt: BuiltinFunction = (operands) => {
  const [value, base] = [numeric(operands, 0), numeric(operands, 1)]
  if (base !== 2 && base !== 8 && base !== 10 && base !== 16) throw operandError(1, 'must be one of {2, 8, 10, 16}')
  const whole = toInteger(value)
  if (whole !== null) return whole.toString(base)
  if (value instanceof Decimal && value.exponent < 0) return (value.coefficient / 10n ** BigInt(-value.exponent)).toString(base)
  return BigInt(Math.trunc(Number(value))).toString(base)
}

/** What `$"…{expression}…"` becomes: each part a scalar, or a set of at most one value; the empty one reads `<undefined>`. */
export const template: BuiltinFunction = (operands, run) => {
  const parts = any(operands, 0)
  if (!Array.isArray(parts)) throw kindError(operands, 0, 'array')
  const text = parts.map((part: Value) => templatePart(part, run)).join('')
  room(run, text.length)
  return text
}

function templatePart(part: Value, run: Parameters<BuiltinFunction>[1]): string {
  if (!(part instanceof RegoSet)) return shown(part, run)
  const [only = '<undefined>', another] = part.values()
  if (another !== undefined) throw new BuiltinError('template-strings must not produce multiple outputs')
  return shown(only, run)
}

function shown(value: Value, run: Parameters<BuiltinFunction>[1]): string {
  return typeof value === 'string' ? value : termText(value, run)
}
