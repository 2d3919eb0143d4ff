import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { bodiesOf, framesOf, key, keyFor, logWith, record, recordsOf, scratchFolders, segmentFile } from './fixtures/logs.ts'
import {
  comparePositions,
  listSegments,
  openSegments,
  pruneSegments,
  readSegments,
  START,
  type RecordMeta,
  type SegmentRecord,
} from './segments.ts'

const fresh = scratchFolders()

/** What JSON makes of a value: -0 is 0. */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as NonNullable<RecordMeta['batch']>['envelope'])
const asWritten = { noNullPrototype: true }
const anyRecord: fc.Arbitrary<SegmentRecord> = fc.record({
  meta: fc.record(
    {
      sensor: fc.constantFrom('falco', 'tetragon', 'auto'),
      source: fc.string({ unit: 'binary' }),
      scopes: fc.option(fc.array(fc.string(), { maxLength: 3 })),
      receivedMs: fc.nat(2 ** 45),
      encoding: fc.constantFrom('identity', 'gzip', 'zstd'),
      batch: fc.option(fc.record({ id: fc.string(), part: fc.nat(), digest: fc.string(), envelope: json }, asWritten)),
    },
    asWritten,
  ),
  body: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 1, maxLength: 9 }).map(repeated)),
})

function repeated(bytes: Uint8Array): Uint8Array {
  return Buffer.alloc(5000 * bytes.length, bytes)
}

/** Buffers and plain arrays of bytes are alike here. */
function plain(records: readonly SegmentRecord[]): readonly unknown[] {
  return records.map(({ meta, body }) => ({ meta, body: new Uint8Array(body) }))
}

test('any sequence of appends, awaited or not, over any reopening, is read back exactly and in order', async () => {
  const step = fc.record({ records: fc.array(anyRecord, { maxLength: 5 }), together: fc.boolean(), reopen: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), fc.constantFrom(200, 2000, 1e9), async (steps, maxSegmentBytes) => {
      const folder = fresh()
      let log = await openSegments({ folder, key, maxSegmentBytes })
      for (const { records, together, reopen } of steps) {
        const waiting = []
        for (const one of records) {
          const appended = log.append(one)
          waiting.push(appended)
          if (!together) await appended
        }
        const places = await Promise.all(waiting)
        assert.deepEqual(places, places.toSorted(comparePositions))
        if (!reopen) continue
        await log.close()
        log = await openSegments({ folder, key, maxSegmentBytes })
        assert.equal(log.cut, null)
      }
      assert.deepEqual(plain(recordsOf(folder)), plain(steps.flatMap(({ records }) => records)))
      await log.close()
    }),
    { numRuns: 30 },
  )
})

test('records that wait together share frames, and each caller gets the place of its own', async () => {
  const folder = fresh()
  const log = await openSegments({ folder, key })
  const places = await Promise.all(Array.from({ length: 300 }, async (_, i) => log.append(record(`event ${i}`))))
  const frames = [...readSegments({ folder, key, from: START, until: log.end() })]
  assert.ok(frames.length < 10, `${frames.length} frames`)
  const found = frames.flatMap(({ at, records }) => records.map(({ body }) => [Buffer.from(body).toString(), at] as const))
  assert.deepEqual(
    found,
    places.map((at, i) => [`event ${i}`, at]),
  )
  await log.close()
})

test('what is pending goes down to nothing, and never past it', async () => {
  const log = await openSegments({ folder: fresh(), key })
  assert.equal(log.pending(), 0)
  const appended = log.append(record('x'.repeat(1000)))
  assert.ok(log.pending() > 1000)
  await appended
  assert.equal(log.pending(), 0)
  await log.close()
})

test('closing flushes what waits; later appends are refused', async () => {
  const folder = fresh()
  const log = await openSegments({ folder, key })
  const waiting = ['a', 'b', 'c'].map(async (body) => log.append(record(body)))
  await log.close()
  await log.close()
  await Promise.all(waiting)
  await assert.rejects(log.append(record('d')), /closed/)
  assert.deepEqual(bodiesOf(folder), ['a', 'b', 'c'])
})

test('large bodies have frames of their own; a larger one is refused and the others are not', async () => {
  const folder = fresh()
  const log = await openSegments({ folder, key })
  const megabyte = 1024 * 1024
  const sizes = [10, 5 * megabyte, 10, 64 * megabyte + 1, 3 * megabyte, 3 * megabyte]
  const settled = await Promise.allSettled(sizes.map(async (size) => log.append(record(Buffer.alloc(size, 'a')))))
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  assert.equal(settled[3]?.status === 'rejected' && (settled[3].reason as { code: string }).code, 'format.too_large')
  assert.equal(log.pending(), 0)
  const frames = [...readSegments({ folder, key, from: START })].map(({ records }) => records.map(({ body }) => body.length))
  assert.deepEqual(frames, [[10], [5 * megabyte], [10, 3 * megabyte], [3 * megabyte]])
  await log.close()
})

test('text is packed, what was packed already is stored as it came', async () => {
  const body = Buffer.from('{"rule":"Terminal shell in container"}\n'.repeat(2000))
  const [asText, asGzip] = [fresh(), fresh()]
  await logWith(asText, [])
  const log = await openSegments({ folder: asText, key })
  await log.append(record(body))
  await log.close()
  await logWith(asGzip, [gzipSync(body, { level: 0 })])
  assert.ok(statSync(segmentFile(asText)).size < body.length / 20)
  assert.ok(statSync(segmentFile(asGzip)).size > body.length)
  assert.deepEqual(bodiesOf(asText), [String(body)])
})

test('nothing of a record can be read in the file', async () => {
  const folder = fresh()
  await logWith(folder, ['a secret that nobody may see'])
  const bytes = readFileSync(segmentFile(folder))
  for (const word of ['secret', 'falco', 'node-a']) assert.equal(bytes.includes(word), false, word)
})

test('folder and files are their owner’s alone', async () => {
  const folder = join(fresh(), 'deeper', 'segments')
  await logWith(folder, ['a'])
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(statSync(segmentFile(folder)).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder, 'lock')).mode & 0o777, 0o600)
})

test('what a crash left of a segment in the making is taken away', async () => {
  const folder = fresh()
  const left = join(folder, '.0000000001.segment.0123456789ab.tmp')
  writeFileSync(left, 'half a header')
  await logWith(folder, ['a'])
  assert.throws(() => statSync(left), { code: 'ENOENT' })
  assert.deepEqual(bodiesOf(folder), ['a'])
})

test('a second writer is refused, in this process too, until the first has closed', async () => {
  const folder = fresh()
  const first = await openSegments({ folder, key })
  await assert.rejects(openSegments({ folder, key }), { code: 'store.busy' })
  await first.append(record('a'))
  await first.close()
  await logWith(folder, ['b'])
  assert.deepEqual(bodiesOf(folder), ['a', 'b'])
})

test('another key is refused by name, and so is one that is no key', async () => {
  const folder = fresh()
  await logWith(folder, ['a'])
  const other = keyFor('other')
  await assert.rejects(openSegments({ folder, key: other }), { code: 'store.unreadable', message: /another key/ })
  assert.throws(() => [...readSegments({ folder, key: other, from: START })], {
    code: 'store.unreadable',
    message: /another key/,
  })
  await assert.rejects(openSegments({ folder, key: other.subarray(1) }), { code: 'key.malformed' })
  // The refusals left nothing locked.
  await logWith(folder, ['b'])
  assert.deepEqual(bodiesOf(folder), ['a', 'b'])
})

test('a folder that cannot be used is refused', async () => {
  const path = join(fresh(), 'file')
  writeFileSync(path, '')
  await assert.rejects(openSegments({ folder: path, key }), { code: 'store.unreadable' })
  await assert.rejects(openSegments({ folder: join(path, 'deeper'), key }), { code: 'store.unreadable' })
})

test('reading goes on from any place that it had come to, across segments, while the log grows', async () => {
  const folder = fresh()
  const log = await openSegments({ folder, key, maxSegmentBytes: 700 })
  const seen: string[] = []
  let from = START
  for (let i = 0; i < 20; i++) {
    await log.append(record(`event ${i}`))
    if (i % 3 === 0) continue
    for (const { records, next } of readSegments({ folder, key, from, until: log.end() })) {
      seen.push(...records.map(({ body }) => Buffer.from(body).toString()))
      from = next
    }
    assert.equal(comparePositions(from, log.end()), 0)
    assert.deepEqual([...readSegments({ folder, key, from })], [])
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, i) => `event ${i}`),
  )
  assert.ok(from.segment > 3)
  await log.close()
})

test('reading stops at the place that it was given, in an earlier segment too', async () => {
  const folder = fresh()
  await logWith(folder, ['a', 'b', 'c', 'd', 'e'], { maxSegmentBytes: 600 })
  const frames = [...readSegments({ folder, key, from: START })]
  assert.ok((frames.at(-1)?.at.segment ?? 0) >= 2)
  frames.forEach(({ next }, i) => {
    assert.deepEqual([...readSegments({ folder, key, from: START, until: next })], frames.slice(0, i + 1))
  })
  assert.deepEqual([...readSegments({ folder, key, from: START, until: { segment: 1, offset: 128 } })], [])
})

test('a log that was not made yet has nothing; a place that it never had is refused', async () => {
  const folder = fresh()
  assert.deepEqual([...readSegments({ folder, key, from: START })], [])
  await logWith(folder, ['a', 'b'])
  const [frame] = framesOf(folder)
  const refused = (from: { segment: number; offset: number }): void =>
    assert.throws(() => [...readSegments({ folder, key, from })], { code: 'store.unreadable' }, JSON.stringify(from))
  refused({ segment: 2, offset: 0 })
  refused({ segment: 1, offset: 1_000_000 })
  refused({ segment: 1, offset: (frame?.to ?? 0) - 64 })
  refused({ segment: 1, offset: (frame?.to ?? 0) + 1 })
  assert.throws(() => [...readSegments({ folder, key, from: START, until: { segment: 1, offset: 1_000_000 } })], {
    code: 'store.unreadable',
  })
})

test('segments are listed with their times, and the times come from the caller’s clock', async () => {
  const folder = fresh()
  let ms = 1000
  await logWith(folder, ['a', 'b', 'c'], { maxSegmentBytes: 300, now: () => (ms += 1000) })
  const listed = listSegments(folder)
  assert.deepEqual(
    listed.map(({ segment, createdMs, endedMs, bytes, path }) => [segment, createdMs, endedMs, bytes === statSync(path).size]),
    [
      [1, 2000, 3000, true],
      [2, 3000, 4000, true],
      [3, 4000, null, true],
    ],
  )
})

test('pruning takes old segments that were read, keeps what is needed, and never the newest', async () => {
  const made = async (): Promise<string> => {
    const folder = fresh()
    let ms = 1000
    await logWith(folder, ['a', 'b', 'c', 'd'], { maxSegmentBytes: 300, now: () => (ms += 1000) })
    return folder
  }
  const left = async (segment: number, endedBeforeMs: number): Promise<readonly number[]> => {
    const folder = await made()
    const removed = pruneSegments({ folder, before: { segment, offset: 128 }, endedBeforeMs })
    const rest = listSegments(folder).map(({ segment }) => segment)
    assert.deepEqual([...removed.map(({ segment }) => segment), ...rest], [1, 2, 3, 4])
    return rest
  }
  assert.deepEqual(await left(4, 1e9), [4])
  assert.deepEqual(await left(99, 1e9), [4])
  assert.deepEqual(await left(3, 1e9), [3, 4])
  assert.deepEqual(await left(1, 1e9), [1, 2, 3, 4])
  assert.deepEqual(await left(4, 3001), [2, 3, 4])
  assert.deepEqual(await left(4, 3000), [1, 2, 3, 4])
})

test('a pruned log is appended to and read on; who asks for what was deleted is refused', async () => {
  const folder = fresh()
  await logWith(folder, ['a', 'b', 'c'], { maxSegmentBytes: 300 })
  pruneSegments({ folder, before: { segment: 3, offset: 0 }, endedBeforeMs: Number.MAX_SAFE_INTEGER })
  await logWith(folder, ['d'], { maxSegmentBytes: 300 })
  assert.deepEqual(bodiesOf(folder, { segment: 3, offset: 0 }), ['c', 'd'])
  assert.throws(() => bodiesOf(folder), { code: 'store.unreadable' })
})

test('other files in the folder do not matter', async () => {
  const folder = fresh()
  writeFileSync(join(folder, 'notes.txt'), 'hello')
  mkdirSync(join(folder, '1.segment'))
  chmodSync(folder, 0o700)
  await logWith(folder, ['a'])
  assert.deepEqual(bodiesOf(folder), ['a'])
})
