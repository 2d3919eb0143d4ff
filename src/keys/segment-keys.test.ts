import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openKeys } from './keys.ts'

const made: string[] = []
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

test('a key of the segments that was given another name is an earlier one, and a new one is made', async () => {
  for (const passphrase of [null, 'correct horse']) {
    const data = newFolder()
    const keys = await openKeys({ dataDir: data, passphrase })
    const path = (name: string): string => join(data, 'keys', name)
    const [first] = await keys.segments()
    renameSync(path('segments.key'), path('segments.2026-02.key'))
    const [second, ...earlier] = await keys.segments()
    assert.notDeepEqual(second, first)
    assert.deepEqual(earlier, [first])
    renameSync(path('segments.key'), path('segments.2026-03.key'))
    assert.deepEqual((await keys.segments()).slice(1), [first, second])
  }
})

test('an earlier key that cannot be used is refused: what it encrypts could not be read', async () => {
  const data = newFolder()
  const keys = await openKeys({ dataDir: data })
  await keys.segments()
  const path = (name: string): string => join(data, 'keys', name)
  writeFileSync(path('segments.old.key'), 'something else', { mode: 0o600 })
  await assert.rejects(keys.segments(), { code: 'key.unreadable', message: /segments\.old\.key/ })
  writeFileSync(path('segments.old.key'), readFileSync(path('segments.key')), { mode: 0o600 })
  assert.equal((await keys.segments()).length, 2)
  await assert.rejects((await openKeys({ dataDir: data, passphrase: 'x' })).segments(), { code: 'key.unreadable' })
})

test('other files in the folder are no keys', async () => {
  const data = newFolder()
  const keys = await openKeys({ dataDir: data })
  await keys.segments()
  for (const name of [
    'segments..key',
    'segments.a b.key',
    'segments.old.key.bak',
    '.segments.key.tmp',
    `segments.${'x'.repeat(61)}.key`,
  ])
    writeFileSync(join(data, 'keys', name), 'x', { mode: 0o600 })
  assert.equal((await keys.segments()).length, 1)
  assert.ok(existsSync(join(data, 'keys', 'segments.key')))
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-keys-'))
  made.push(folder)
  return folder
}
