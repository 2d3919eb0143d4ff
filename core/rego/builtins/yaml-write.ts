import { RegoSet } from '../collection.ts'
import { compareStrings, entriesOf } from '../compare.ts'
import { MAX_DEPTH, NestedTooDeep } from '../limits.ts'
import { isNumeric, numberText, type Numeric, toDouble, toInteger } from '../number.ts'
import { isArray, type Value } from '../value.ts'
import { Unsupported } from './builtin.ts'
import { general } from './float-text.ts'
import { jsonText } from './json-text.ts'
import { resolved } from './yaml-scalar.ts'

/**
 * Block YAML as OPA's library writes it: two spaces a level, entries further in than their key, texts of several lines as `|`.
 * @throws Unsupported for characters and keys that are written in ways that are not certain
 */
export function yamlText(value: Value): string {
  const { isBlock, lines } = node(value, 0)
  return `${(isBlock ? lines : lines.map((line, i) => (i === 0 ? line : indented(line)))).join('\n')}\n`
}

/** `isBlock`: stands below its key, each line without the indentation of the level around it. */
type Written = { readonly isBlock: boolean; readonly lines: readonly string[] }

function node(value: Value, depth: number): Written {
  if (depth > MAX_DEPTH) throw new NestedTooDeep()
  if (value === null || typeof value === 'boolean') return inline(String(value))
  if (typeof value === 'string') return text(value)
  if (isNumeric(value)) return inline(numeral(value))
  if (isArray(value) || value instanceof RegoSet) return list(isArray(value) ? value : value.values(), depth)
  const members = new Map(entriesOf(value).map(([key, item]) => [keyName(key), item]))
  if (members.size === 0) return inline('{}')
  const names = [...members.keys()].sort(compareNatural)
  return { isBlock: true, lines: names.flatMap((name) => pair(key(name), node(members.get(name) ?? null, depth + 1))) }
}

function list(items: readonly Value[], depth: number): Written {
  if (items.length === 0) return inline('[]')
  return { isBlock: true, lines: items.flatMap((item) => entry(node(item, depth + 1))) }
}

function inline(line: string): Written {
  return { isBlock: false, lines: [line] }
}

function entry({ isBlock, lines: [first = '', ...rest] }: Written): readonly string[] {
  return [`- ${first}`, ...rest.map((line) => (isBlock || line !== '' ? indented(line) : line))]
}

function pair(name: string, { isBlock, lines }: Written): readonly string[] {
  if (isBlock) return [`${name}:`, ...lines.map(indented)]
  const [first = '', ...rest] = lines
  return [`${name}: ${first}`, ...rest.map(indented)]
}

function indented(line: string): string {
  return line === '' ? '' : `  ${line}`
}

/** Whole numbers of 64 bits in full; any other as Go's `%g` has it. */
function numeral(value: Numeric): string {
  const whole = toInteger(value)
  if (whole !== null && whole >= -(2n ** 63n) && whole < 2n ** 64n && /^-?\d+$/.test(numberText(value))) return String(whole)
  const nearest = toDouble(value)
  if (!Number.isFinite(nearest)) throw new Unsupported('a number beyond the largest double')
  return `${nearest < 0 ? '-' : ''}${general(Math.abs(nearest), null)}`
}

function keyName(key: Value): string {
  return typeof key === 'string' ? key : jsonText(key)
}

function key(name: string): string {
  const isOdd = name === '<<' || name.length > MAX_KEY || name.includes('\n')
  if (isOdd) throw new Unsupported('a YAML key that is long, of several lines or a merge key')
  return text(name).lines.join('')
}
const MAX_KEY = 100

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const UNCERTAIN = /[\0-\x08\v\f\r\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]/
const PAIR = /[\ud800-\udbff][\udc00-\udfff]/g
/** What must be quoted to be no indicator, where it stands first or anywhere. */
const INDICATOR = /^(?:[#,[\]{}&*!|>'"%@`]|[?:](?= |$)|-(?= |$)|---|\.\.\.)|:(?= |$)| #/
const OLD_WORD = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

function text(value: string): Written {
  const bare = value.replaceAll(PAIR, '')
  if (value === '<<' || UNCERTAIN.test(bare)) throw new Unsupported('a text for YAML with unusual characters')
  if (value.includes('\n') && bare.length < value.length) throw new Unsupported('lines for YAML with characters beyond U+FFFF')
  if (value.includes('\n')) return literal(value)
  const isPlain = isText(value) && !OLD_WORD.test(value) && !BASE_60.test(value)
  if (value.includes('\t') || !isPlain || bare.length < value.length) return inline(doubleQuoted(value))
  const isQuoted = INDICATOR.test(value) || value.startsWith(' ') || value.endsWith(' ')
  return inline(isQuoted ? `'${value.replaceAll("'", "''")}'` : value)
}

function isText(value: string): boolean {
  if (/^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|-[0._]*(?:[eE].*)?)$/.test(value)) return value === '-'
  return !isTime(value) && typeof resolved(value) === 'string'
}

/** What the library takes for a point in time it quotes; what only looks a little like one is not certain. */
function isTime(value: string): boolean {
  if (!/^\d{4}-/.test(value)) return false
  if (/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/.test(value)) return true
  if (!/^\d{4}-\d{1,2}-\d/.test(value)) return false
  throw new Unsupported('a text for YAML that looks like a time')
}

function doubleQuoted(value: string): string {
  return `"${value
    .replaceAll(/["\\]/g, (letter) => `\\${letter}`)
    .replaceAll('\t', '\\t')
    .replaceAll(PAIR, codePoint)}"`
}

function codePoint(pair: string): string {
  return `\\U${(pair.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(8, '0')}`
}

/** Lines below `|`; `-`: no line end after the last. */
function literal(value: string): Written {
  if (/^[ \n]|[ \t]\n|\n\n$|[ \t]$|\t/.test(value))
    throw new Unsupported('a text of several lines for YAML with blanks at its edges')
  const ends = value.endsWith('\n')
  return { isBlock: false, lines: [ends ? '|' : '|-', ...(ends ? value.slice(0, -1) : value).split('\n')] }
}

/** As the library sorts keys: numbers in them by value, letters behind other characters. */
function compareNatural(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)]
  let digits = false
  for (let i = 0; i < x.length && i < y.length; i++) {
    const [p = '', q = ''] = [x[i], y[i]]
    if (p === q) {
      digits = isDigit(p)
      continue
    }
    const [isLeft, isRight] = [isLetter(p), isLetter(q)]
    if (isLeft && isRight) return compareStrings(p, q)
    if (isLeft || isRight) return (digits ? isLeft : isRight) ? -1 : 1
    return compareDigits(x, y, i)
  }
  return x.length - y.length
}

function compareDigits(x: readonly string[], y: readonly string[], at: number): number {
  const before = x.slice(0, at)
  const run = before.slice(before.findLastIndex((letter) => !isDigit(letter)) + 1)
  const isInNumber = (x[at] === '0' || y[at] === '0') && run.some((letter) => letter !== '0')
  const [left, right] = [digitsFrom(x, at), digitsFrom(y, at)]
  if (Math.max(left.length, right.length) > MAX_DIGITS) throw new Unsupported('a YAML key with a very long number')
  const difference = Number((isInNumber ? '1' : '0') + left) - Number((isInNumber ? '1' : '0') + right)
  return difference || left.length - right.length || compareStrings(x[at] ?? '', y[at] ?? '')
}
const MAX_DIGITS = 15

function digitsFrom(letters: readonly string[], at: number): string {
  const end = letters.findIndex((letter, i) => i >= at && !isDigit(letter))
  return letters.slice(at, end < 0 ? letters.length : end).join('')
}

function isDigit(letter: string): boolean {
  if (/[0-9]/.test(letter)) return true
  if (/\p{Nd}/u.test(letter)) throw new Unsupported('a YAML key with digits that are not ASCII')
  return false
}

function isLetter(letter: string): boolean {
  return /\p{L}/u.test(letter)
}
