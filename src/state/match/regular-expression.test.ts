import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compile } from './regular-expression.ts'

function finds(pattern: string, text: string): boolean | string {
  const compiled = compile(pattern)
  return 'error' in compiled ? compiled.error : compiled.finds(text)
}

test('a pattern is found anywhere in the text', () => {
  assert.equal(finds('b+', 'abbc'), true)
  assert.equal(finds('^b', 'abbc'), false)
  assert.equal(finds('(?i)B', 'abbc'), true)
  assert.equal(finds('(?m)^b$', 'a\nb\nc'), true)
  assert.equal(finds('\\pL', '日'), true)
})

test('what is no pattern says so in the words of Go', () => {
  for (const [pattern, why] of [
    ['(', 'missing closing ): `(`'],
    ['a{2,1}', 'invalid repeat count: `{2,1}`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['x\\', 'trailing backslash at end of expression: ``'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['\\1', 'invalid escape sequence: `\\1`'],
  ] as const)
    assert.equal(finds(pattern, ''), `error parsing regexp: ${why}`)
})

test('two groups may have one name, as in Go', () => {
  assert.equal(finds('(?P<n>a)(?<n>b)', 'ab'), true)
  assert.equal(finds('(?P<n>a)(?P<n>b)', 'ba'), false)
  assert.equal(finds('(?P<n>a)(?P<n>b)(', ''), 'error parsing regexp: missing closing ): `(?P<n>a)(?P<n>b)(`')
  assert.equal(finds('(?P<n>a)[(?P<n>]', 'a('), true)
  assert.equal(finds('(?P<n>a)\\Q(?P<n>\\E', 'a(?P<n>'), true)
})

test('a text that is no Unicode is searched with U+FFFD in it', () => {
  assert.equal(finds('^\ufffd$', '\udcff'), true)
})

test('property: literal text is found where it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (before, text) => {
      fc.pre(!text.includes('\\E'))
      assert.equal(finds(`\\Q${text}\\E`, before + text), true)
    }),
  )
})
