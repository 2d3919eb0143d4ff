import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compileGlob, GlobError } from './glob-pattern.ts'

const unmetered = { spend: () => undefined }
const matches = (pattern: string, text: string, delimiters = '/'): boolean => compileGlob(pattern, delimiters)(text, unmetered)

// Written out from OPA 1.22.
const accepted = [
  '*|a',
  '*|',
  'a*b|ab',
  'a**b|a/b',
  '{a*,b}c|axc',
  '[!ab]|c',
  '[a-c]|b',
  '{,a}b|b',
  '\\*|*',
  '***|x',
  'a}|a}',
  '[a\\]b]|]',
]
const refused = ['*|a/b', '?|/', 'a*b|a/b', '[!ab]|a', '[a-c]|d', '{a,b}|c', '\\*|x', 'a,b|a', '?|', '日|日本']

for (const line of accepted) test(`${line} matches`, () => assert.ok(matches(...split(line))))
for (const line of refused) test(`${line} does not match`, () => assert.ok(!matches(...split(line))))

for (const pattern of ['[a', '{a', '[]', '[!]', '[z-a]', '\\', '{a,{b}']) {
  test(`${pattern} is not a pattern`, () => assert.throws(() => compileGlob(pattern, ''), GlobError))
}

test('stars agree with a regular expression that means the same', () => {
  const piece = fc.constantFrom('*', '**', '?', 'a', 'b', '/', '{a,b*}')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.stringMatching(/^[ab/]{0,10}$/), (pieces, text) => {
      // Three stars in a row are two and one.
      const pattern = pieces.join('')
      const source = pattern.replaceAll(/\*\*|\*|\?|\{a,b\*\}/g, (token) => meaning.get(token) ?? '')
      assert.equal(matches(pattern, text), new RegExp(`^${source}$`, 'u').test(text), pattern)
    }),
    { numRuns: 1000 },
  )
})

test('a pattern that would make a backtracking matcher run for years takes text × pattern steps', () => {
  let steps = 0
  const glob = compileGlob(`${'*a'.repeat(50)}b`, '')
  assert.ok(!glob('a'.repeat(5000), { spend: (more) => (steps += more) }))
  assert.ok(steps < 5000 * 110, String(steps))
})

const meaning = new Map([
  ['**', '[^]*'],
  ['*', '[^/]*'],
  ['?', '[^/]'],
  ['{a,b*}', '(?:a|b[^/]*)'],
])

function split(line: string): [string, string] {
  const [pattern = '', text = ''] = line.split('|')
  return [pattern, text]
}
