import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { typedAs, type GoValue } from '../model/value.ts'
import { printV, sprint, sprintln } from './print.ts'
import { sprintf } from './printf.ts'

const time: GoValue = { kind: 'time', text: '2001-12-14T21:59:43.1-05:00', unixNanos: 1_008_385_183_100_000_000n }

/** The values of the recording, by their number in it. */
const values: readonly GoValue[] = [
  null,
  true,
  5n,
  -42n,
  0n,
  65n,
  3.5,
  1e21,
  1_000_000,
  123_456_789,
  0,
  0.1,
  1e-7,
  2.5,
  100,
  'hi',
  'h\u00e9 \u20ac\n',
  '',
  [1n, 'a', null, 2.5],
  new Map<string, GoValue>([
    ['b', 1n],
    ['a', ['x']],
    ['c', null],
  ]),
  typedAs(['a', 'b'], '[]string'),
  time,
  1e20,
  12_345.678,
]

type Row = readonly [value: number, format: string, text: string]
const recorded = JSON.parse(readFileSync(new URL('fixtures/go-1.26-fmt.json', import.meta.url), 'utf8')) as readonly Row[]

test('printf answers what Go answered, for every verb, flag and mistake that was recorded', () => {
  const wrong = recorded.filter(([index, format, text]) => {
    const given = index === -1 ? [3n, 4n] : index === -2 ? [] : [values[index] ?? null]
    return sprintf(format, given) !== text
  })
  assert.deepEqual(wrong, [])
  assert.ok(recorded.length > 1200)
})

test('%v writes nil, lists, sorted maps and floats as Go does', () => {
  assert.equal(printV(null), '<nil>')
  assert.equal(printV([1n, 'a', null]), '[1 a <nil>]')
  assert.equal(
    printV(
      new Map<string, GoValue>([
        ['b', 1n],
        ['a', ['x']],
      ]),
    ),
    'map[a:[x] b:1]',
  )
  assert.equal(printV(1e21), '1e+21')
  assert.equal(printV(1_000_000), '1e+06')
  assert.equal(printV(100_000), '100000')
  assert.equal(printV(1.0), '1')
  assert.equal(printV(time), '2001-12-14 21:59:43.1 -0500 -0500')
})

test('print puts a space between two values only where neither is a text, println always', () => {
  assert.equal(sprint(['a', 'b', 1n, 2n, 'c']), 'ab1 2c')
  assert.equal(sprintln(['a', 1n]), 'a 1\n')
})

test('a float reads back as the number that it was, by the shortest text and by seventeen digits', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      assert.ok(Object.is(Number(printV(number)), number))
      assert.equal(Number(sprintf('%.17g', [number])), number)
    }),
  )
})

test('printing never fails, whatever the format says', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('%+-# 0123*.[]vdsqtxXTceEfgGbUo!a')), maxLength: 12 }),
      (format) => {
        assert.equal(typeof sprintf(format, [1n, 'a', 2.5]), 'string')
      },
    ),
  )
})
