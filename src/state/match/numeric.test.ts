import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseFloat64 } from './numeric.ts'

test('numbers as Go reads them', () => {
  for (const [text, value] of [
    ['15', 15],
    [' 15\n', 15],
    ['+.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1_000.5', 1000.5],
    ['0x1p4', 16],
    ['0x_1.8p1', 3],
    ['-0X.8p0', -0.5],
    ['0x1p-1074', Number.MIN_VALUE],
    ['0x1p-1076', 0],
    ['0x1.fffffffffffffp1023', Number.MAX_VALUE],
    ['0x20000000000001p0', 2 ** 53],
    ['0x20000000000003p0', 2 ** 53 + 4],
    ['inf', Infinity],
    ['-Infinity', -Infinity],
  ] as const)
    assert.deepEqual(parseFloat64(text), { value, error: null }, text)
  assert.ok(Number.isNaN(parseFloat64('nan').value))
})

test('what is no number says so, and what is too large is infinite', () => {
  for (const text of ['', 'x', '1_', '_1', '1__0', '1e', '0x1', '0x', '1 2', '--1', '+nan', '1,5', '0b1p1', '.', 'e5'])
    assert.match(parseFloat64(text).error ?? '', /^strconv\.ParseFloat: parsing ".*": invalid syntax$/, text)
  for (const text of ['1e400', '0x1p1024']) {
    assert.match(parseFloat64(text).error ?? '', /value out of range$/, text)
    assert.equal(parseFloat64(text).value, Infinity)
  }
})

test('property: every float is read from its decimal form', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
      assert.ok(parseFloat64(String(value)).value === value),
    ),
  )
})

test('property: every integer times a power of two is read from its hexadecimal form', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 53n }), fc.integer({ min: -1074, max: 900 }), (mantissa, power) => {
      const half = Math.trunc(power / 2)
      const expected = Number(mantissa) * 2 ** half * 2 ** (power - half)
      // Two roundings are one too many near the least numbers.
      fc.pre(expected === 0 || expected > 2 ** -1000)
      assert.equal(parseFloat64(`0x${mantissa.toString(16)}p${power}`).value, expected)
    }),
  )
})
