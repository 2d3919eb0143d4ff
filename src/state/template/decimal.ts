/** The digits of a number without its sign: 0.d₁d₂… × 10^point. No digits: zero. */
export type Decimal = { readonly digits: string; readonly point: number }

/** As many digits as it takes to name this float64 and no other. */
export function shortestDecimal(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 }
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e')
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

/** Every digit of a float64: it is a whole number over a power of two, so they end. */
export function exactDecimal(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 }
  const { mantissa, exponent } = partsOf(value)
  const scale = exponent < 0 ? -exponent : 0
  const whole = exponent < 0 ? mantissa * 5n ** BigInt(scale) : mantissa << BigInt(exponent)
  const text = whole.toString()
  return { digits: text.replace(/0+$/, ''), point: text.length - scale }
}

/** Cut to `count` digits, half to even, as Go and IEEE 754 round. */
export function roundedTo({ digits, point }: Decimal, count: number): Decimal {
  if (count < 0) return { digits: '', point: 0 }
  if (digits.length <= count) return { digits, point }
  const kept = digits.slice(0, count)
  if (!roundsUp(digits, count)) return normal({ digits: kept, point })
  const raised = (BigInt(kept === '' ? '0' : kept) + 1n).toString()
  const isLonger = raised.length > kept.length
  return normal({ digits: raised.padStart(count, '0'), point: isLonger ? point + 1 : point })
}

/** Mantissa and exponent of two: |value| = mantissa × 2^exponent. */
export function partsOf(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const raw = bits.getBigUint64(0)
  const biased = Number((raw >> 52n) & 0x7ffn)
  const fraction = raw & 0xfffffffffffffn
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 }
}

function roundsUp(digits: string, count: number): boolean {
  const next = digits.charCodeAt(count) - 48
  const isHalf = next === 5 && digits.length === count + 1
  if (!isHalf) return next >= 5
  return count > 0 && digits.charCodeAt(count - 1) % 2 === 1
}

function normal({ digits, point }: Decimal): Decimal {
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? { digits: '', point: 0 } : { digits: trimmed, point }
}
