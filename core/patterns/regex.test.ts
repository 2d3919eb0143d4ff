import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compileRegex, regexLimits } from './regex.ts'

test('the group named secret is what is meant, else the whole match', () => {
  const text = 'a ORD-12345678, ORD-1, ORD-87654321'
  assert.deepEqual(compileRegex('ORD-(?P<secret>[0-9]{8})').spans(text), [
    { start: 6, end: 14 },
    { start: 27, end: 35 },
  ])
  assert.deepEqual(compileRegex('ORD-[0-9]{8}').spans(text), [
    { start: 2, end: 14 },
    { start: 23, end: 35 },
  ])
  assert.deepEqual(compileRegex('(?P<secret>x)?y').spans('y xy'), [
    { start: 0, end: 1 },
    { start: 2, end: 3 },
  ])
})

test('a pattern covers a text only as a whole', () => {
  const regex = compileRegex('no-?reply@example\\.com')
  assert.equal(regex.covers('noreply@example.com'), true)
  assert.equal(regex.covers('noreply@example.com.evil'), false)
})

for (const [pattern, why] of [
  ['a(?=b)', /Perl syntax/],
  ['(', /missing closing/],
  ['a*', /empty text/],
  ['', /empty text/],
  ['[a-z]{1,600}', /too large/],
  ['((a{100}){100}){100}', /repeat count/],
  ['a'.repeat(513), /longer than 512/],
] as const) {
  test(`refused: ${pattern.slice(0, 40)}`, () => {
    assert.throws(() => compileRegex(pattern), { code: 'format.malformed', message: why })
  })
}

test('what matches too often is not listed, and what cannot backtrack does not hang', () => {
  assert.equal(compileRegex('a').spans('a'.repeat(regexLimits.matches + 1)), null)
  assert.equal(compileRegex('a').spans('a'.repeat(regexLimits.matches))?.length, regexLimits.matches)
  assert.deepEqual(compileRegex('(x+x+)+y').spans('x'.repeat(60_000)), [])
})

test('spans lie one behind another within the text, whatever the text', () => {
  const regex = compileRegex('(?i)k(?P<secret>[a-z0-9]{1,5})?|[^\\x00-\\x7f]+')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      let last = 0
      for (const { start, end } of regex.spans(text) ?? []) {
        assert.ok(last <= start && start < end && end <= text.length)
        last = end
      }
    }),
  )
})
