import { CallError } from '../fault.ts'

export type Arithmetic = 'add' | 'subtract' | 'multiply' | 'divide'

/** Digits behind the point of a quotient. */
const divisionPrecision = 16

/** The shortest decimal that names the number: sums of these come out as people write them (0.1 + 0.2 = 0.3). */
export function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value))
    throw new CallError(`Cannot create a Decimal from ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const places = (mantissa.split('.')[1] ?? '').length - Number(exponent)
  return new Decimal(BigInt(digits), places)
}

/** units × 10^-places */
class Decimal {
  readonly #units: bigint
  readonly #places: number

  constructor(units: bigint, places: number) {
    this.#units = places < 0 ? units * 10n ** BigInt(-places) : units
    this.#places = Math.max(places, 0)
  }

  add(other: Decimal): Decimal {
    const places = Math.max(this.#places, other.#places)
    return new Decimal(this.#at(places) + other.#at(places), places)
  }

  subtract(other: Decimal): Decimal {
    const places = Math.max(this.#places, other.#places)
    return new Decimal(this.#at(places) - other.#at(places), places)
  }

  multiply(other: Decimal): Decimal {
    return new Decimal(this.#units * other.#units, this.#places + other.#places)
  }

  /** Rounded half away from zero. */
  divide(other: Decimal): Decimal {
    if (other.#units === 0n) throw new CallError('decimal division by 0')
    const places = Math.max(this.#places, other.#places)
    const [dividend, divisor] = [this.#at(places) * 10n ** BigInt(divisionPrecision), other.#at(places)]
    const quotient = dividend / divisor
    const rest = dividend % divisor
    const isUp = absolute(rest) * 2n >= absolute(divisor)
    const sign = dividend < 0n === divisor < 0n ? 1n : -1n
    return new Decimal(isUp ? quotient + sign : quotient, divisionPrecision)
  }

  toNumber(): number {
    return Number(`${this.#units}e-${this.#places}`)
  }

  #at(places: number): bigint {
    return this.#units * 10n ** BigInt(places - this.#places)
  }
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}
