import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { RunproofError } from '../../../core/model/errors.ts'
import { readBounded } from './read-bounded.ts'

const isTooLarge = (error: unknown): boolean => error instanceof RunproofError && error.code === 'format.too_large'

test('a file is read to its last byte, and one byte above the limit is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-bounded-'))
  const path = join(folder, 'file')
  const bytes = Buffer.alloc(200_000, 'abc')
  writeFileSync(path, bytes)
  assert.ok(readBounded(path, 200_000).equals(bytes))
  assert.throws(() => readBounded(path, 199_999), isTooLarge)
  writeFileSync(path, '')
  assert.equal(readBounded(path, 0).length, 0)
  rmSync(folder, { recursive: true })
})

test('what never ends is given up at the limit, what is no file says so', { skip: process.platform === 'win32' }, () => {
  assert.throws(() => readBounded('/dev/zero', 1_000_000), isTooLarge)
  assert.throws(() => readBounded('/nonexistent/file', 10), { code: 'ENOENT' })
  assert.throws(() => readBounded(tmpdir(), 10), { code: 'EISDIR' })
})
