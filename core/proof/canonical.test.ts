import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { CanonicalReader, OTHER_FORM, parseCanonical } from './canonical.ts'
import { jcs, MAX_JSON_DEPTH, type JsonValue } from './jcs.ts'
import { parseJson } from './json.ts'

const odd = fc.constantFrom('a', 'b', '\u20ac', '\r', '\u{1f600}', '\u0080', '"', '\\', '\u0000', '\ud800', '_', '0', '9')
const json = fc.jsonValue({ stringUnit: odd })

/** What `parseCanonical` promises, from the slow reader and the writer. */
function expected(text: string): JsonValue | undefined {
  try {
    const value = parseJson(text)
    return jcs(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

test('a canonical text is read as the strict reader reads it', () => {
  fc.assert(
    fc.property(json, (value) => {
      let text: string
      try {
        text = jcs(value as JsonValue)
      } catch {
        return
      }
      const read = expected(text)
      if (read !== undefined) assert.deepEqual(parseCanonical(text), read)
    }),
  )
})

test('whatever is read from a changed text is canonical and strict', () => {
  const changed = fc.tuple(json, fc.nat(), fc.constantFrom('0', '1', '"', ' ', '}', '\\', ',', ':', 'e', '-', '.', ''))
  fc.assert(
    fc.property(changed, ([value, place, character]) => {
      const text = JSON.stringify(value)
      const at = place % text.length
      const other = text.slice(0, at) + character + text.slice(at + 1)
      const read = parseCanonical(other)
      if (read !== null) assert.deepEqual(read, expected(other))
    }),
    { numRuns: 1000 },
  )
})

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const refusals: readonly (readonly [string, string])[] = [
  ['a duplicate key', '{"a":1,"a":1}'],
  ['a duplicate key that is escaped', '{"a":1,"\\u0061":1}'],
  ['another order', '{"b":1,"a":1}'],
  ['white space', '{"a": 1}'],
  ['text behind the value', '1 '],
  ['an escape that is not needed', '"\\u0041"'],
  ['half a surrogate pair', '"\\ud800"'],
  ['a numeral with more than it needs', '[1.0]'],
  ['an exponent that is not needed', '[1e2]'],
  ['a negative zero', '[-0]'],
  ['a whole number that a double holds nearly', '{"a":9007199254740992}'],
  ['a whole number with an exponent', '[1e+21]'],
  ['a fraction before an exponent that makes it whole', '[-1.5e+300]'],
  ['more levels than any of ours', nested(MAX_JSON_DEPTH + 1)],
  ['no JSON', '{"a"'],
]
for (const [what, text] of refusals) test(`not read: ${what}`, () => assert.equal(parseCanonical(text), null))

test('numbers that look long, the deepest nesting and a member called __proto__ are read', () => {
  for (const text of ['[999999999999999,0.1,1e-7,123456.7890123,1e-300]', nested(MAX_JSON_DEPTH), '{"__proto__":{"a":1}}']) {
    assert.equal(jcs(parseCanonical(text)), text)
  }
})

function readerOf(text: string): CanonicalReader {
  const reader = new CanonicalReader()
  reader.turnTo(text)
  return reader
}

/** What the method read, and whether it took the whole text; null where it refused. */
function whole<T>(text: string, read: (reader: CanonicalReader) => T): T | null {
  const reader = readerOf(text)
  try {
    const value = read(reader)
    return reader.at === text.length ? value : null
  } catch (error) {
    assert.equal(error, OTHER_FORM)
    return null
  }
}

test('a string and a name are read from their canonical form, and from no other', () => {
  fc.assert(
    fc.property(fc.string({ unit: odd }), (value) => {
      const text = JSON.stringify(value)
      const wanted = value.isWellFormed() ? value : null
      assert.equal(
        whole(text, (reader) => reader.string(8192)),
        wanted,
      )
      const reader = readerOf(text + text)
      if (wanted !== null) assert.deepEqual([reader.name(), reader.name(), reader.at], [value, value, 2 * text.length])
    }),
  )
  for (const text of ['"', '"a', '"a\\', '"\\u0041"', '"\\/"', '"\n"', "'a'", 'a', ''])
    for (const read of [(reader: CanonicalReader) => reader.string(99), (reader: CanonicalReader) => reader.name()])
      assert.equal(whole(text, read), null, text)
})

test('a name that is known is not taken from a string that has no end', () => {
  const reader = readerOf('"ab""ab')
  assert.equal(reader.name(), 'ab')
  assert.throws(() => reader.name(), OTHER_FORM)
  reader.turnTo('"abc')
  assert.throws(() => reader.name(), OTHER_FORM)
})

test('a string is as long as it may be and no longer', () => {
  assert.equal(
    whole('"abc"', (reader) => reader.string(3)),
    'abc',
  )
  assert.equal(
    whole('"abcd"', (reader) => reader.string(3)),
    null,
  )
  assert.equal(
    whole('"ab\\n\\n"', (reader) => reader.string(3)),
    null,
  )
})

test('a number is read from its canonical form, and from no other', () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()), (value) => {
      const text = Number.isFinite(value) ? jcs(value) : 'null'
      assert.equal(
        whole(text, (reader) => reader.number()),
        expected(text) ?? null,
      )
    }),
  )
  for (const text of ['01', '1.0', '-0', '1e2', '1E2', '+1', '.5', '1.', '9007199254740993', '1e400', '--1', ''])
    assert.equal(
      whole(text, (reader) => reader.number()),
      null,
      text,
    )
})

test('a list is read to its end, and one that is written like the last is the last', () => {
  const last = { written: '', names: [] }
  const reader = readerOf('["a","b"]["a","b"]["a"][]')
  const lists = [reader.names(last), reader.names(last), reader.names(last), reader.names(last)]
  assert.deepEqual(lists, [['a', 'b'], ['a', 'b'], ['a'], []])
  assert.equal(lists[1], lists[0])
  for (const text of ['[', '[,]', '["a",]', '["a"', '["a" ]', '{}'])
    assert.equal(
      whole(text, (it) => it.list((r) => r.name())),
      null,
    )
})
