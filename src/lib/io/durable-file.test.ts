import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createFile, replaceFile } from './durable-file.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-file-'))
after(() => rmSync(scratch, { recursive: true }))
const fresh = (): string => mkdtempSync(join(scratch, 'd-'))

test('a file is replaced, with the mode that was asked for and nothing left beside it', () => {
  const folder = fresh()
  const path = join(folder, 'a')
  replaceFile(path, 'one')
  replaceFile(path, Uint8Array.of(0x74, 0x77, 0x6f), 0o600)
  assert.equal(readFileSync(path, 'utf8'), 'two')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(folder), ['a'])
})

test('a file is created once and never over another', () => {
  const folder = fresh()
  const path = join(folder, 'a')
  assert.equal(createFile(path, 'one', 0o600), true)
  assert.equal(createFile(path, 'two', 0o600), false)
  assert.equal(readFileSync(path, 'utf8'), 'one')
  assert.deepEqual(readdirSync(folder), ['a'])
})

test('a folder that is not there is an error', () => {
  assert.throws(() => replaceFile(join(fresh(), 'gone', 'a'), ''), { code: 'ENOENT' })
  assert.throws(() => createFile(join(fresh(), 'gone', 'a'), ''), { code: 'ENOENT' })
})
