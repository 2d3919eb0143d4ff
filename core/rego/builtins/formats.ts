import { utf8 } from '../../proof/bytes.ts'
import type { Run } from '../machine.ts'
import { Decimal, isNumeric, Spelled, toDouble } from '../number.ts'
import type { Value } from '../value.ts'
import { array, type BuiltinFunction, string, Unsupported } from './builtin.ts'
import { fixed, general, scientific } from './float-text.ts'
import { codePoints } from './letters.ts'
import { quoted, termText } from './term-text.ts'
import { fits, room } from './text-limit.ts'

/** Go's verbs with flags, width and precision. A wrong verb shows in the text (`%!d(string=x)`), as in Go; it is not an error. */
export const sprintf: BuiltinFunction = (operands, run) => {
  const [format, values] = [string(operands, 0), array(operands, 1)]
  const state: State = { args: values.map((value) => argumentOf(value, run)), next: 0, reordered: false }
  let result = ''
  let at = 0
  for (const hit of format.matchAll(VERB)) {
    result += format.slice(at, hit.index) + substituted(hit, state)
    fits(result.length)
    at = hit.index + hit[0].length
  }
  result += format.slice(at)
  room(run, result.length)
  const unused = state.args.slice(state.next)
  return state.reordered || unused.length === 0 ? result : `${result}%!(EXTRA ${unused.map(described).join(', ')})`
}

/** As the Go program sees it: integers as integers, fractions as doubles, everything composite as its text. */
type Argument = bigint | number | string
type State = { readonly args: readonly Argument[]; next: number; reordered: boolean }
type Spec = { readonly flags: string; readonly width: number; readonly precision: number | null; readonly verb: string }

// The index stands before the verb, the only place where it is of use.
const VERB = /%([-+# 0]*)(?:(\d+)|(\*))?(?:(\.)(?:(\d+)|(\*))?)?(?:\[(\d+)\])?(.)?/gsu
/** Go's own limit for a width. */
const MAX_WIDTH = 1_000_000

function argumentOf(value: Value, run: Run): Argument {
  if (typeof value === 'string') return value
  if (!isNumeric(value)) return termText(value, run)
  if (typeof value === 'bigint') return value
  // Go reads a number with a point or an exponent as a fraction, whatever its value.
  if (value instanceof Spelled) return /[.eE]/.test(value.text) ? toDouble(value) : argumentOf(value.plain, run)
  return value instanceof Decimal || !Number.isInteger(value) ? toDouble(value) : BigInt(value)
}

function substituted(hit: RegExpExecArray, state: State): string {
  const [, flags = '', digits, starWidth, point, precisionDigits, starPrecision, index, verb] = hit
  if (verb === undefined) return '%!(NOVERB)'
  if (verb === '%') return '%'
  const width = starWidth ? measure(taken(state)) : Number(digits ?? 0)
  const precision = starPrecision ? measure(taken(state)) : point ? Number(precisionDigits ?? 0) : null
  const badWidth = width === null || Math.abs(width) > MAX_WIDTH
  const badPrecision = (starPrecision && precision === null) || (precision ?? 0) < 0 || (precision ?? 0) > MAX_WIDTH
  const complaint = (badWidth ? '%!(BADWIDTH)' : '') + (badPrecision ? '%!(BADPREC)' : '')
  if (index !== undefined) {
    state.reordered = true
    state.next = Number(index) - 1
    if (state.next < 0 || state.next >= state.args.length) return `${complaint}%!${verb}(BADINDEX)`
  }
  const arg = taken(state)
  if (arg === undefined) return `${complaint}%!${verb}(MISSING)`
  const spec = {
    flags: (width ?? 0) < 0 ? `-${flags}` : flags,
    width: badWidth ? 0 : Math.abs(width),
    precision: badPrecision ? null : precision,
    verb,
  }
  return complaint + formatted(arg, spec)
}

/** A width or precision taken from the arguments; null: it is no integer. */
function measure(arg: Argument | undefined): number | null {
  return typeof arg === 'bigint' && BigInt.asIntN(31, arg) === arg ? Number(arg) : null
}

function taken(state: State): Argument | undefined {
  return state.args[state.next++]
}

function formatted(arg: Argument, spec: Spec): string {
  if (typeof arg === 'string') return formattedString(arg, spec)
  const text = typeof arg === 'bigint' ? integerText(arg, spec) : floatText(arg, spec)
  return text === null ? wrongVerb(arg, spec) : padded(text, typeof arg === 'number' ? { ...spec, precision: null } : spec, true)
}

function wrongVerb(arg: Argument, spec: Spec): string {
  const value = isBig(arg)
    ? String(arg)
    : formatted(arg, {
        ...spec,
        flags: withoutMark(arg, spec.flags),
        verb: typeof arg === 'string' ? 's' : typeof arg === 'bigint' ? 'd' : 'g',
      })
  return `%!${spec.verb}(${typeName(arg)}=${value})`
}

function withoutMark(arg: Argument, flags: string): string {
  return typeof arg === 'number' ? flags : flags.replaceAll('#', '')
}

function isBig(arg: Argument): boolean {
  return typeof arg === 'bigint' && BigInt.asIntN(64, arg) !== arg
}

function typeName(arg: Argument): string {
  if (typeof arg === 'string') return 'string'
  if (typeof arg === 'number') return 'float64'
  return isBig(arg) ? 'big.Int' : 'int64'
}

function formattedString(arg: string, spec: Spec): string {
  const cut = spec.precision === null ? arg : codePoints(arg).slice(0, spec.precision).join('')
  switch (spec.verb) {
    case 's':
    case 'v':
      return padded(spec.flags.includes('#') && spec.verb === 'v' ? quoted(cut) : cut, spec, false)
    case 'q':
      return padded(quoted(cut, spec.flags.includes('+')), spec, false)
    case 'x':
    case 'X':
      return padded(hexText(arg, spec), spec, false)
    case 'T':
      return padded('string', spec, false)
    default:
      return wrongVerb(arg, spec)
  }
}

/** The bytes: with ` ` set apart, with `#` marked as hex. */
function hexText(text: string, { flags, precision, verb }: Spec): string {
  const bytes = utf8(text).subarray(0, precision ?? undefined)
  const mark = flags.includes('#') ? '0x' : ''
  const parts = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
  const hex = flags.includes(' ') ? parts.map((part) => mark + part).join(' ') : parts.length > 0 ? mark + parts.join('') : ''
  return verb === 'x' ? hex : hex.toUpperCase()
}

/** Null: the verb does not fit. A number too large for Go's int64 is a big.Int there, which also prints under %s. */
function integerText(arg: bigint, { flags, precision, verb }: Spec): string | null {
  const based = (base: number, prefix: string): string => {
    if (precision === 0 && arg === 0n) return ''
    const magnitude = (arg < 0n ? -arg : arg).toString(base).padStart(precision ?? 1, '0')
    return `${signOf(arg < 0n, flags)}${flags.includes('#') ? prefix : ''}${magnitude}`
  }
  switch (verb) {
    case 'v':
      return integerText(arg, { flags: isBig(arg) ? flags : flags.replaceAll('+', ''), width: 0, precision, verb: 'd' })
    case 'd':
      return based(10, '')
    case 's':
      return isBig(arg) ? based(10, '') : null
    case 'b':
      return based(2, '0b')
    case 'o':
      return based(8, arg === 0n ? '' : '0')
    case 'O':
      return `${signOf(arg < 0n, flags)}0o${(arg < 0n ? -arg : arg).toString(8)}`
    case 'x':
      return based(16, '0x')
    case 'X':
      return based(16, '0X').toUpperCase()
    case 'c':
    case 'q':
    case 'U':
      return isBig(arg) ? null : codePointText(arg, verb)
    case 'T':
      return isBig(arg) ? '*big.Int' : 'int64'
    default:
      return null
  }
}

function codePointText(arg: bigint, verb: string): string {
  const isPoint = arg >= 0n && arg <= 0x10ffffn
  if (verb === 'U') return `U+${BigInt.asUintN(64, arg).toString(16).toUpperCase().padStart(4, '0')}`
  const letter = isPoint ? String.fromCodePoint(Number(arg)) : '\ufffd'
  return verb === 'c' ? letter : `'${letter === "'" ? "\\'" : quoted(letter).slice(1, -1).replace('\\"', '"')}'`
}

function floatText(arg: number, { flags, precision, verb }: Spec): string | null {
  if (flags.includes('#')) throw new Unsupported('the flag # for a fraction')
  const sign = signOf(arg < 0, verb === 'v' ? flags.replaceAll('+', '') : flags)
  const magnitude = Math.abs(arg)
  switch (verb) {
    case 'v':
    case 'g':
      return sign + general(magnitude, precision)
    case 'G':
      return (sign + general(magnitude, precision)).toUpperCase()
    case 'f':
    case 'F':
      return sign + fixed(magnitude, precision ?? 6)
    case 'e':
      return sign + scientific(magnitude, precision ?? 6)
    case 'E':
      return (sign + scientific(magnitude, precision ?? 6)).toUpperCase()
    case 'T':
      return 'float64'
    case 'b':
    case 'x':
    case 'X':
      throw new Unsupported(`%${verb} of a fraction`)
    default:
      return null
  }
}

function signOf(isNegative: boolean, flags: string): string {
  if (isNegative) return '-'
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
}

/** Zeros go after the sign; an integer with a precision is padded with blanks. */
function padded(text: string, { flags, width, precision }: Spec, isNumber: boolean): string {
  const missing = Math.max(0, width - codePoints(text).length)
  if (flags.includes('-')) return text + ' '.repeat(missing)
  const zeros = flags.includes('0') && (!isNumber || precision === null)
  if (!zeros) return ' '.repeat(missing) + text
  const sign = isNumber ? (/^[+ -]/.exec(text)?.[0] ?? '') : ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}

function described(arg: Argument): string {
  const plain: Spec = { flags: '', width: 0, precision: null, verb: 'v' }
  return isBig(arg) ? `*big.Int=${arg}` : `${typeName(arg)}=${formatted(arg, plain)}`
}
