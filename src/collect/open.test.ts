import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { RunproofError } from '../../core/model/errors.ts'
import { openEvents, type ReadProgress } from './open.ts'

const folder = mkdtempSync(join(tmpdir(), 'runproof-open-'))
after(() => rmSync(folder, { recursive: true }))

const lines = Buffer.from('{"a":1}\n'.repeat(100_000))
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7])

async function read(bytes: Uint8Array, onProgress?: (progress: ReadProgress) => void): Promise<Buffer> {
  const path = join(folder, 'events')
  writeFileSync(path, bytes)
  const portions: Uint8Array[] = []
  for await (const portion of openEvents(path, { onProgress })) portions.push(portion)
  return Buffer.concat(portions)
}

async function readStdin(bytes: Uint8Array, size: number): Promise<Buffer> {
  // oxlint-disable-next-line typescript/require-await
  const stdin = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const portions: Uint8Array[] = []
  for await (const portion of openEvents('-', { stdin })) portions.push(portion)
  return Buffer.concat(portions)
}

const [zipped, zstd] = [gzipSync(lines), zstdCompressSync(lines)]

for (const [what, bytes, whole] of [
  ['plain', lines, lines],
  ['empty', Buffer.alloc(0), Buffer.alloc(0)],
  ['three bytes', Buffer.from('{}\n'), Buffer.from('{}\n')],
  ['gzip', zipped, lines],
  ['two gzip members', Buffer.concat([zipped, zipped]), Buffer.concat([lines, lines])],
  ['zstd', zstd, lines],
  ['three zstd frames', Buffer.concat([zstd, zstd, zstd]), Buffer.concat([lines, lines, lines])],
  ['a skippable zstd frame first', Buffer.concat([skippable, zstd, skippable]), lines],
] as const) {
  test(`${what}: every byte comes through, from a file and from a pipe in any portions`, async () => {
    assert.ok((await read(bytes)).equals(whole))
    assert.ok((await readStdin(bytes, zstd.length)).equals(whole))
    if (bytes.length < 10_000) assert.ok((await readStdin(bytes, 1)).equals(whole))
  })
}

for (const [what, bytes, why] of [
  ['gzip that is cut', zipped.subarray(0, 100), 'it is cut'],
  ['zstd that is cut', zstd.subarray(0, 30), 'it is cut'],
  ['gzip that is damaged', Buffer.concat([zipped.subarray(0, 30), Buffer.alloc(200, 7)]), 'damaged'],
  ['zstd with something behind it', Buffer.concat([zstd, Buffer.from('{"a":1}\n')]), 'something that is not compressed'],
] as const) {
  test(`${what} is an error that names the file, not a shorter file`, async () => {
    await assert.rejects(
      read(bytes),
      (error) =>
        error instanceof RunproofError &&
        error.code === 'events.unreadable' &&
        error.message.includes(folder) &&
        error.message.includes(why),
    )
  })
}

test('a folder and a missing file are refused by name', async () => {
  for (const path of [folder, join(folder, 'missing')]) {
    await assert.rejects(
      Array.fromAsync(openEvents(path)),
      (error) => error instanceof RunproofError && error.message.includes(path),
    )
  }
})

test('progress counts the bytes as they lie on disk', async () => {
  const seen: ReadProgress[] = []
  await read(zipped, (progress) => seen.push(progress))
  assert.deepEqual(seen.at(-1), { read: zipped.length, total: zipped.length })
})

test('what expands a thousandfold is never held as a whole', async () => {
  const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024))
  writeFileSync(join(folder, 'bomb'), bomb)
  const before = process.memoryUsage().rss
  let [bytes, largest, peak] = [0, 0, 0]
  for await (const portion of openEvents(join(folder, 'bomb'))) {
    bytes += portion.length
    largest = Math.max(largest, portion.length)
    peak = Math.max(peak, process.memoryUsage().rss)
  }
  assert.equal(bytes, 256 * 1024 * 1024)
  assert.ok(largest <= 256 * 1024)
  assert.ok(peak - before < 128 * 1024 * 1024, `${peak - before} bytes more`)
})

test('whoever stops early leaves nothing open', async () => {
  writeFileSync(join(folder, 'long'), Buffer.concat([zstd, zstd]))
  for await (const portion of openEvents(join(folder, 'long'))) {
    assert.ok(portion.length > 0)
    break
  }
})
