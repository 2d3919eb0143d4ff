import { quoted } from '../template/quote.ts'

const blank = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const blanks = new RegExp(`^${blank}+|${blank}+$`, 'g')
const decimal = /^[+-]?(?:\d[\d_]*\.?[\d_]*|\.[\d_]*\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?$/
const hexadecimal = /^([+-]?)0[xX]([\da-fA-F_]*)\.?([\da-fA-F_]*)[pP]([+-]?\d[\d_]*)$/

/** `strconv.ParseFloat(strings.TrimSpace(text), 64)`: the value (also where it is out of range), or why it is no number, in Go's words. */
export function parseFloat64(text: string): { readonly value: number; readonly error: string | null } {
  const trimmed = text.replace(blanks, '')
  const value = special(trimmed) ?? finite(trimmed)
  if (value === null) return { value: 0, error: refused(trimmed, 'invalid syntax') }
  const isOutOfRange = !Number.isFinite(value) && special(trimmed) === null
  return { value, error: isOutOfRange ? refused(trimmed, 'value out of range') : null }
}

function refused(text: string, why: string): string {
  return `strconv.ParseFloat: parsing ${quoted(text)}: ${why}`
}

function special(text: string): number | null {
  const match = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (match === null) return null
  if (match[2]?.toLowerCase() === 'nan') return match[1] === '' ? NaN : null
  return match[1] === '-' ? -Infinity : Infinity
}

function finite(text: string): number | null {
  if (text.includes('_') && !isUnderscoreRight(text)) return null
  if (decimal.test(text)) return Number(text.replaceAll('_', ''))
  const match = hexadecimal.exec(text)
  return match === null ? null : fromHexadecimal(match)
}

/** Underscores stand between digits, or between the prefix and a digit. */
function isUnderscoreRight(text: string): boolean {
  const number = text.replace(/^[+-]/, '')
  const digit = /^0[xX]/.test(number) ? '[\\da-fA-F]' : '\\d'
  return !new RegExp(`(?<!${digit}|^0[xX])_|_(?!${digit})`).test(number)
}

function fromHexadecimal([, sign, whole = '', rest = '', power = '']: RegExpExecArray): number | null {
  const digits = (whole + rest).replaceAll('_', '')
  if (digits === '') return null
  const exponent = Number(power.replaceAll('_', '')) - 4 * rest.replaceAll('_', '').length
  const value = scaled(BigInt(`0x${digits}`), exponent)
  return sign === '-' ? -value : value
}

/** mantissa × 2^exponent, rounded once. */
function scaled(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0
  if (exponent > 2000) return Infinity
  if (exponent < -200_000) return 0
  if (exponent >= 0) return Number(mantissa << BigInt(exponent))
  // 2^1200 keeps every bit of a float64; what is cut below only breaks ties.
  const shift = BigInt(-exponent)
  const cut = shift > 1200n ? shift - 1200n : 0n
  const kept = mantissa >> cut
  const sticky = kept << cut === mantissa ? 0n : 1n
  return divided(kept * 2n + sticky, Number(shift - cut) + 1)
}

function divided(numerator: bigint, power: number): number {
  const bits = numerator.toString(2).length
  // Bits below the least subnormal (2^-1074) cannot show: round there, or at 53 bits.
  const drop = Math.max(bits - 53, power - 1074, 0)
  if (drop > bits + 1) return 0
  const half = drop === 0 ? 0n : 1n << BigInt(drop - 1)
  const mask = (1n << BigInt(drop)) - 1n
  const low = numerator & mask
  let high = numerator >> BigInt(drop)
  if (drop > 0 && (low > half || (low === half && (high & 1n) === 1n))) high += 1n
  return power - drop > 1074 ? 0 : times(Number(high), drop - power)
}

/** Two steps, because 2^-1074 itself has no reciprocal in a float64. */
function times(value: number, power: number): number {
  const first = Math.trunc(power / 2)
  return value * 2 ** first * 2 ** (power - first)
}
