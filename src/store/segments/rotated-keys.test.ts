import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { listSegments, openSegments, readSegments, START, type RecordMeta, type SegmentKeys } from './segments.ts'

const made: string[] = []
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})
const [oldest, older, current] = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill)) as [Uint8Array, Uint8Array, Uint8Array]

test('with a new key a new segment begins, and with the earlier keys all of it is read', async () => {
  const folder = newFolder()
  await append(folder, oldest, 'one')
  await append(folder, [older, oldest], 'two')
  await append(folder, [older, oldest], 'three')
  await append(folder, [current, oldest, older], 'four')
  assert.equal(listSegments(folder).length, 3)
  assert.deepEqual(read(folder, [current, older, oldest]), ['one', 'two', 'three', 'four'])
  // Which key is current is of no concern to a reader.
  assert.deepEqual(read(folder, [oldest, older, current]), ['one', 'two', 'three', 'four'])
})

test('a segment is not begun before there is something for it', async () => {
  const folder = newFolder()
  await append(folder, oldest, 'one')
  for (let start = 0; start < 3; start++) await (await openSegments({ folder, key: [current, oldest] })).close()
  assert.equal(listSegments(folder).length, 1)
  await append(folder, [current, oldest], 'two')
  assert.deepEqual(read(folder, [current, oldest]), ['one', 'two'])
})

test('without an earlier key its segments are not read, and nothing is written after them', async () => {
  const folder = newFolder()
  await append(folder, oldest, 'one')
  await append(folder, [current, oldest], 'two')
  const refused = { code: 'store.unreadable', message: /another key/ }
  assert.throws(() => read(folder, current), refused)
  assert.throws(() => read(folder, [current, older]), refused)
  assert.throws(() => read(folder, oldest), refused)
  await assert.rejects(openSegments({ folder, key: current }), refused)
})

test('a list of keys without a key, or with one that is none, is refused', async () => {
  for (const key of [[], [current, new Uint8Array(31)]]) {
    await assert.rejects(openSegments({ folder: newFolder(), key }), { code: 'key.malformed' })
    assert.throws(() => read(newFolder(), key), { code: 'key.malformed' })
  }
})

async function append(folder: string, key: SegmentKeys, body: string): Promise<void> {
  const meta: RecordMeta = { sensor: 'auto', source: 'test', scopes: null, receivedMs: 0, encoding: 'identity', batch: null }
  const log = await openSegments({ folder, key })
  await log.append({ meta, body: new TextEncoder().encode(body) })
  await log.close()
}

function read(folder: string, key: SegmentKeys): string[] {
  return [...readSegments({ folder, key, from: START })].flatMap(({ records }) =>
    records.map(({ body }) => new TextDecoder().decode(body)),
  )
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-segments-'))
  made.push(folder)
  return folder
}
