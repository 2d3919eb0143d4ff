import assert from 'node:assert/strict'
import { test } from 'node:test'
import canonicalize from 'canonicalize'
import * as fc from 'fast-check'
import { type JsonValue, jcs, MAX_JSON_DEPTH } from './jcs.ts'

const json = fc.jsonValue({
  stringUnit: fc.constantFrom('a', 'b', '\u20ac', '\r', '\u{1f600}', '\u0080', '"', '\\', '\u0000', '\ufb33'),
})

test('any JSON is written as the reference implementation writes it', () => {
  fc.assert(fc.property(json, (value) => assert.equal(jcs(value as JsonValue), canonicalize(value))))
})

test('the order of members does not matter and reading back changes nothing', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (members) => {
      const turned = Object.fromEntries(Object.entries(members).toReversed())
      assert.equal(jcs(turned), jcs(members))
      assert.equal(jcs(JSON.parse(jcs(members)) as JsonValue), jcs(members))
    }),
  )
})

test('keys are sorted by UTF-16 code unit, not by code point', () => {
  assert.equal(jcs({ '\ufb33': 1, '\u{1f600}': 2, a: 3 }), '{"a":3,"\u{1f600}":2,"\ufb33":1}')
})

test('numbers are written as ECMAScript writes them', () => {
  const numbers = [1e21, 1e-7, 0.1, -0, 333333333.3333333, 1e30, 4.5, 2e-3, 1e-27]
  assert.equal(jcs(numbers), '[1e+21,1e-7,0.1,0,333333333.3333333,1e+30,4.5,0.002,1e-27]')
})

test('a member called __proto__ is a member like any other', () => {
  assert.equal(jcs(JSON.parse('{"b":1,"__proto__":{"x":1}}') as JsonValue), '{"__proto__":{"x":1},"b":1}')
})

test('an undefined member is left out', () => {
  assert.equal(jcs({ a: undefined, b: 1 } as unknown as JsonValue), '{"b":1}')
})

test('what JSON cannot hold is refused', () => {
  const bad = [
    NaN,
    Infinity,
    -Infinity,
    undefined,
    [undefined],
    Array.from({ length: 1 }),
    '\ud800',
    { '\udc00': 1 },
    1n,
    Symbol('s'),
    () => 1,
    new Date(0),
    new Map(),
  ]
  for (const value of bad) assert.throws(() => jcs(value as JsonValue), { code: 'format.malformed' })
})

test('a long list of texts is written like a short one, and a lone surrogate in it is refused', () => {
  const texts = ['plain', 'caf\u00e9', '\u{1f600}', '\\ud800', '"', '\u0001', '\u2028']
  const long = Array.from({ length: 200 }, (_, index) => texts[index % texts.length] ?? '')
  for (const list of [long, long.filter((text) => text !== '\\ud800'), [...long, 1], [...long, ['x']]])
    assert.equal(jcs(list), `[${list.map((item) => jcs(item)).join()}]`)
  for (const bad of ['\ud800', '\udc00x', undefined])
    assert.throws(() => jcs([...long, bad] as string[]), { code: 'format.malformed' })
  // A hole.
  assert.throws(() => jcs(Object.assign([...long], { length: 201 })), { code: 'format.malformed' })
})

test('depth has a limit, so a cycle is refused rather than followed', () => {
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as JsonValue
  assert.equal(jcs(nested(MAX_JSON_DEPTH)).length, 2 * MAX_JSON_DEPTH)
  assert.throws(() => jcs(nested(MAX_JSON_DEPTH + 1)), { code: 'format.too_large' })
  const cycle: Record<string, JsonValue> = {}
  cycle['self'] = cycle
  assert.throws(() => jcs(cycle), { code: 'format.too_large' })
})

test('objects whose keys only look alike when joined keep their own keys', () => {
  for (const value of [
    { 'a\nb': 1, c: 2 },
    { a: 1, 'b\nc': 2 },
    { a: 1, b: 2, c: 3 },
    { 'a\nb\nc': 1 },
    { c: 1, b: 2, a: 3 },
    { '': 1 },
    {},
  ]) {
    assert.equal(jcs(value), canonicalize(value))
  }
})

test('more shapes than the cache holds are still written right', () => {
  for (let i = 0; i < 1500; i++) assert.equal(jcs({ z: i, [`k${i}`]: 1 }), canonicalize({ z: i, [`k${i}`]: 1 }))
})

test('more keys than the cache holds are still written right', () => {
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k\n${i}`, i]))
  assert.equal(jcs(many), canonicalize(many))
})
