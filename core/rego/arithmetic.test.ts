import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { absolute, ArithmeticError, ceil, floor, minus, over, plus, product, remainder, round, sum, times } from './arithmetic.ts'
import { compareNumeric, NumberTooLarge, numberText, parseNumeric, type Numeric } from './number.ts'

const number = (text: string): Numeric => parseNumeric(text) ?? assert.fail(text)

// Written out from OPA 1.22.
const results: readonly (readonly [string, Numeric, string])[] = [
  ['0.1 + 0.2', plus(0.1, 0.2), '0.3'],
  ['1 / 3', over(1, 3), '0.33333333333333333334'],
  ['1 / 3 * 3', times(over(1, 3), 3), '1'],
  ['2 / 3', over(2, 3), '0.6666666666666666667'],
  ['100 * 1.1', times(100, 1.1), '110'],
  ['0.3 / 0.1', over(0.3, 0.1), '3'],
  ['10^20 + 1', plus(10n ** 20n, 1), '100000000000000000001'],
  ['9007199254740993 + 0.5', plus(number('9007199254740993'), 0.5), '9007199254740993.5'],
  ['3 - 5', minus(3, 5), '-2'],
  ['2^53 + 2^53', plus(2 ** 53 - 1, 2 ** 53 - 1), '18014398509481982'],
  ['-7 % 3', remainder(-7, 3), '-1'],
  ['sum of tenths', sum([0.1, 0.2, 0.3]) ?? 0, '0.6'],
  ['product with a fraction', product([2, 0.5, 3]) ?? 0, '3'],
]

for (const [name, got, text] of results) test(`${name} is ${text}`, () => assert.equal(numberText(got), text))

test('rounding goes half away from zero; floor and ceil of 64-bit fractions are exact', () => {
  assert.deepEqual([2.5, -2.5, 0.4, -0.5].map(round), [3, -3, 0, -1])
  assert.deepEqual([floor(over(-1, 3)), ceil(over(-1, 3)), floor(over(1, 3)), ceil(over(1, 3))], [-1, 0, 0, 1])
  assert.deepEqual([absolute(-3), absolute(2.5)], [3, 2.5])
})

test('integers are exact at any size', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ max: 2n ** 200n, min: -(2n ** 200n) }),
      fc.bigInt({ max: 2n ** 200n, min: -(2n ** 200n) }),
      (a, b) => {
        const [x, y] = [number(String(a)), number(String(b))]
        assert.equal(numberText(plus(x, y)), String(a + b))
        assert.equal(numberText(minus(x, y)), String(a - b))
        assert.equal(numberText(times(x, y)), String(a * b))
        if (b !== 0n) assert.equal(numberText(remainder(x, y)), String(a % b))
        assert.equal(compareNumeric(x, y), a < b ? -1 : a > b ? 1 : 0)
      },
    ),
  )
})

test('a double read from its text is that double, and its order is the order of doubles', () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(double, double, (a, b) => {
      assert.equal(compareNumeric(number(String(a)), a), 0)
      assert.equal(Math.sign(compareNumeric(a, b)), a < b ? -1 : a > b ? 1 : 0)
    }),
  )
})

test('zero divisors, fractions modulo and text that is no number are refused', () => {
  assert.throws(() => over(1, 0), ArithmeticError)
  assert.throws(() => over(1, -0), ArithmeticError)
  assert.throws(() => remainder(1, 0), ArithmeticError)
  assert.throws(() => remainder(1.5, 1), ArithmeticError)
  assert.deepEqual(
    ['', '.5', '5.', '1e', 'NaN', '0x1', '1 '].map(parseNumeric),
    Array.from({ length: 7 }, () => null),
  )
})

test('numbers of any length are refused before they fill the memory', () => {
  assert.throws(() => parseNumeric('1e999999999'), NumberTooLarge)
  assert.throws(() => parseNumeric('9'.repeat(100_000)), NumberTooLarge)
  let large: Numeric = 10n ** 30n
  assert.throws(() => {
    for (;;) large = times(large, large)
  }, NumberTooLarge)
})
