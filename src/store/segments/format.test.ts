import assert from 'node:assert/strict'
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { crc32, zstdDecompressSync } from 'node:zlib'
import { keyFor, scratchFolders, segmentFile } from './fixtures/logs.ts'
import { openSegments, readSegments, START } from './segments.ts'

const fresh = scratchFolders()
const key = keyFor('released')
const released = [1, 2].map((number) =>
  Buffer.from(readFileSync(new URL(`fixtures/released-v1.${number}.base64`, import.meta.url), 'utf8'), 'base64'),
)
const base = { sensor: 'falco', source: 'node-a', scopes: null, receivedMs: 1_767_225_600_000, encoding: 'identity', batch: null }
const expected = [
  [{ ...base, scopes: ['payments/production'] }, '{"rule":"Terminal shell in container"}\n'],
  [{ ...base, source: 'node-b' }, '{"rule":"Packed"}\n'.repeat(40)],
  [{ ...base, sensor: 'auto', batch: { id: 'b1', part: 2, digest: 'd', envelope: { kind: 'batch' } } }, ''],
  [{ ...base, encoding: 'gzip' }, 'third'],
  [{ ...base, encoding: 'zstd' }, 'in the next'],
]

test('segments of version 1 are frozen: released logs are read and gone on with', async () => {
  const folder = fresh()
  released.forEach((bytes, i) => writeFileSync(segmentFile(folder, i + 1), bytes))
  const log = await openSegments({ folder, key })
  const { segment } = await log.append({ meta: { ...base, encoding: 'identity' }, body: Buffer.from('today') })
  await log.close()
  assert.equal(segment, 2)
  const read = [...readSegments({ folder, key, from: START })].flatMap(({ records }) => records)
  assert.deepEqual(
    read.map(({ meta, body }) => [meta, String(body)]),
    [...expected, [base, 'today']],
  )
})

test('a reader written from docs/formats/segments.md alone reads the same', () => {
  const read = released.flatMap((bytes, i) => documented(bytes, i + 1))
  assert.deepEqual(read, expected)
})

/** Shares nothing with the code under test. */
function documented(file: Buffer, number: number): readonly unknown[] {
  const hkdf = (salt: Buffer, info: string, bytes: number): Buffer => Buffer.from(hkdfSync('sha256', key, salt, info, bytes))
  const u64 = (at: number): number => Number(file.readBigUInt64BE(at))
  assert.deepEqual([file.toString('latin1', 0, 8), u64(8), u64(16)], ['RPSEG001', number, base.receivedMs])
  assert.ok(file.subarray(24, 32).equals(hkdf(Buffer.alloc(0), 'runproof.segments.key-id.v1', 8)))
  const own = hkdf(file.subarray(32, 64), 'runproof.segments.frames.v1', 32)
  unsealed(own, Buffer.alloc(12), file.subarray(0, 112), Buffer.alloc(0), file.subarray(112, 128))
  assert.ok(number > 1 || file.subarray(64, 96).equals(Buffer.alloc(32)))

  const records: unknown[] = []
  let [at, before, count] = [128, file.subarray(112, 128), 0]
  while (at < file.length) {
    const head = file.subarray(at, at + 64)
    const place = Buffer.alloc(16)
    place.writeUInt32BE(number, 4)
    place.writeUInt32BE(at, 12)
    const [packed, plain] = [head.readUInt32BE(20), head.readUInt32BE(24)]
    const next = at + 64 + 64 * Math.ceil(packed / 64)
    assert.equal(head.toString('latin1', 0, 4), 'RPF1')
    assert.equal(head.readUInt32BE(8), ++count)
    assert.ok(head.subarray(28, 44).equals(before))
    assert.equal(head.readUInt32BE(60), crc32(Buffer.concat([head.subarray(0, 60), place])))
    const aad = Buffer.concat([head.subarray(0, 44), place])
    const filled = unsealed(own, head.subarray(8, 20), aad, file.subarray(at + 64, next), head.subarray(44, 60))
    const content = head[5] === 1 ? zstdDecompressSync(filled.subarray(0, packed)) : filled.subarray(0, packed)
    assert.equal(content.length, plain)
    assert.equal(head[4], number === 1 && next === file.length ? 2 : 1)
    for (let from = 0; from < plain;) {
      const body = from + 8 + content.readUInt32BE(from)
      const end = body + content.readUInt32BE(from + 4)
      records.push([JSON.parse(content.toString('utf8', from + 8, body)), content.toString('utf8', body, end)])
      from = end
    }
    before = head.subarray(44, 60)
    at = next
  }
  if (number === 1) {
    const [, second] = released
    assert.ok(second)
    assert.ok(second.subarray(80, 96).equals(before))
    assert.deepEqual([second.readUInt32BE(68), second.readUInt32BE(76)], [at, count])
  }
  return records
}

function unsealed(own: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer, tag: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', own, nonce).setAAD(aad).setAuthTag(tag)
  return Buffer.concat([decipher.update(sealed), decipher.final()])
}
