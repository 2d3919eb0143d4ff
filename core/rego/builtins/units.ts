import { multiply, toBinary } from '../binary.ts'
import { fromExact, fromInteger, type Numeric, parseNumeric, toExact } from '../number.ts'
import { BuiltinError, type BuiltinFunction, string } from './builtin.ts'

/** `100Mi`, `1.5G`, `200m` (thousandths). Only after the first letter does case not matter. */
export const parse: BuiltinFunction = (operands) => {
  const { amount, unit } = parted(string(operands, 0).replaceAll('"', ''), 'units.parse')
  const spelled = unit.slice(0, 1) + unit.slice(1).toLowerCase()
  const [factor, power] = spelled === 'm' ? [1n, -3] : [quantities.get(spelled), 0]
  if (factor === undefined) throw new BuiltinError(`unit ${unit.slice(0, 60)} not recognized`)
  const { coefficient, exponent } = toExact(amount)
  return tenDigits(coefficient * factor, exponent + power)
}

/** `10KB`, `1.5MiB` as whole bytes; case does not matter. */
export const parseBytes: BuiltinFunction = (operands) => {
  const { amount, unit } = parted(string(operands, 0).replaceAll('"', '').toLowerCase(), 'units.parse_bytes')
  const factor = byteUnits.get(unit)
  if (factor === undefined) throw new BuiltinError(`byte unit ${unit.slice(0, 60)} not recognized`)
  // In floating point, as OPA does: 0.001m is 999 bytes.
  const { mantissa, exponent } = multiply(toBinary(amount), toBinary(fromInteger(factor)))
  return fromInteger(exponent < 0 ? mantissa / 2n ** BigInt(-exponent) : mantissa << BigInt(exponent))
}

const AMOUNT = /^(?:[\d.+-]|[eE](?=[\d+-]))*/
const MAX_EXPONENT_DIGITS = 6

function parted(text: string, name: string): { readonly amount: Numeric; readonly unit: string } {
  if (text.includes(' ')) throw new BuiltinError(`spaces not allowed in resource strings`)
  const digits = AMOUNT.exec(text)?.[0] ?? ''
  if (digits === '') throw new BuiltinError(`no ${name === 'units.parse' ? '' : 'byte '}amount provided`)
  const exponent = /[eE][+-]?(\d*)/.exec(digits)?.[1] ?? ''
  if (exponent.length > MAX_EXPONENT_DIGITS) throw new BuiltinError(`exponent too large`)
  const normal = digits.replace(/^([+-]?)\./, '$10.').replace(/\.(?=[eE]|$)/, '')
  const amount = parseNumeric(normal)
  if (amount === null) throw new BuiltinError(`could not parse ${name === 'units.parse' ? '' : 'byte '}amount to a number`)
  return { amount, unit: text.slice(digits.length) }
}

/** OPA keeps ten digits after the point, the last one rounded half away from zero. */
function tenDigits(coefficient: bigint, exponent: number): Numeric {
  if (exponent >= -10) return fromExact(coefficient, exponent)
  const unit = 10n ** BigInt(-10 - exponent)
  const half = coefficient < 0n ? -unit / 2n : unit / 2n
  return fromExact((coefficient + half) / unit, -10)
}

const quantities = new Map<string, bigint>([['', 1n]])
const byteUnits = new Map<string, bigint>([['', 1n]])
for (const [i, letter] of ['k', 'm', 'g', 't', 'p', 'e'].entries()) {
  const [decimal, binary] = [1000n ** BigInt(i + 1), 1024n ** BigInt(i + 1)]
  for (const unit of [letter, `${letter}b`]) byteUnits.set(unit, decimal)
  for (const unit of [`${letter}i`, `${letter}ib`]) byteUnits.set(unit, binary)
  // A small `m` alone is a thousandth.
  for (const first of letter === 'm' ? ['M'] : [letter, letter.toUpperCase()]) quantities.set(first, decimal)
  for (const first of [letter, letter.toUpperCase()]) quantities.set(`${first}i`, binary)
}
