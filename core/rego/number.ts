/**
 * Numbers as OPA has them: decimal text of any length, computed on with 64 significant bits. Ours, exactly:
 * - a safe integer, and a fraction that is the shortest spelling of a double, is a `number`;
 * - an integer beyond 2^53 is a `bigint`;
 * - any other fraction (1/3 has 20 digits in OPA) is a `Decimal`.
 * - a number that the policy itself spells in another way than we would (1.0, 1e3) is a `Spelled`, which only text shows.
 * A number in input or data is what `JSON.parse` made of it: digits that a double lost were lost before us, and so is its spelling.
 */
export type Numeric = number | bigint | Decimal

/** `coefficient * 10^exponent`, never an integer, coefficient without trailing zeros. */
export class Decimal {
  readonly coefficient: bigint
  readonly exponent: number

  constructor(coefficient: bigint, exponent: number) {
    this.coefficient = coefficient
    this.exponent = exponent
  }
}

/** A number with the text that stands in the policy: the same number as `plain` in every other way. */
export class Spelled extends Decimal {
  readonly text: string
  readonly plain: Numeric
  constructor(text: string, plain: Numeric) {
    const { coefficient, exponent } = toExact(plain)
    super(coefficient, exponent)
    this.text = text
    this.plain = plain
  }
}

/** The number without its spelling. */
export function plainOf(value: Numeric): Numeric {
  return value instanceof Spelled ? value.plain : value
}

/** As `parseNumeric`, but the number remembers a spelling of its own. */
export function parseSpelled(text: string): Numeric | null {
  const plain = parseNumeric(text)
  return plain === null || numberText(plain) === text ? plain : new Spelled(text, plain)
}

/** A number too long to compute on: `1e999999999` is eleven characters and a gigabyte. */
export class NumberTooLarge extends Error {
  override readonly name = 'NumberTooLarge'
}

const MAX_DIGITS = 5000
const NUMERAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

export function isNumeric(value: unknown): value is Numeric {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal
}

/** Null for text that is no number. @throws NumberTooLarge beyond 5,000 digits. */
export function parseNumeric(text: string): Numeric | null {
  if (/^-?\d{1,15}$/.test(text)) return Number(text) + 0
  const exact = parseExact(text)
  return exact && fromExact(exact.coefficient, exact.exponent)
}

function parseExact(text: string): Decimal | null {
  if (text.length > MAX_DIGITS) throw new NumberTooLarge(`a number of more than ${MAX_DIGITS} digits`)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = NUMERAL.exec(text) ?? []
  if (whole === '') return null
  const coefficient = BigInt(whole + fraction)
  return new Decimal(sign === '-' ? -coefficient : coefficient, Number(exponent) - fraction.length)
}

/** The value in its one representation, so that equal numbers are equal as Map keys too. */
export function fromExact(coefficient: bigint, exponent: number): Numeric {
  if (coefficient === 0n) return 0
  if (Math.abs(exponent) > MAX_DIGITS) throw new NumberTooLarge(`a number of more than ${MAX_DIGITS} digits`)
  let [digits, power] = [coefficient, exponent]
  for (; digits % 10n === 0n; digits /= 10n) power++
  if (power >= 0) return fromInteger(digits * 10n ** BigInt(power))
  const nearest = Number(`${digits}e${power}`)
  const spelled = Number.isFinite(nearest) ? parseExact(String(nearest)) : null
  return spelled?.coefficient === digits && spelled.exponent === power ? nearest : new Decimal(digits, power)
}

export function fromInteger(value: bigint): Numeric {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

/** A double as it is spelled: 1e23 is 10^23, not the 99999999999999991611392 of its bits. */
export function toExact(value: Numeric): Decimal {
  if (typeof value === 'bigint') return new Decimal(value, 0)
  if (typeof value !== 'number') return value
  if (Number.isSafeInteger(value)) return new Decimal(BigInt(value), 0)
  const exact = parseExact(String(value))
  if (!exact) throw new NumberTooLarge(`${value} is no number`)
  return exact
}

/** Null for a fraction. */
export function toInteger(value: Numeric): bigint | null {
  if (value instanceof Spelled) return toInteger(value.plain)
  if (typeof value === 'bigint') return value
  if (typeof value !== 'number' || !Number.isInteger(value)) return null
  const { coefficient, exponent } = toExact(value)
  return coefficient * 10n ** BigInt(exponent)
}

/** Null for a fraction and for an integer beyond 2^53. */
export function toSafeInteger(value: unknown): number | null {
  if (value instanceof Spelled) return toSafeInteger(value.plain)
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}

/** Negative, zero or positive: exact, also between representations. */
export function compareNumeric(a: Numeric, b: Numeric): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0
  const [x, y] = [toExact(a), toExact(b)]
  const power = Math.min(x.exponent, y.exponent)
  const difference = scaled(x, power) - scaled(y, power)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

function scaled({ coefficient, exponent }: Decimal, power: number): bigint {
  return coefficient * 10n ** BigInt(exponent - power)
}

/** The nearest double: what leaves the evaluator as JSON. */
export function toDouble(value: Numeric): number {
  if (value instanceof Spelled) return toDouble(value.plain)
  return value instanceof Decimal ? Number(`${value.coefficient}e${value.exponent}`) : Number(value)
}

/** As OPA spells it: integers in full, other numbers in full unless that takes an exponent. */
export function numberText(value: Numeric): string {
  if (value instanceof Spelled) return value.text
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? String(toInteger(value)) : doubleText(value)
  const digits = String(value.coefficient < 0n ? -value.coefficient : value.coefficient)
  const point = digits.length + value.exponent
  const sign = value.coefficient < 0n ? '-' : ''
  if (point < -3 || point > 21) return `${sign}${scientific(digits, point - 1)}`
  return point > 0 ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}` : `${sign}0.${'0'.repeat(-point)}${digits}`
}

function doubleText(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  return power < -4 ? `${mantissa}e-${String(-power).padStart(2, '0')}` : String(value)
}

function scientific(digits: string, power: number): string {
  const mantissa = digits.length > 1 ? `${digits.slice(0, 1)}.${digits.slice(1)}` : digits
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
