import { fromExact, toExact, type Numeric } from './number.ts'

/**
 * OPA's arithmetic on fractions: binary floating point with 64 significant bits (Go's `big.Float`), rounded to nearest, ties to
 * even; each result is then spelled with as few digits as identify it. So 0.1 + 0.2 is 0.3 and 1/3 * 3 is 1, as in OPA, and not
 * what doubles give. `mantissa * 2^exponent`; the mantissa is 0 or has exactly as many bits as the precision.
 */
export type Binary = { readonly mantissa: bigint; readonly exponent: number }

const PRECISION = 64

export function toBinary(value: Numeric): Binary {
  const { coefficient, exponent } = toExact(value)
  const power = 10n ** BigInt(Math.abs(exponent))
  return exponent < 0 ? quotient(coefficient, power, PRECISION) : rounded(coefficient * power, 0, PRECISION)
}

export function add(a: Binary, b: Binary): Binary {
  const exponent = Math.min(a.exponent, b.exponent)
  const sum = (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent))
  return rounded(sum, exponent, PRECISION)
}

export function subtract(a: Binary, b: Binary): Binary {
  return add(a, { mantissa: -b.mantissa, exponent: b.exponent })
}

/** `product` of OPA multiplies with 53 bits, the operator with 64. */
export function multiply(a: Binary, b: Binary, precision: number = PRECISION): Binary {
  return rounded(a.mantissa * b.mantissa, a.exponent + b.exponent, precision)
}

/** The divisor is not zero. */
export function divide(a: Binary, b: Binary): Binary {
  const { mantissa, exponent } = quotient(a.mantissa, b.mantissa, PRECISION)
  return { mantissa, exponent: mantissa === 0n ? 0 : exponent + a.exponent - b.exponent }
}

/** The decimal number with the fewest digits that reads back as this one. */
export function fromBinary({ mantissa, exponent }: Binary): Numeric {
  if (mantissa === 0n) return 0
  const [magnitude, sign] = mantissa < 0n ? [-mantissa, -1n] : [mantissa, 1n]
  const { coefficient, power } = shortest(magnitude, exponent)
  return fromExact(sign * coefficient, power)
}

function rounded(value: bigint, exponent: number, precision: number): Binary {
  if (value === 0n) return { mantissa: 0n, exponent: 0 }
  const magnitude = value < 0n ? -value : value
  const excess = bits(magnitude) - precision
  const [mantissa, shift] =
    excess > 0 ? [roundedShift(magnitude, BigInt(excess), false), excess] : [magnitude << BigInt(-excess), excess]
  // Rounding up may carry into one bit more: 0b111.1 becomes 0b1000.
  const carried = bits(mantissa) > precision
  const normal = carried ? mantissa >> 1n : mantissa
  return { mantissa: value < 0n ? -normal : normal, exponent: exponent + shift + (carried ? 1 : 0) }
}

/** `sticky`: the value has more bits below those given, so that an apparent tie lies above the middle. */
function roundedShift(value: bigint, shift: bigint, sticky: boolean): bigint {
  const floor = value >> shift
  const rest = value - (floor << shift)
  const half = 1n << (shift - 1n)
  const up = rest > half || (rest === half && (sticky || (floor & 1n) === 1n))
  return up ? floor + 1n : floor
}

function quotient(dividend: bigint, divisor: bigint, precision: number): Binary {
  if (dividend === 0n) return { mantissa: 0n, exponent: 0 }
  const negative = dividend < 0n !== divisor < 0n
  const [a, b] = [dividend < 0n ? -dividend : dividend, divisor < 0n ? -divisor : divisor]
  // Two bits more than the precision, and a third that says whether anything follows: enough to round once.
  const shift = Math.max(0, precision + 2 - (bits(a) - bits(b)))
  const shifted = a << BigInt(shift)
  const floor = shifted / b
  const result = rounded((floor << 1n) | (floor * b === shifted ? 0n : 1n), -shift - 1, precision)
  return negative ? { mantissa: -result.mantissa, exponent: result.exponent } : result
}

function bits(value: bigint): number {
  const hex = value.toString(16)
  return hex.length * 4 - Math.clz32(Number.parseInt(hex.slice(0, 1), 16)) + 28
}

type Digits = { readonly coefficient: bigint; readonly power: number }

/** Tries 1, 2, 3 … digits until the decimal lies nearer to the number than to its neighbours. */
function shortest(mantissa: bigint, exponent: number): Digits {
  // Everything times 4 (a neighbour is half an ulp away, below a power of two a quarter) and over a common denominator.
  const scale = exponent < 0 ? 1n << BigInt(-exponent) : 1n
  const value = exponent < 0 ? mantissa * 4n : (mantissa * 4n) << BigInt(exponent)
  const ulp = exponent < 0 ? 4n : 4n << BigInt(exponent)
  const isPowerOfTwo = (mantissa & (mantissa - 1n)) === 0n
  const [low, high] = [value - (isPowerOfTwo ? ulp / 4n : ulp / 2n), value + ulp / 2n]
  const inclusive = (mantissa & 1n) === 0n
  const denominator = scale * 4n

  const leading = decimalMagnitude(value, denominator)
  for (let power = leading; ; power--) {
    const [scaledUnit, factor] = power >= 0 ? [denominator * 10n ** BigInt(power), 1n] : [denominator, 10n ** BigInt(-power)]
    const down = (value * factor) / scaledUnit
    const [exactDown, exactUp] = [down * scaledUnit, (down + 1n) * scaledUnit]
    const downFits = inclusive ? exactDown >= low * factor : exactDown > low * factor
    const upFits = inclusive ? exactUp <= high * factor : exactUp < high * factor
    if (!downFits && !upFits) continue
    const nearerUp = exactUp + exactDown - 2n * value * factor
    const takesUp = nearerUp < 0n || (nearerUp === 0n && (down & 1n) === 1n)
    return { coefficient: upFits && (!downFits || takesUp) ? down + 1n : down, power }
  }
}

/** The power of ten of the leading digit, or one more: a leading zero costs the loop above one round. */
function decimalMagnitude(value: bigint, denominator: bigint): number {
  return Math.ceil((bits(value) - bits(denominator) + 1) * Math.LOG10E * Math.LN2)
}
