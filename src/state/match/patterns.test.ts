import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Dialect } from '../model/resource.ts'
import { findPatterns, longestLine, parsePatterns, type Found } from './patterns.ts'

function find(patterns: readonly string[], text: string, dialect: Dialect = 'goss'): Found {
  const parsed = parsePatterns(patterns, dialect)
  assert.ok(typeof parsed !== 'string', JSON.stringify(parsed))
  return findPatterns(parsed, text)
}

const found = (patterns: readonly string[], text: string, dialect?: Dialect): boolean =>
  find(patterns, text, dialect).match.isMatch

test('a text is looked for in every line, a leading `!` wants it in none', () => {
  assert.equal(found(['foo'], 'a\nxfoox\n'), true)
  assert.equal(found(['foo'], 'bar'), false)
  assert.equal(found(['!foo'], 'bar'), true)
  assert.equal(found(['!foo'], 'bar\nfoo'), false)
  assert.equal(found(['o\nb'], 'foo\nbar'), false)
})

test('leading marks fall away', () => {
  assert.equal(found(['\\!bang'], '!bang'), true)
  assert.equal(found(['\\/slash/'], '/slash/'), true)
  assert.equal(found(['/unclosed'], 'unclosed'), true)
  assert.equal(found(['!!bang'], 'bang'), false)
  assert.equal(found(['!!bang'], 'other'), true)
})

test('between slashes stands a regular expression for one line', () => {
  assert.equal(found(['/^b.r$/'], 'foo\nbar\n'), true)
  assert.equal(found(['!/^b.r$/'], 'foo\nbar\n'), false)
  assert.equal(found(['/b\\r?$/'], 'a\r\nb\r\n'), true)
  assert.equal(found(['/b\\r$/'], 'a\r\nb\r\n'), false)
  assert.equal(parsePatterns(['/(/'], 'goss'), 'error parsing regexp: missing closing ): `(`')
})

test('flags behind the slash are ours', () => {
  assert.equal(found(['/BAR/i'], 'bar', 'goss'), false)
  assert.equal(found(['/BAR/i'], 'BAR/i', 'goss'), true)
  assert.equal(found(['/BAR/i'], 'bar', 'runproof'), true)
  assert.equal(found(['!/BAR/ims'], 'bar', 'runproof'), false)
  assert.equal(found(['/BAR/x'], 'bar', 'runproof'), false)
})

test('the empty text is in everything, even in nothing', () => {
  assert.equal(found([''], ''), true)
  assert.equal(found([''], 'x'), true)
  assert.equal(found(['!'], 'x'), false)
  assert.equal(found(['x'], ''), false)
})

test('what is missing and what was found, in the order in which it was', () => {
  const { missing, found: seen } = find(['b', 'zzz', 'a', '!no', 'zzz'], 'a\nb\n')
  assert.deepEqual(missing, ['zzz', 'zzz'])
  assert.deepEqual(seen, ['a', 'b', '!no'])
  assert.deepEqual(find(['x'], ''), { match: { isMatch: false, error: null }, missing: ['x'], found: null })
})

test('a line of one MiB is too long, unless all is decided before', () => {
  const long = 'x'.repeat(longestLine)
  assert.equal(find(['y'], `${long}\ny`).match.error, 'bufio.Scanner: token too long')
  assert.equal(find(['y'], `y\n${long}`).match.isMatch, true)
  assert.equal(find(['y'], `${long.slice(1)}\ny`).match.isMatch, true)
  assert.equal(find(['y'], `${'é'.repeat(longestLine / 2)}\ny`).match.error, 'bufio.Scanner: token too long')
})

test('a pattern that is no text is none', () => {
  for (const pattern of [1n, true, new Map()])
    assert.match(JSON.stringify(parsePatterns([pattern], 'goss')), /^"HavePatterns matcher expects patterns to be a string/)
})

test('property: a text and its opposite are never both so', () => {
  const plain = fc.stringMatching(/^[a-c]{1,3}$/)
  fc.assert(
    fc.property(
      plain,
      fc.array(plain).map((lines) => lines.join('\n')),
      (pattern, text) => {
        assert.notEqual(found([pattern], text), found([`!${pattern}`], text))
        assert.equal(found([`/${pattern}/`], text), found([pattern], text))
      },
    ),
  )
})
