import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Outlet, type Lost, type Sink } from './outlet.ts'
import { channel, fileSink, streamSink } from './sinks.ts'

const lost = ({ dropped }: Lost): string => `LOST ${dropped}`
const quiet = (): void => {}

/** A sink that takes, refuses or waits as it is told. */
function sinkOf(refuses: () => boolean): Sink & { readonly lines: () => readonly string[] } {
  let text = ''
  return {
    async write(bytes) {
      await new Promise((soon) => setImmediate(soon))
      if (refuses()) throw new Error('ENOSPC')
      text += Buffer.from(bytes).toString()
    },
    end: async () => {},
    lines: () => text.trimEnd().split('\n').filter(Boolean),
  }
}

test('whatever a sink refuses and however little may wait, every record is written or counted as lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
      fc.array(fc.boolean(), { maxLength: 20 }),
      fc.integer({ min: 20, max: 400 }),
      async (portions, refusals, bytes) => {
        const sink = sinkOf(() => refusals.shift() ?? false)
        const outlet = new Outlet({ sink, bytes, lost, retryMs: 1, say: quiet })
        let made = 0
        for (const portion of portions) {
          for (let i = 0; i < portion; i++) outlet.put(`record ${made++}`)
          await new Promise((soon) => setTimeout(soon, 1))
        }
        await outlet.end()
        const written = sink
          .lines()
          .filter((line) => line.startsWith('record'))
          .map((line) => Number(line.slice(7)))
        const told = sink
          .lines()
          .filter((line) => line.startsWith('LOST'))
          .reduce((sum, line) => sum + Number(line.slice(5)), 0)
        assert.equal(written.length + told, made)
        assert.equal(outlet.dropped, told)
        assert.deepEqual(
          written,
          written.toSorted((a, b) => a - b),
        )
      },
    ),
    { numRuns: 30 },
  )
})

test('a sink that never takes anything does not hold up the end, and what it did not take is counted', async () => {
  const stuck: Sink = { write: () => new Promise(() => {}), end: async () => {} }
  const outlet = new Outlet({ sink: stuck, lost, say: quiet })
  for (let i = 0; i < 5; i++) outlet.put('x')
  assert.equal(await outlet.end(20), 5)
})

test('a file is for its owner alone, grows at its end, and is begun anew when it was rotated away', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-sink-'))
  const path = join(folder, 'guard.ndjson')
  const sink = fileSink(path)
  await sink.write(Buffer.from('one\n'))
  renameSync(path, `${path}.1`)
  await sink.write(Buffer.from('two\n'))
  await sink.end()
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'one\n')
  assert.equal(readFileSync(path, 'utf8'), 'two\n')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const again = fileSink(path)
  await again.write(Buffer.from('three\n'))
  await again.end()
  assert.equal(readFileSync(path, 'utf8'), 'two\nthree\n')
  rmSync(folder, { recursive: true })
})

test('a slow stream makes its writer wait, and one that fails says so', async () => {
  const taken: (() => void)[] = []
  const slow = new Writable({ write: (_chunk, _encoding, done) => void taken.push(() => done()) })
  const sink = streamSink(slow)
  let isOver = false
  const writing = sink.write(Buffer.from('x')).then(() => (isOver = true))
  await new Promise((soon) => setImmediate(soon))
  assert.equal(isOver, false)
  taken[0]?.()
  await writing
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
  broken.on('error', quiet)
  await assert.rejects(streamSink(broken).write(Buffer.from('x')), /EPIPE/)
})

test('what goes into a channel comes out of it in order, and its end ends the reader', async () => {
  const pipe = channel()
  const read: string[] = []
  const reading = (async () => {
    for await (const bytes of pipe.stream()) read.push(Buffer.from(bytes).toString())
  })()
  await pipe.write(Buffer.from('a'))
  await pipe.write(Buffer.from('b'))
  await pipe.end()
  await reading
  assert.deepEqual(read, ['a', 'b'])
})
