import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { memoryFiles } from './files.ts'
import { expandGlob, joinPath } from './glob.ts'

const files = memoryFiles({
  'a.yaml': '',
  'b.yaml': '',
  'sub/a.yaml': '',
  'sub/b.yml': '',
  'sub/.hidden.yaml': '',
  'x-y.yaml': '',
})

test('globs match as Go’s filepath.Glob does, in order', () => {
  assert.deepEqual(expandGlob('*.yaml', files), ['a.yaml', 'b.yaml', 'x-y.yaml'])
  assert.deepEqual(expandGlob('sub/*.y*ml', files), ['sub/.hidden.yaml', 'sub/a.yaml', 'sub/b.yml'])
  assert.deepEqual(expandGlob('*/?.yaml', files), ['sub/a.yaml'])
  assert.deepEqual(expandGlob('[^a].yaml', files), ['b.yaml'])
  assert.deepEqual(expandGlob('x\\-y.yaml', files), ['x-y.yaml'])
  assert.deepEqual(expandGlob('a.yaml', files), ['a.yaml'])
  assert.deepEqual(expandGlob('nope.yaml', files), [])
})

test('a pattern that is none is refused', () => {
  for (const pattern of ['[', '[]', '[a-]', 'a\\', '[-a]']) {
    assert.throws(() => expandGlob(pattern, files), { message: 'syntax error in pattern' }, pattern)
  }
})

test('paths are joined and cleaned as in Go', () => {
  assert.equal(joinPath('', 'a'), 'a')
  assert.equal(joinPath('.', './a/'), 'a')
  assert.equal(joinPath('x/y', '../z'), 'x/z')
})

test('a pattern of stars is matched in linear time, and rightly', () => {
  const name = 'a'.repeat(200)
  const own = memoryFiles({ [name]: '' })
  assert.deepEqual(expandGlob(`${'*a'.repeat(100)}b`, own), [])
  assert.deepEqual(expandGlob('*a'.repeat(100), own), [name])
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 8 }),
      (text, pattern) => {
        const simple = new RegExp(`^${pattern.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`)
        assert.equal(
          expandGlob(`${pattern}*`, memoryFiles({ [text]: '' })).length > 0,
          new RegExp(simple.source.replace('$', '[^]*$')).test(text),
        )
      },
    ),
  )
})
