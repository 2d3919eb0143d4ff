import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { RegoObject, RegoSet } from './collection.ts'
import { compare, compareStrings, equal } from './compare.ts'
import { keyOf } from './key.ts'
import { NestedTooDeep } from './limits.ts'
import { Decimal } from './number.ts'
import { kindOf, lookup, type Value } from './value.ts'

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Value>(null, true, false, 0, -0, 1, 2.5, -1, 10n ** 20n, 2 ** 70, new Decimal(33333333333333333333n, -20)),
    fc.string({ maxLength: 3, unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 2 }), fc.constantFrom(1, 'a', null), { maxKeys: 3 }) as fc.Arbitrary<Value>,
    fc.array(tie('value'), { maxLength: 3 }).map((items) => RegoSet.of(items)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((entries) => RegoObject.of(entries)),
  ),
}))

test('the order is total: antisymmetric and transitive', () => {
  fc.assert(
    fc.property(value, value, value, (a, b, c) => {
      assert.equal(Math.sign(compare(a, b)), -Math.sign(compare(b, a)) + 0)
      if (compare(a, b) <= 0 && compare(b, c) <= 0) assert.ok(compare(a, c) <= 0)
    }),
  )
})

test('equal values, and only they, share a key', () => {
  fc.assert(fc.property(value, value, (a, b) => assert.equal(keyOf(a) === keyOf(b) || (a === 0 && b === 0), equal(a, b))))
})

test('an integer is the same as number, as bigint and as a double beyond 2^53', () => {
  assert.ok(equal(2 ** 70, 1180591620717411300000n))
  assert.ok(RegoSet.of([1e21]).has(10n ** 21n))
  assert.ok(!equal(1, true))
  assert.ok(!equal(1, '1'))
})

test('a set lists each value once, in order, whatever the order in which they came', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 8 }), (values) => {
      const listed = RegoSet.of(values).values()
      assert.ok(listed.every((item, i) => i === 0 || compare(listed[i - 1] ?? null, item) < 0))
      assert.equal(compare(RegoSet.of(values), RegoSet.of(values.toReversed())), 0)
    }),
  )
})

test('strings compare like their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(Math.sign(compareStrings(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
  assert.ok(compareStrings('\uffee', '\u{1f600}') < 0)
})

test('a string cannot pass for the key of a composite value', () => {
  const key = String(keyOf([1]))
  assert.notEqual(keyOf(key), key)
  assert.ok(!RegoSet.of([[1]]).has(key))
})

test('kinds and lookups: inherited names are nothing, a member of a set is itself', () => {
  const values = [null, true, 1, 1n, new Decimal(1n, -30), 'a', [], {}, new RegoObject(), new RegoSet()]
  const expected = ['null', 'boolean', 'number', 'number', 'number', 'string', 'array', 'object', 'object', 'set']
  assert.deepEqual(values.map(kindOf), expected)
  assert.equal(lookup({}, 'constructor'), undefined)
  assert.equal(lookup(JSON.parse('{"__proto__":7}'), '__proto__'), 7)
  assert.equal(lookup(['a'], 'length'), undefined)
  assert.equal(lookup(['a'], 0), 'a')
  assert.equal(lookup(['a'], '0'), undefined)
  assert.deepEqual(lookup(RegoSet.of([[1]]), [1]), [1])
  assert.equal(lookup('text', 0), undefined)
})

test('values nested without end are refused, not walked', () => {
  let deep: Value = 1
  for (let i = 0; i < 100_000; i++) deep = [deep]
  const other: Value = [deep]
  assert.throws(() => compare(deep, other), NestedTooDeep)
  assert.throws(() => keyOf(deep), NestedTooDeep)
})
