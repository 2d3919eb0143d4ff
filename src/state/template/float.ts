import { exactDecimal, partsOf, roundedTo, shortestDecimal, type Decimal } from './decimal.ts'

export type FloatVerb = 'e' | 'E' | 'f' | 'g' | 'G' | 'x' | 'X' | 'b'

/** A float64 as Go's `strconv.FormatFloat(value, verb, precision, 64)` writes it; precision -1: as few digits as name it. */
export function formatFloat(value: number, verb: FloatVerb, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  return sign + magnitude(value, verb, precision)
}

function magnitude(value: number, verb: FloatVerb, precision: number): string {
  switch (verb) {
    case 'b':
      return binary(value)
    case 'x':
    case 'X':
      return hexadecimal(value, precision, verb)
    case 'f':
      return fixed(value, precision)
    case 'e':
    case 'E':
      return scientific(decimalOf(value, precision < 0 ? -1 : precision + 1), precision, verb)
    default:
      return general(value, precision, verb)
  }
}

function decimalOf(value: number, digits: number): Decimal {
  return digits < 0 ? shortestDecimal(value) : roundedTo(exactDecimal(value), digits)
}

function fixed(value: number, precision: number): string {
  const exact = precision < 0 ? shortestDecimal(value) : exactDecimal(value)
  const { digits, point } = precision < 0 ? exact : roundedTo(exact, exact.point + precision)
  const places = precision < 0 ? Math.max(digits.length - point, 0) : precision
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  if (places === 0) return whole
  const leading = point < 0 ? '0'.repeat(Math.min(-point, places)) : ''
  return `${whole}.${(leading + digits.slice(Math.max(point, 0))).padEnd(places, '0')}`
}

function scientific({ digits, point }: Decimal, precision: number, verb: 'e' | 'E'): string {
  const rest = digits.slice(1).padEnd(Math.max(precision, 0), '0')
  const exponent = digits === '' ? 0 : point - 1
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits[0] ?? '0'}${rest === '' ? '' : `.${rest}`}${verb}${exponent < 0 ? '-' : '+'}${size}`
}

/** `%e` where the exponent is below -4 or not below the precision (6 for the shortest form), else `%f`. */
function general(value: number, precision: number, verb: 'g' | 'G'): string {
  const decimal = decimalOf(value, precision < 0 ? -1 : Math.max(precision, 1))
  const { digits, point } = decimal
  let limit = precision < 0 ? 6 : Math.max(precision, 1)
  if (limit > digits.length && digits.length >= point) limit = digits.length
  if (precision < 0) limit = 6
  const exponent = digits === '' ? -1 : point - 1
  if (exponent < -4 || exponent >= limit) return scientific(decimal, digits.length - 1, verb === 'g' ? 'e' : 'E')
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  const rest = (point < 0 ? '0'.repeat(-point) : '') + digits.slice(Math.max(point, 0))
  return rest === '' ? whole : `${whole}.${rest}`
}

function binary(value: number): string {
  const { mantissa, exponent } = partsOf(value)
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`
}

function hexadecimal(value: number, precision: number, verb: 'x' | 'X'): string {
  let { mantissa, exponent } = partsOf(value)
  exponent += 52
  if (mantissa === 0n) exponent = 0
  while (mantissa !== 0n && mantissa < 1n << 52n) {
    mantissa <<= 1n
    exponent -= 1
  }
  // One digit before the point and 13 behind it; half to even where fewer are asked for.
  if (precision >= 0 && precision < 13) {
    const cut = BigInt((13 - precision) * 4)
    const half = 1n << (cut - 1n)
    const rest = mantissa & ((1n << cut) - 1n)
    mantissa >>= cut
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n
    mantissa <<= cut
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n
      exponent += 1
    }
  }
  const all = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, '0')
  const rest = precision < 0 ? all.replace(/0+$/, '') : all.slice(0, precision).padEnd(precision, '0')
  const text = `0x${mantissa >> 52n}${rest === '' ? '' : `.${rest}`}p${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  return verb === 'x' ? text : text.toUpperCase()
}
