import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Actual } from '../model/actual.ts'
import type { Dialect } from '../model/resource.ts'
import type { GoMap, GoValue } from '../model/value.ts'
import { judge } from './judge.ts'

const map = (entries: Readonly<Record<string, GoValue>>): GoMap => new Map(Object.entries(entries))
const value = (of: GoValue): Actual => ({ kind: 'value', value: of })
const strings = (...values: readonly string[]): Actual => ({ kind: 'strings', values })
const reader = (text: string, cut = false): Actual => ({
  kind: 'reader',
  bytes: { text, size: cut ? 1_000_000 : text.length, cut },
})
const outcome = (expected: GoValue, actual: Actual, dialect: Dialect = 'goss'): string => judge(expected, actual, dialect).outcome

test('the type of an expectation says how it is compared', () => {
  assert.equal(outcome('42', value(42n)), 'pass')
  assert.equal(outcome(42n, value(' 42 ')), 'pass')
  assert.equal(outcome(42n, value('forty')), 'error')
  assert.equal(outcome(true, value('true')), 'fail')
  assert.equal(outcome(['b'], value(['a', 'b'])), 'pass')
  assert.equal(outcome(['b', 'b'], value(['a', 'b'])), 'fail')
  assert.equal(outcome(null, value('x')), 'error')
})

test('a failure tells what was, what should be, and what was made of it', () => {
  assert.deepEqual(judge(map({ gt: 200n }), value('128'), 'goss'), {
    outcome: 'fail',
    error: null,
    matcher: {
      actual: 128,
      message: 'to be numerically gt',
      expected: 200n,
      transformChain: [map({ 'to-numeric': map({}) })],
      untransformedValue: '128',
    },
  })
  const { matcher } = judge(map({ 'consist-of': ['a', 'c'] }), value(['a', 'b']), 'goss')
  assert.deepEqual([matcher.missingElements, matcher.foundElements, matcher.extraElements], [['c'], ['a'], ['b']])
})

test('a success shows the value and the expectation as they were given', () => {
  assert.deepEqual(judge(map({ gt: 1n }), value('5'), 'goss').matcher, {
    actual: '5',
    message: 'matches expectation',
    expected: map({ gt: 1n }),
  })
})

test('goss never finds a list of a system equal to one of a gossfile; we do', () => {
  const expected = map({ equal: ['a', 'b'] })
  assert.equal(outcome(expected, strings('a', 'b'), 'goss'), 'fail')
  assert.equal(outcome(expected, strings('a', 'b'), 'runproof'), 'pass')
  assert.equal(outcome(expected, strings('b', 'a'), 'runproof'), 'fail')
  assert.equal(outcome(expected, value(['a', 'b']), 'goss'), 'pass')
})

test('numbers of JSON equal those of a gossfile in our dialect alone', () => {
  const expected = map({ gjson: map({ a: map({ equal: [1n, 2n] }) }) })
  assert.equal(outcome(expected, value('{"a":[1,2]}'), 'goss'), 'fail')
  assert.equal(outcome(expected, value('{"a":[1,2]}'), 'runproof'), 'pass')
  assert.equal(outcome(expected, value('{"a":[1,2.5]}'), 'runproof'), 'fail')
})

test('an IPv6 address is the same one however it is written, in our dialect', () => {
  assert.equal(outcome(['fd00::2'], strings('FD00::2'), 'goss'), 'fail')
  assert.equal(outcome(['fd00::2'], strings('FD00::2'), 'runproof'), 'pass')
  assert.equal(outcome(['fd00:0::2/64'], strings('fd00::2/64'), 'runproof'), 'pass')
  for (const other of ['fd00::3', 'fd00::2/64', '10.0.0.1', 'FD00::G'])
    assert.equal(outcome([other], strings('FD00::2'), 'runproof'), 'fail', other)
  assert.equal(outcome('ABC', value('abc'), 'runproof'), 'fail')
})

test('a text for a reader is all that was read, a list its lines', () => {
  assert.equal(outcome('hi', reader('hi\n')), 'fail')
  assert.equal(outcome('hi\n', reader('hi\n')), 'pass')
  assert.equal(outcome(['hi'], reader('oh hi\n')), 'pass')
  assert.equal(outcome([], reader('anything')), 'pass')
  assert.equal(judge(['nope'], { ...reader('hi'), type: '*os.File' } as Actual, 'goss').matcher.actual, 'object: *os.File')
  assert.deepEqual(judge(['hi'], reader('hi'), 'goss').matcher.actual, new Map())
})

test('bytes that are no text are counted and compared as bytes, and shown as what they are not', () => {
  const actual: Actual = {
    kind: 'reader',
    bytes: { base64: Buffer.from([0xff, 0xfe, 0x41, 0xc3, 0xa9]).toString('base64'), size: 5, cut: false },
  }
  assert.equal(outcome(map({ 'have-len': 5n }), actual), 'pass')
  assert.equal(outcome(map({ 'have-suffix': 'Aé' }), actual), 'pass')
  assert.equal(outcome(map({ 'match-regexp': '^..Aé$' }), actual), 'pass')
  assert.equal(outcome('\ufffd\ufffdAé', actual), 'fail')
  assert.equal(judge('x', actual, 'goss').matcher.actual, '\ufffd\ufffdAé')
})

test('the beginning of a text decides only what it holds', () => {
  assert.equal(outcome(['hi'], reader('hi\n', true)), 'pass')
  for (const expected of [['nope'], ['!nope'], ['hi', '!nope'], 'hi\n', map({ 'have-prefix': 'hi' })] as const) {
    const judged = judge(expected, reader('hi\n', true), 'goss')
    assert.equal(judged.outcome, 'error')
    assert.equal(judged.error, 'only the beginning of 1000000 bytes was collected')
  }
})

test('where goss crashes there is an error', () => {
  assert.equal(outcome(new Map(), value('x')), 'error')
  assert.equal(outcome(['/'], reader('x')), 'error')
  assert.equal(outcome(['!/'], reader('x')), 'error')
  assert.equal(outcome(map({ not: map({ or: [map({ gt: 'x' })] }) }), value('x')), 'error')
  assert.equal(outcome(map({ gjson: map({ a: map({ and: ['x'] }) }) }), value('{}')), 'error')
  assert.equal(outcome(map({ 'semver-constraint': '>1.0.0 || || <0.1.0' }), value('0.5.0')), 'error')
})

test('an expectation that is none is an error in the words of goss', () => {
  const error = (expected: GoValue): string | null => judge(expected, value('x'), 'goss').error
  assert.equal(error(map({ nope: 1n })), 'Syntax Error: Unknown matcher: nope')
  assert.equal(error(map({ toString: 1n })), 'Syntax Error: Unknown matcher: toString')
  assert.equal(
    error(map({ 'have-prefix': 1n })),
    "Syntax Error: Invalid 'have-prefix' argument. Expected string value, but received: int: '\\x01'",
  )
  assert.match(error(map({ gt: 1n, lt: 2n })) ?? '', /Found multiple matchers: \["gt" "lt"\]$/)
  assert.equal(error(2n ** 63n), "Syntax Error: Invalid 'matcher' argument. Expected map value, but received: uint64: '\ufffd'")
})

test('`xml` is known to our dialect alone', () => {
  const expected = map({ xml: map({ xpath: 'count(//b)', result: '2' }) })
  assert.equal(judge(expected, value('<a><b/><b/></a>'), 'goss').error, 'Syntax Error: Unknown matcher: xml')
  assert.equal(outcome(expected, value('<a><b/><b/></a>'), 'runproof'), 'pass')
  assert.equal(outcome(expected, value('<a><b/></a>'), 'runproof'), 'fail')
})

test('a regular expression that would hang others takes no time here', () => {
  assert.equal(outcome(map({ 'match-regexp': '^(a+)+$' }), value(`${'a'.repeat(50_000)}b`)), 'fail')
})

const text = fc.string({ maxLength: 12 })
const scalar: fc.Arbitrary<GoValue> = fc.oneof(
  text,
  fc.bigInt({ min: -5n, max: 5n }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
)
const content: fc.Arbitrary<GoValue> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(text, scalar, { maxKeys: 3 }).map((of) => map(of)),
)
const expectation: fc.Arbitrary<GoValue> = fc.letrec<{ any: GoValue }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalar,
    fc.array(scalar, { maxLength: 3 }),
    fc
      .tuple(
        fc.constantFrom('have-prefix', 'contain-substring', 'match-regexp', 'semver-constraint', 'equal', 'gt', 'nope'),
        scalar,
      )
      .map(([key, of]) => map({ [key]: of })),
    fc.tuple(fc.constantFrom('not', 'have-key', 'contain-element', 'and'), tie('any')).map(([key, of]) => map({ [key]: of })),
    fc
      .tuple(fc.constantFrom('and', 'or', 'contain-elements', 'consist-of'), fc.array(tie('any'), { maxLength: 3 }))
      .map(([key, of]) => map({ [key]: of })),
  ),
})).any
const dialects = fc.constantFrom<Dialect>('goss', 'runproof')

test('property: whatever is expected of whatever there is, there is a verdict, and an error exactly where it is one', () => {
  fc.assert(
    fc.property(expectation, content, dialects, (expected, of, dialect) => {
      const judged = judge(expected, value(of), dialect)
      assert.equal(judged.outcome === 'error', judged.error !== null)
      assert.deepEqual(judge(expected, value(of), dialect), judged)
    }),
  )
})

test('property: `not` turns a verdict round and leaves an error one', () => {
  fc.assert(
    fc.property(expectation, content, dialects, (expected, of, dialect) => {
      const turned = { pass: 'fail', fail: 'pass', error: 'error' }[judge(expected, value(of), dialect).outcome]
      assert.equal(outcome(map({ not: expected }), value(of), dialect), turned)
    }),
  )
})

test('property: de Morgan, where nothing is an error', () => {
  fc.assert(
    fc.property(fc.array(expectation, { maxLength: 3 }), content, dialects, (all, of, dialect) => {
      fc.pre(all.every((each) => outcome(each, value(of), dialect) !== 'error'))
      const turned = all.map((each) => map({ not: each }))
      assert.equal(outcome(map({ not: map({ and: all }) }), value(of), dialect), outcome(map({ or: turned }), value(of), dialect))
      assert.equal(outcome(map({ not: map({ or: all }) }), value(of), dialect), outcome(map({ and: turned }), value(of), dialect))
    }),
  )
})

test('property: what consists of elements contains them, in any order', () => {
  fc.assert(
    fc.property(fc.array(scalar, { maxLength: 4 }), fc.array(scalar, { maxLength: 4 }), (of, elements) => {
      fc.pre(![...of, ...elements].includes(null))
      if (outcome(map({ 'consist-of': elements }), value(of)) === 'pass')
        assert.equal(outcome(map({ 'contain-elements': elements.toReversed() }), value(of)), 'pass')
      assert.equal(outcome(elements, value(of)), outcome(map({ 'contain-elements': elements }), value(of)))
    }),
  )
})

test('property: every text is found in itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (of) => {
      for (const key of ['have-prefix', 'have-suffix', 'contain-substring', 'equal'])
        assert.equal(outcome(map({ [key]: of }), value(of)), 'pass')
      assert.equal(outcome(map({ 'have-len': BigInt(Buffer.byteLength(of)) }), value(of)), 'pass')
    }),
  )
})
