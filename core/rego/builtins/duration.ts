import { BuiltinError } from './builtin.ts'

/** Nanoseconds of `1h30m`, `-1.5s`, `2d`: a sign, then numbers with units. @throws BuiltinError beyond 292 years. */
export function parseDuration(text: string): bigint {
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (body === '0') return 0n
  if (!DURATION.test(body)) throw new BuiltinError(`time: invalid duration ${JSON.stringify(text.slice(0, 60))}`)
  let total = 0n
  for (const [, whole = '', fraction = '', unit = ''] of body.matchAll(PART)) {
    const size = units.get(unit) ?? 0n
    total +=
      BigInt(whole === '' ? 0 : whole) * size + (BigInt(fraction === '' ? 0 : fraction) * size) / 10n ** BigInt(fraction.length)
  }
  const signed = sign === '-' ? -total : total
  if (signed > LONGEST || signed < -LONGEST - 1n)
    throw new BuiltinError(`time: invalid duration ${JSON.stringify(text.slice(0, 60))}`)
  return signed
}

const LONGEST = (1n << 63n) - 1n
const PART = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h|d|w|y)/g
/** At most 40 digits each side of the point: what follows cannot change a nanosecond. */
const DURATION = /^(?:(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:ns|us|µs|μs|ms|s|m|h|d|w|y))+$/
const HOUR = 3_600_000_000_000n
const units = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['µs', 1000n],
  ['μs', 1000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', HOUR],
  ['d', 24n * HOUR],
  ['w', 168n * HOUR],
  ['y', 8760n * HOUR],
])
