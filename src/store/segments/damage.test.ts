import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { copyFileSync, cpSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { bodiesOf, edit, framesOf, key, logWith, record, scratchFolders, segmentFile } from './fixtures/logs.ts'
import { openSegments, readSegments, START, type SegmentLog } from './segments.ts'

const fresh = scratchFolders()

function copyOf(folder: string): string {
  const copy = fresh()
  cpSync(folder, copy, { recursive: true })
  return copy
}

async function openAndClose(folder: string): Promise<SegmentLog['cut']> {
  const log = await openSegments({ folder, key })
  await log.close()
  return log.cut
}

async function refusedOnOpen(folder: string, message: RegExp): Promise<void> {
  const before = readFileSync(segmentFile(folder))
  await assert.rejects(openSegments({ folder, key }), { code: 'store.unreadable', message })
  assert.ok(readFileSync(segmentFile(folder)).equals(before), 'a refusal changes nothing')
}

function refusedOnRead(folder: string, message: RegExp): void {
  assert.throws(() => bodiesOf(folder), { code: 'store.unreadable', message })
}

test('a tail torn at any byte of the last frame is cut off exactly, and the log goes on', async () => {
  const folder = fresh()
  await logWith(folder, ['one', 'two', 'three'])
  const [, two, three] = framesOf(folder)
  assert.ok(two && three)
  for (let length = three.from; length < three.to; length++) {
    const torn = copyOf(folder)
    truncateSync(segmentFile(torn), length)
    assert.deepEqual(bodiesOf(torn), ['one', 'two'])
    const cut: SegmentLog['cut'] = { at: { segment: 1, offset: two.to }, bytes: length - three.from }
    assert.deepEqual(await openAndClose(torn), cut.bytes === 0 ? null : cut)
    assert.equal(statSync(segmentFile(torn)).size, two.to)
    if (length % 8 > 0) continue
    await logWith(torn, ['four'])
    assert.deepEqual(bodiesOf(torn), ['one', 'two', 'four'])
  }
})

test('a last frame of which a loss of power left any sectors unwritten is cut off', async () => {
  const folder = fresh()
  await logWith(folder, ['one', randomBytes(5000)])
  const [, last] = framesOf(folder)
  assert.ok(last)
  const sectors = Array.from({ length: Math.ceil(last.to / 512) }, (_, i) => i).slice(Math.floor(last.from / 512))
  await fc.assert(
    fc.asyncProperty(fc.subarray(sectors, { minLength: 1 }), async (unwritten) => {
      const torn = copyOf(folder)
      edit(segmentFile(torn), (bytes) => {
        for (const sector of unwritten) bytes.fill(0, Math.max(sector * 512, last.from), Math.min((sector + 1) * 512, last.to))
        return bytes
      })
      assert.deepEqual(bodiesOf(torn), ['one'])
      assert.deepEqual(await openAndClose(torn), { at: { segment: 1, offset: last.from }, bytes: last.to - last.from })
      assert.deepEqual(bodiesOf(torn), ['one'])
    }),
    { numRuns: 20 },
  )
})

test('a sector lost in the middle is damage: what follows it was acknowledged', async () => {
  const folder = fresh()
  await logWith(folder, ['one', randomBytes(5000), 'three'])
  const [, two] = framesOf(folder)
  assert.ok(two)
  for (const from of [two.from, 1024, two.to - 512]) {
    const damaged = copyOf(folder)
    edit(segmentFile(damaged), (bytes) => bytes.fill(0, from, Math.ceil((from + 1) / 512) * 512))
    const place = new RegExp(`0000000001\\.segment at byte ${two.from}:`)
    await refusedOnOpen(damaged, place)
    refusedOnRead(damaged, place)
  }
})

test('a bit flipped anywhere, in the last frame too, is refused with its place', async () => {
  const folder = fresh()
  await logWith(folder, ['one', 'two'])
  const frames = framesOf(folder)
  const path = segmentFile(folder)
  const whole = readFileSync(path)
  for (let i = 0; i < whole.length; i++) {
    const frame = frames.find(({ from, to }) => from <= i && i < to)
    const place = new RegExp(`0000000001\\.segment at byte ${frame?.from ?? 0}:`)
    edit(path, () => whole.with(i, (whole[i] ?? 0) ^ (1 << (i % 8))))
    refusedOnRead(folder, place)
    if (i % 13 === 0) await refusedOnOpen(folder, place)
  }
  edit(path, () => whole)
  assert.deepEqual(bodiesOf(folder), ['one', 'two'])
})

test('a bit flipped anywhere in a segment that was ended is refused when it is read', async () => {
  const folder = fresh()
  await logWith(folder, ['one', 'two', 'three'], { maxSegmentBytes: 600 })
  const path = segmentFile(folder)
  const whole = readFileSync(path)
  assert.deepEqual(new Set(framesOf(folder).map(({ segment }) => segment)), new Set([1, 2]))
  for (let i = 0; i < whole.length; i += 3) {
    edit(path, () => whole.with(i, (whole[i] ?? 0) ^ 0x10))
    refusedOnRead(folder, /0000000001\.segment at byte \d+:/)
  }
})

test('frames that change places, are left out or are repeated are refused', async () => {
  const folder = fresh()
  await logWith(folder, ['one', 'two', 'six', 'ten'])
  const [one, two, six, ten] = framesOf(folder)
  assert.ok(one && two && six && ten)
  assert.equal(two.to - two.from, six.to - six.from)
  const edits: readonly ((bytes: Buffer) => Uint8Array)[] = [
    (b) =>
      Buffer.concat([b.subarray(0, two.from), b.subarray(six.from, six.to), b.subarray(two.from, two.to), b.subarray(six.to)]),
    (b) => Buffer.concat([b.subarray(0, two.from), b.subarray(two.to)]),
    (b) => Buffer.concat([b, b.subarray(ten.from)]),
    (b) => Buffer.concat([b.subarray(0, ten.from), b.subarray(six.from, six.to)]),
  ]
  for (const change of edits) {
    const damaged = copyOf(folder)
    edit(segmentFile(damaged), change)
    await refusedOnOpen(damaged, /at byte \d+:/)
    refusedOnRead(damaged, /at byte \d+:/)
  }
})

test('a frame of another history of the same log does not fit in', async () => {
  const folder = fresh()
  await logWith(folder, ['one'])
  const other = copyOf(folder)
  await logWith(folder, ['two', 'six'])
  await logWith(other, ['ten', 'six'])
  const [, , six] = framesOf(folder)
  assert.ok(six)
  const stranger = readFileSync(segmentFile(other)).subarray(six.from)
  edit(segmentFile(folder), (bytes) => Buffer.concat([bytes.subarray(0, six.from), stranger]))
  await refusedOnOpen(folder, new RegExp(`at byte ${six.from}: the frame is not the one`))
  refusedOnRead(folder, new RegExp(`at byte ${six.from}: the frame is not the one`))
})

test('segments that change places, are missing, shorter or of another log are refused', async () => {
  const folder = fresh()
  await logWith(folder, ['one', 'two', 'six'], { maxSegmentBytes: 300 })
  const other = fresh()
  await logWith(other, ['one', 'two', 'six'], { maxSegmentBytes: 300 })
  const path = (copy: string, number: number): string => segmentFile(copy, number)
  const changes: readonly (readonly [RegExp, (copy: string) => void])[] = [
    [/0000000001\.segment at byte 0: it is segment 2, not 1/, (copy) => copyFileSync(path(copy, 2), path(copy, 1))],
    [/0000000002\.segment at byte 0: it is missing/, (copy) => rmSync(path(copy, 2))],
    [/0000000001\.segment at byte \d+: it ends here/, (copy) => truncateSync(path(copy, 1), statSync(path(copy, 1)).size - 64)],
    [/0000000002\.segment at byte 0: it does not begin/, (copy) => truncateSync(path(copy, 2), 100)],
  ]
  for (const [message, change] of changes) {
    const damaged = copyOf(folder)
    change(damaged)
    await assert.rejects(openSegments({ folder: damaged, key }), { code: 'store.unreadable', message })
    assert.throws(() => bodiesOf(damaged), { code: 'store.unreadable' })
  }
  const mixed = copyOf(folder)
  copyFileSync(path(other, 1), path(mixed, 1))
  refusedOnRead(mixed, /0000000001\.segment at byte \d+: the next segment was begun after another frame/)
})

test('a log that lost its end since it was read is refused by who has read further', async () => {
  const folder = fresh()
  await logWith(folder, ['one', 'two'])
  const [, two] = framesOf(folder)
  assert.ok(two)
  truncateSync(segmentFile(folder), two.from)
  const from = { segment: 1, offset: two.to }
  assert.throws(() => [...readSegments({ folder, key, from })], { code: 'store.unreadable', message: /it ends here/ })
})

test('no two frames and no two segments are sealed alike, not even when one was undone', async () => {
  const folder = fresh()
  await logWith(folder, ['one', 'two'])
  const [, two] = framesOf(folder)
  assert.ok(two)
  const nonce = (copy: string): string => readFileSync(segmentFile(copy)).toString('hex', two.from + 8, two.from + 20)
  const nonces = new Set<string>()
  for (let i = 0; i < 5; i++) {
    const copy = copyOf(folder)
    truncateSync(segmentFile(copy), two.to - 1)
    const log = await openSegments({ folder: copy, key })
    await log.append(record('two'))
    await log.close()
    nonces.add(nonce(copy))
  }
  assert.equal(nonces.add(nonce(folder)).size, 6)
  assert.equal([...readSegments({ folder, key, from: START })].length, 2)
})
