import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bodiesOf, key, record, recordsOf, scratchFolders } from './fixtures/logs.ts'
import { listSegments, openSegments } from './segments.ts'
import { systemFiles, type Files } from './write-segments.ts'

const fresh = scratchFolders()

/** A real disk of one megabyte, or why there is none. */
function smallDisk(): { readonly folder: string } | { readonly skip: string } {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-small-disk-'))
  after(() => {
    // Lazily: a test that failed may have left something open.
    if (mounted !== '') execFileSync('umount', ['-l', folder])
    rmdirSync(folder)
  })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return { skip: 'a small disk cannot be mounted here (no right, or no tmpfs)' }
  }
  return { folder }
}

const disk = smallDisk()
const skip = 'skip' in disk ? disk.skip : false
const mounted = 'folder' in disk ? disk.folder : ''

for (const maxSegmentBytes of [64 * 1024 * 1024, 20_000]) {
  test(
    `a full disk refuses, keeps what it had and goes on when there is room (segments of ${maxSegmentBytes})`,
    { skip },
    async () => {
      const folder = join(mounted, `s${maxSegmentBytes}`)
      const ballast = join(mounted, 'ballast')
      writeFileSync(ballast, Buffer.alloc(700 * 1024))
      const log = await openSegments({ folder, key, maxSegmentBytes })
      const kept: string[] = []
      const appended = async (i: number): Promise<boolean> => {
        const body = randomBytes(6000).toString('base64')
        // A pair shares one frame: both are kept or neither.
        const pair = [body, `${body} ${i}`]
        const settled = await Promise.allSettled(pair.map(async (one) => log.append(record(one, { encoding: 'gzip' }))))
        const errors = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as { code: string }] : []))
        assert.ok(errors.every(({ code }) => code === 'store.full') && [0, 2].includes(errors.length))
        if (errors.length === 0) kept.push(...pair)
        return errors.length === 0
      }
      let i = 0
      while (await appended(i++)) assert.ok(i < 100)
      assert.ok(kept.length > 10)
      assert.equal(await appended(i++), false)
      assert.deepEqual(bodiesOf(folder), kept)
      rmSync(ballast)
      for (let more = 0; more < 10; more++) assert.equal(await appended(i++), true)
      assert.equal(log.pending(), 0)
      await log.close()

      const again = await openSegments({ folder, key })
      assert.equal(again.cut, null)
      await again.close()
      assert.deepEqual(bodiesOf(folder), kept)
      rmSync(folder, { recursive: true })
    },
  )
}

/** The real files, of which the n-th use of one fails. */
function failing(what: 'write' | 'flush' | 'cut', uses: readonly number[], code: string): Files {
  let used = 0
  const fails = (): void => {
    if (uses.includes(++used)) throw Object.assign(new Error(`${code}: the disk failed`), { code })
  }
  if (what === 'cut') return { ...systemFiles, cut: (...given) => (fails(), systemFiles.cut(...given)) }
  if (what === 'flush') return { ...systemFiles, flush: async (fd) => (fails(), systemFiles.flush(fd)) }
  return { ...systemFiles, write: async (...given) => (fails(), systemFiles.write(...given)) }
}

test('after a flush that failed the segment gets nothing more, and what was rejected is not there', async () => {
  for (const files of [failing('flush', [3], 'EIO'), failing('write', [3], 'EIO')]) {
    const folder = fresh()
    const log = await openSegments({ folder, key, files })
    await log.append(record('one'))
    await log.append(record('two'))
    const lost = ['three', 'four'].map(async (body) => log.append(record(body)))
    for (const one of await Promise.allSettled(lost))
      assert.ok(one.status === 'rejected' && (one.reason as { code: string }).code === 'file.unwritable')
    assert.deepEqual(bodiesOf(folder), ['one', 'two'])
    await log.append(record('three'))
    assert.equal(listSegments(folder).length, 2)
    assert.equal(log.end().segment, 2)
    assert.deepEqual(bodiesOf(folder), ['one', 'two', 'three'])
    await log.close()
    const again = await openSegments({ folder, key })
    await again.append(record('four'))
    await again.close()
    assert.deepEqual(bodiesOf(folder), ['one', 'two', 'three', 'four'])
  }
})

test('what cannot be undone lies behind the end that the next segment names, and is not read', async () => {
  const folder = fresh()
  const cut = failing('cut', [1], 'EIO').cut
  const log = await openSegments({ folder, key, files: { ...failing('flush', [2], 'EIO'), cut } })
  await log.append(record('one'))
  await assert.rejects(log.append(record('two')), { code: 'file.unwritable' })
  await log.append(record('three'))
  await log.close()
  assert.deepEqual(bodiesOf(folder), ['one', 'three'])
  const again = await openSegments({ folder, key })
  await again.close()
  assert.equal(again.cut, null)
  assert.deepEqual(bodiesOf(folder), ['one', 'three'])
})

test('a disk that is found full only when flushing says so too', async () => {
  const folder = fresh()
  const log = await openSegments({ folder, key, files: failing('flush', [2, 3], 'ENOSPC') })
  await log.append(record('one'))
  for (const body of ['two', 'three']) await assert.rejects(log.append(record(body)), { code: 'store.full' })
  await log.append(record('four'))
  await log.close()
  assert.deepEqual(bodiesOf(folder), ['one', 'four'])
})

test('a write that takes only a part is carried on', async () => {
  const folder = fresh()
  const write: Files['write'] = async (fd, parts, offset) => {
    const all = Buffer.concat(parts)
    return systemFiles.write(fd, [all.subarray(0, Math.max(1, Math.floor(all.length / 3)))], offset)
  }
  const log = await openSegments({ folder, key, files: { ...systemFiles, write } })
  const body = randomBytes(5000)
  await log.append(record(body, { encoding: 'gzip' }))
  await log.append(record('two'))
  await log.close()
  const [first, second] = recordsOf(folder)
  assert.ok(first && body.equals(first.body))
  assert.equal(String(second?.body), 'two')
})
