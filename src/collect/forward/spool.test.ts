import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseJson } from '../../../core/proof/json.ts'
import { base64, fromBase64, fromUtf8, utf8 } from '../../../core/proof/bytes.ts'
import { pae, payloadOf, readEnvelope } from '../../../core/proof/dsse.ts'
import { packed, signed, type Sender } from './batch.ts'
import type { Mark } from './mark.ts'
import { createDropLog } from './drop-log.ts'
import { Spool, type Batch, type Link } from './spool.ts'

const root = mkdtempSync(join(tmpdir(), 'runproof-spool-'))
after(() => rmSync(root, { recursive: true }))
const fresh = (): string => mkdtempSync(join(root, 's-'))

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const sender: Sender = {
  id: 'me',
  sign: (payloadType, payload) =>
    Promise.resolve({
      payloadType,
      payload: base64(payload),
      signatures: [{ keyid: 'k', sig: base64(sign('sha256', pae(payloadType, payload), privateKey)) }] as const,
    }),
}
const createdAt = '2026-01-01T00:00:00.000Z'
const markAt = (offset: number): Mark => ({
  file: '/log',
  inode: '7',
  offset,
  head: { bytes: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  readAt: 0,
  done: [],
})

async function put(spool: Spool, line: string, mark: Mark | null = null): Promise<Batch> {
  const batch = await signed(await packed([utf8(line)], 'gzip', mark), sender, {
    stream: spool.stream,
    after: spool.link,
    createdAt,
  })
  spool.put(batch)
  return batch
}

const headerOf = ({ envelope }: Batch): Record<string, unknown> =>
  parseJson(fromUtf8(payloadOf(readEnvelope(parseJson(fromUtf8(fromBase64(envelope))))))) as Record<string, unknown>

test('what was put is there after a crash: the same bytes, in order, with how far the log was read', async () => {
  const folder = fresh()
  const spool = new Spool(folder, () => 'first')
  const batches = [await put(spool, 'a', markAt(2)), await put(spool, 'b'), await put(spool, 'c', markAt(6))]
  const again = new Spool(folder, () => 'another')
  assert.deepEqual(
    [again.stream, again.batches, again.mark?.offset, again.link],
    ['first', 3, 6, { seq: 3, digest: batches[2]?.digest }],
  )
  for (const batch of batches) {
    assert.deepEqual(again.next(), batch)
    again.acknowledge(batch.seq)
  }
  assert.equal(again.next(), null)
  const last = new Spool(folder, () => 'another')
  assert.deepEqual(
    [last.acknowledged, last.batches, last.mark?.offset, last.link],
    [3, 0, 6, { seq: 3, digest: batches[2]?.digest }],
  )
  assert.deepEqual(
    batches.map((batch) => [headerOf(batch)['seq'], headerOf(batch)['prevDigest']]),
    [
      [1, null],
      [2, batches[0]?.digest],
      [3, batches[1]?.digest],
    ],
  )
})

test('files that a crash left between remembering and removing are removed', async () => {
  const folder = fresh()
  const spool = new Spool(folder, () => 'first')
  await put(spool, 'a')
  spool.acknowledge(1)
  writeFileSync(join(folder, 'stream-first', '000000000001.batch'), 'left over')
  writeFileSync(join(folder, 'stream-first', '.000000000002.batch.0a0b0c.tmp'), 'half')
  mkdirSync(join(folder, 'stream-unborn'))
  assert.equal(new Spool(folder, () => 'another').batches, 0)
  assert.deepEqual(readdirSync(folder).sort(), ['state.json', 'stream-first'])
  assert.deepEqual(readdirSync(join(folder, 'stream-first')), [])
})

test('a memory that is damaged or gone is refused, as what it knew cannot be guessed', async () => {
  const folder = fresh()
  await put(new Spool(folder, () => 'first'), 'a')
  const state = join(folder, 'state.json')
  writeFileSync(state, '{"format":"runproof.forward.state.v1"')
  assert.throws(() => new Spool(folder, () => 'another'), { code: 'file.unreadable', message: /state\.json/ })
  rmSync(state)
  assert.throws(() => new Spool(folder, () => 'another'), { code: 'file.unreadable', message: /missing/ })
})

test('what waits goes on as another stream, from 1, chained anew, and only then is the old one gone', async () => {
  const folder = fresh()
  const spool = new Spool(folder, () => 'first')
  await put(spool, 'a')
  spool.acknowledge(1)
  const [b, c] = [await put(spool, 'b', markAt(4)), await put(spool, 'c')]
  const make = (batch: Parameters<typeof signed>[0], after: Link): Promise<Batch> =>
    signed(batch, sender, { stream: 'second', after, createdAt })
  const first = await packed([utf8('what happened')], 'zstd', null)
  await spool.restream('second', { first, make, lost: () => Promise.reject(new Error('nothing is')) })
  const again = new Spool(folder, () => 'another')
  assert.deepEqual([again.stream, again.acknowledged, again.batches, again.mark?.offset], ['second', 0, 3, 4])
  const bodies: Uint8Array[] = []
  for (let batch = again.next(); batch !== null; batch = again.next()) {
    bodies.push(batch.body)
    assert.equal(headerOf(batch)['stream'], 'second')
    assert.equal(headerOf(batch)['seq'], bodies.length)
    again.acknowledge(batch.seq)
  }
  assert.deepEqual(bodies, [first.body, b.body, c.body])
})

test('that lines were dropped is remembered from the first one on; a crash takes the number alone', () => {
  const folder = fresh()
  const drops = createDropLog(folder)
  assert.equal(drops.current(), null)
  drops.add(1000)
  drops.add(1001)
  assert.deepEqual(drops.current(), { from: 1000, to: 1001, count: 2 })
  assert.deepEqual(createDropLog(folder).current(), { from: 1000, to: 1000, count: null })
  const told = drops.current() ?? assert.fail()
  drops.add(1500)
  drops.told(told)
  assert.deepEqual(drops.current(), { from: 1001, to: 1500, count: 1 })
  drops.told(drops.current() ?? assert.fail())
  assert.deepEqual([drops.current(), createDropLog(folder).current()], [null, null])
})
