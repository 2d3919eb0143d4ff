import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { mostLines, unifiedDiff } from './diff.ts'

/** What the difference makes of the first text. */
function apply(from: string, diff: string): string {
  const lines = from.split('\n').map((line) => `${line}\n`)
  const out: string[] = []
  let at = 0
  for (const [, start = '', count = '1', body = ''] of diff.matchAll(/^@@ -(\d+)(?:,(\d+))? \+[\d,]+ @@\n((?:[ +-].*\n)*)/gm)) {
    const first = Number(count) === 0 ? Number(start) : Number(start) - 1
    out.push(...lines.slice(at, first))
    at = first
    for (const line of body.split('\n').slice(0, -1)) {
      if (!line.startsWith('+')) {
        assert.equal(`${line.slice(1)}\n`, lines[at])
        at += 1
      }
      if (!line.startsWith('-')) out.push(`${line.slice(1)}\n`)
    }
  }
  return [...out, ...lines.slice(at)].join('').slice(0, -1)
}

test('one line of context, hunks apart where more than two lines are the same', () => {
  assert.equal(unifiedDiff('a\nc\n', 'a\nb\n'), '--- test\n+++ actual\n@@ -1,3 +1,3 @@\n a\n-c\n+b\n \n')
  assert.equal(unifiedDiff('<b>', '<a>'), '--- test\n+++ actual\n@@ -1 +1 @@\n-<b>\n+<a>\n')
  const far = unifiedDiff('x\n1\n2\n3\n4\ny', 'X\n1\n2\n3\n4\nY')
  assert.equal(far, '--- test\n+++ actual\n@@ -1,2 +1,2 @@\n-x\n+X\n 1\n@@ -5,2 +5,2 @@\n 4\n-y\n+Y\n')
  assert.equal(unifiedDiff('x\n1\n2\ny', 'X\n1\n2\nY').match(/@@ -/g)?.length, 1)
})

test('equal texts have no difference, and endless ones none that we show', () => {
  assert.equal(unifiedDiff('a\nb', 'a\nb'), '')
  assert.equal(unifiedDiff('\n'.repeat(mostLines + 1), 'x'), '')
})

test('property: the difference makes the second text of the first', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 14 }).map((lines) => lines.join('\n'))
  fc.assert(fc.property(text, text, (from, to) => assert.equal(apply(from, unifiedDiff(from, to)), to)))
})
