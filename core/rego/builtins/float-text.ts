/** Go's %f, %e and %g of a finite double that is not negative: exact digits, ties to even. */

/** `digits` after the point. */
export function fixed(value: number, digits: number): string {
  const scaled = roundedTo(value, -digits)
  const text = String(scaled).padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** One digit before the point, `digits` after it, at least two in the exponent. */
export function scientific(value: number, digits: number): string {
  const { text, exponent } = significant(value, digits + 1)
  const mantissa = digits === 0 ? text : `${text.slice(0, 1)}.${text.slice(1)}`
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** The shortest digits, or `precision` of them without trailing zeros; with an exponent where Go's %g writes one. */
export function general(value: number, precision: number | null): string {
  if (value === 0) return '0'
  const most = Math.max(1, precision ?? 1)
  const { text, exponent } = precision === null ? shortest(value) : significant(value, most)
  const digits = text.replace(/0+$/, '')
  const enough = most > digits.length && digits.length > exponent ? digits.length : most
  const from = precision === null ? SHORTEST_EXPONENT : enough
  if (exponent < -4 || exponent >= from) {
    const mantissa = digits.length > 1 ? `${digits.slice(0, 1)}.${digits.slice(1)}` : digits
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const rest = digits.slice(exponent + 1)
  return rest === '' ? whole : `${whole}.${rest}`
}

/** Go decides as if six digits had been asked for. */
const SHORTEST_EXPONENT = 6

type Digits = { readonly text: string; readonly exponent: number }

function shortest(value: number): Digits {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  return { text: mantissa.replace('.', ''), exponent: Number(exponent) }
}

function significant(value: number, count: number): Digits {
  if (value === 0) return { text: '0'.repeat(count), exponent: 0 }
  const exponent = shortest(value).exponent
  const text = String(roundedTo(value, exponent - count + 1))
  // 9.99 with two digits is 10: one digit more, one power up.
  return text.length > count ? { text: text.slice(0, count), exponent: exponent + 1 } : { text, exponent }
}

/** The value divided by 10^power, rounded to an integer: of the exact binary value, not of its decimal spelling. */
function roundedTo(value: number, power: number): bigint {
  const { mantissa, exponent } = bitsOf(value)
  const numerator = mantissa * 2n ** BigInt(Math.max(0, exponent)) * 10n ** BigInt(Math.max(0, -power))
  const denominator = 2n ** BigInt(Math.max(0, -exponent)) * 10n ** BigInt(Math.max(0, power))
  const floor = numerator / denominator
  const twiceRest = 2n * (numerator - floor * denominator)
  const up = twiceRest > denominator || (twiceRest === denominator && (floor & 1n) === 1n)
  return up ? floor + 1n : floor
}

/** `mantissa * 2^exponent`, exactly. */
function bitsOf(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const biased = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 }
}
