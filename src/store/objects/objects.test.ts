import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { openObjects } from './objects.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-objects-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const fresh = (): string => mkdtempSync(join(scratch, 'o-'))
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
const text = Buffer.from('{"kind":"behaviour","count":1}\n'.repeat(1000))

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

/** Content in pieces of uneven length. */
function* split(content: Uint8Array, bytes: number): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += bytes) yield content.subarray(at, at + bytes)
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile())
}

test('any content comes back by its digest, whole or in pieces, however it was put', async () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(9000)).map(([unit, length]) => Buffer.alloc(length, unit)),
  )
  await fc.assert(
    fc.asyncProperty(
      content,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 4000 }),
      async (bytes, stream, pack, piece) => {
        const objects = openObjects(fresh())
        const digest = stream ? await objects.putStream(split(bytes, piece), { pack }) : objects.put(bytes, { pack })
        assert.equal(digest, sha256(bytes))
        assert.ok(Buffer.from(bytes).equals(objects.get(digest)))
        assert.ok(Buffer.from(bytes).equals(await collected(objects.getStream(digest))))
        assert.equal(objects.size(digest), bytes.length)
        assert.equal(objects.has(digest), true)
        assert.deepEqual([...objects.list()], [digest])
        assert.equal(filesIn(join(scratch)).filter((name) => name.endsWith('.tmp')).length, 0)
      },
    ),
    { numRuns: 30 },
  )
})

test('what packs is kept as gzip that others can read, what does not is kept as it is', () => {
  const folder = fresh()
  const objects = openObjects(folder)
  const noise = randomBytes(3000)
  const [packed, plain, small, asked] = [
    objects.put(text),
    objects.put(noise),
    objects.put(Buffer.from('{}')),
    objects.put(text.subarray(1), { pack: false }),
  ]
  const path = (digest: string): string => join(folder, digest.slice(0, 2), digest)
  assert.ok(gunzipSync(readFileSync(`${path(packed)}.gz`)).equals(text))
  assert.ok(readFileSync(path(plain)).equals(noise))
  assert.equal(readFileSync(path(small), 'utf8'), '{}')
  assert.ok(readFileSync(path(asked)).equals(text.subarray(1)))
  assert.deepEqual([...objects.list()], [packed, plain, small, asked].toSorted())
})

test('objects are read-only files of their owner', async () => {
  const folder = join(fresh(), 'deeper', 'objects')
  const objects = openObjects(folder)
  objects.put(text)
  await objects.putStream([randomBytes(100)])
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  const modes = filesIn(folder).map((name) => statSync(join(folder, name)).mode & 0o777)
  assert.deepEqual(modes, [0o400, 0o400])
})

test('putting the same again changes nothing', async () => {
  const folder = fresh()
  const digest = openObjects(folder).put(text)
  const objects = openObjects(folder)
  assert.equal(objects.put(text), digest)
  assert.equal(objects.put(text, { pack: false }), digest)
  assert.equal(await objects.putStream(split(text, 777)), digest)
  assert.equal(filesIn(folder).length, 1)
})

test('what is missing is refused, what is no digest too', async () => {
  const objects = openObjects(fresh())
  const digest = sha256(text)
  assert.equal(objects.has(digest), false)
  assert.equal(objects.remove(digest), false)
  assert.throws(() => objects.get(digest), { code: 'store.unreadable', message: /there is no object/ })
  assert.throws(() => objects.size(digest), { code: 'store.unreadable' })
  assert.throws(() => objects.getStream(digest), { code: 'store.unreadable' })
  for (const no of ['', '..', `../${digest}`, digest.toUpperCase(), `${digest}.gz`, `${digest}\n`]) {
    const acts = [
      () => objects.get(no),
      () => objects.has(no),
      () => objects.size(no),
      () => objects.remove(no),
      () => objects.getStream(no),
    ]
    for (const act of acts) assert.throws(act, { code: 'format.malformed' }, JSON.stringify(no))
  }
})

test('a damaged file is never handed out, not even its end, and never taken for the same content', async () => {
  const contents = [text, randomBytes(200_000), Buffer.from('{}')]
  for (const content of contents) {
    const folder = fresh()
    const objects = openObjects(folder)
    const digest = objects.put(content)
    const [name = ''] = filesIn(folder)
    const path = join(folder, name)
    const whole = readFileSync(path)
    const damages = [
      whole.with(0, (whole[0] ?? 0) ^ 1),
      whole.with(whole.length >> 1, (whole[whole.length >> 1] ?? 0) ^ 0x40),
      whole.subarray(0, -1),
      whole.subarray(0, 0),
      gzipSync(Buffer.alloc(100_000)),
    ]
    for (const bytes of damages) {
      chmodSync(path, 0o600)
      writeFileSync(path, bytes)
      const refused = { code: 'store.unreadable', message: new RegExp(`${digest}(\\.gz)? is damaged`) }
      assert.throws(() => objects.get(digest), refused)
      assert.throws(() => objects.put(content), refused)
      await assert.rejects(objects.putStream([content]), refused)
      let got = 0
      const reading = async (): Promise<void> => {
        for await (const piece of objects.getStream(digest)) got += piece.length
      }
      await assert.rejects(reading(), refused)
      // A file that holds something longer yields a beginning of that, but not its end either.
      assert.ok(got < Math.max(content.length, 100_000))
    }
    objects.remove(digest)
    assert.equal(objects.put(content), digest)
  }
})

test('a removed object is gone and can be put again', () => {
  const folder = fresh()
  const objects = openObjects(folder)
  const digest = objects.put(text)
  assert.equal(objects.remove(digest), true)
  assert.equal(objects.has(digest), false)
  assert.deepEqual([...objects.list()], [])
  assert.equal(objects.put(text), digest)
})

test('what a crash left between making and naming is taken away, what is in the making is not', () => {
  const folder = fresh()
  const digest = openObjects(folder).put(text)
  const left = [join(folder, '.incoming.00ff.tmp'), join(folder, digest.slice(0, 2), `.${digest}.gz.00ff.tmp`)]
  const young = join(folder, '.incoming.aaff.tmp')
  for (const path of [...left, young]) writeFileSync(path, 'half')
  const twoHoursAgo = Date.now() / 1000 - 7200
  for (const path of left) utimesSync(path, twoHoursAgo, twoHoursAgo)
  const objects = openObjects(folder)
  assert.deepEqual([...left, young].map(existsSync), [false, false, true])
  openObjects(folder, { now: () => Date.now() + 7_200_000 })
  assert.equal(existsSync(young), false)
  assert.ok(text.equals(objects.get(digest)))
})

test('many at once that put the same content all succeed, and it is there once', async () => {
  const folder = fresh()
  const large = Buffer.from(Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join(''))
  const putter = fileURLToPath(new URL('fixtures/put-many.ts', import.meta.url))
  const children = Array.from({ length: 3 }, async () => {
    const child = spawn(process.execPath, [putter, folder], { stdio: ['ignore', 'inherit', 'inherit'] })
    return once(child, 'exit')
  })
  const streams = Array.from({ length: 8 }, async (_, i) => openObjects(folder).putStream(split(large, 1000 + i)))
  assert.deepEqual(new Set(await Promise.all(streams)), new Set([sha256(large)]))
  for (const ended of await Promise.all(children)) assert.deepEqual(ended, [0, null])
  const objects = openObjects(folder)
  const digests = [...objects.list()]
  assert.equal(digests.length, 1 + 200)
  for (const digest of digests) assert.equal(sha256(objects.get(digest)), digest)
  assert.ok(filesIn(folder).every((name) => !name.endsWith('.tmp')))
})

test('a stream that fails leaves nothing', async () => {
  const folder = fresh()
  const objects = openObjects(folder)
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield text
    throw new Error('the sender went away')
  }
  for (const pack of [true, false]) await assert.rejects(objects.putStream(broken(), { pack }), /the sender went away/)
  assert.deepEqual(filesIn(folder), [])
})

test('a reader that stops early leaves no file open', async () => {
  const objects = openObjects(fresh())
  const open = (): number => readdirSync('/proc/self/fd').length
  const large = Buffer.from(Array.from({ length: 300_000 }, (_, i) => `line ${i * i}\n`).join(''))
  const digest = objects.put(large)
  const before = open()
  for await (const piece of objects.getStream(digest)) {
    assert.ok(piece.length < large.length)
    break
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.ok(open() <= before)
})

test('a large stream needs little memory', async () => {
  const objects = openObjects(fresh())
  const line = Buffer.from(`{"kind":"behaviour","fingerprint":"${'0123456789abcdef'.repeat(4)}"}\n`.repeat(700))
  const pieces = function* (): Generator<Uint8Array> {
    for (let i = 0; i < 2000; i++) yield line
  }
  let highest = 0
  const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage().arrayBuffers)), 5)
  const digest = await objects.putStream(pieces())
  let read = 0
  for await (const piece of objects.getStream(digest)) read += piece.length
  clearInterval(watch)
  assert.equal(read, 2000 * line.length)
  assert.ok(highest < read / 2, `${highest} bytes of buffers for ${read}`)
})

test('a folder that cannot be used is refused', () => {
  const path = join(fresh(), 'file')
  writeFileSync(path, '')
  assert.throws(() => openObjects(path), { code: 'store.unreadable' })
  const folder = fresh()
  const objects = openObjects(folder)
  // A file where the sub-folder belongs.
  writeFileSync(join(folder, sha256(text).slice(0, 2)), '')
  assert.throws(() => objects.put(text), { code: 'file.unwritable' })
  mkdirSync(join(folder, 'zz'))
  assert.equal(existsSync(join(folder, 'zz')), true)
})
