import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type JsonValue, jcs } from './jcs.ts'
import { parseJson } from './json.ts'

/** JSON.parse's answer, or null where we are stricter: unsafe integers and long fractions. */
const precise = fc
  .jsonValue()
  .filter((value) => !/e\+|\d{16}/.test(JSON.stringify(value)) && JSON.stringify(value).isWellFormed())

test('what JSON.stringify writes is read as JSON.parse reads it, spaced or not', () => {
  fc.assert(
    fc.property(precise, fc.constantFrom(0, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space)
      assert.deepEqual(parseJson(text), JSON.parse(text.replaceAll(/(?<=^|[[,:\s])-0(?=$|[\],}\s])/g, '0')))
    }),
  )
})

test('what JSON.parse refuses is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('[]{},:"\\u0eE1.-+ tfn\n')) }), (text) => {
      if (accepts(JSON.parse, text)) return
      assert.ok(!accepts(parseJson, text), text)
    }),
    { numRuns: 2000 },
  )
})

test('what jcs writes is read back, whatever the digits', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      if (Number.isInteger(number) && !Number.isSafeInteger(number)) return
      assert.equal(parseJson(jcs(number)), number === 0 ? 0 : number)
    }),
  )
})

test('__proto__ and constructor are own members', () => {
  const value = parseJson('{"__proto__":{"polluted":1},"constructor":2}') as Record<string, JsonValue>
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor'])
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.throws(() => parseJson('{"__proto__":1,"__proto__":2}'), /duplicate key "__proto__"/)
})

test('a duplicate key is refused where it stands, however it is spelled', () => {
  assert.throws(() => parseJson('{\n  "a": 1,\n  "\\u0061": 2\n}'), {
    code: 'format.malformed',
    message: 'not strict JSON: duplicate key "a" (line 3, column 3)',
  })
  assert.deepEqual(parseJson('[{"a":1},{"a":1}]'), [{ a: 1 }, { a: 1 }])
})

test('numbers that a double cannot hold are refused', () => {
  for (const text of [
    '9007199254740992',
    '-9007199254740993',
    '1e20',
    '12345678901234567890.5',
    '1e999',
    '-1e999',
    '1e-999',
    '0.12345678901234567891',
  ]) {
    assert.throws(() => parseJson(text), /loses precision \(line 1, column 1\)/, text)
  }
  for (const text of ['9007199254740991', '-9007199254740991', '1e15', '0.30000000000000004', '5e-324', '0.0', '0e5']) {
    assert.equal(parseJson(text), Number(text), text)
  }
})

test('minus zero is read as zero, as jcs writes it', () => {
  assert.ok(Object.is(parseJson('-0'), 0))
  assert.ok(Object.is(parseJson('-0.0e1'), 0))
})

test('lone surrogates are refused, pairs are not', () => {
  for (const text of ['"\\ud800"', '"\\udc00\\ud800"', '{"\\ud800":1}', '"\ud800"'])
    assert.throws(() => parseJson(text), /lone surrogate/, text)
  assert.equal(parseJson('"\\ud83d\\ude00"'), '\u{1f600}')
})

test('every other deviation names its place', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /ends too early \(line 1, column 1\)/],
    ['1 2', /text after the JSON value \(line 1, column 3\)/],
    ['[1,]', /a JSON value was expected \(line 1, column 4\)/],
    ['{"a":1,}', /a key in quotes/],
    ['{a:1}', /a key in quotes/],
    ['{"a" 1}', /":" was expected/],
    ['[1 2]', /"," or "\]"/],
    ['{"a":1 "b":2}', /"," or "\}"/],
    ['\n\n "a\tb"', /control character must be escaped \(line 3, column 4\)/],
    ['"a', /has no end/],
    ['"a\\', /has no end/],
    ['"\\x41"', /bad escape/],
    ['\ufeff1', /a JSON value was expected/],
    ['01', /text after/],
    ['tru', /a JSON value was expected/],
    ['NaN', /a JSON value was expected/],
    ["'a'", /a JSON value was expected/],
    ['[1]\u00a0', /text after/],
  ]
  for (const [text, message] of cases)
    assert.throws(() => parseJson(text), { code: 'format.malformed', message }, JSON.stringify(text))
})

test('depth and length have limits that a caller can lower', () => {
  assert.throws(() => parseJson('['.repeat(101)), {
    code: 'format.too_large',
    message: /nested deeper than 100 \(line 1, column 101\)/,
  })
  assert.throws(() => parseJson('['.repeat(100_000)), { code: 'format.too_large' })
  assert.deepEqual(parseJson('[[1],[2]]', { maxDepth: 2 }), [[1], [2]])
  assert.throws(() => parseJson('[[1],[[2]]]', { maxDepth: 2 }), { code: 'format.too_large' })
  assert.throws(() => parseJson('[1]', { maxLength: 2 }), { code: 'format.too_large' })
})

function accepts(read: (text: string) => unknown, text: string): boolean {
  try {
    read(text)
    return true
  } catch {
    return false
  }
}
