import assert from 'node:assert/strict'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { MarkSchema, type Mark } from './mark.ts'
import { Tail, type Missing, type TailOptions } from './tail.ts'

const root = mkdtempSync(join(tmpdir(), 'runproof-tail-'))
after(() => rmSync(root, { recursive: true }))

let folders = 0
const fresh = (): string => mkdtempSync(join(root, `${folders++}-`))

type Read = { lines: string[]; missing: Missing[]; mark: Mark | null }

/** A reader that forgets everything but its mark whenever it is told to. */
function reader(path: string, options: Partial<TailOptions> = {}) {
  let clock = Date.now()
  const read: Read = { lines: [], missing: [], mark: null }
  const open = (): Tail =>
    new Tail({ path, mark: read.mark, from: 'start', lineLimit: 64, graceMs: 0, now: () => clock++, ...options })
  let tail = open()
  return {
    read,
    drain: (most = 7): void => {
      for (let taken = tail.take(most); taken !== null; taken = tail.take(most)) {
        read.mark = MarkSchema.parse(JSON.parse(JSON.stringify(taken.mark)))
        if (taken.missing !== null) read.missing.push(taken.missing)
        for (const line of taken.lines)
          read.lines.push('bytes' in line ? new TextDecoder().decode(line.bytes) : `(${line.tooLong} bytes)`)
      }
    },
    once: (): void => {
      const taken = tail.take(7)
      if (taken === null) return
      read.mark = taken.mark
      if (taken.missing !== null) read.missing.push(taken.missing)
      for (const line of taken.lines) if ('bytes' in line) read.lines.push(new TextDecoder().decode(line.bytes))
    },
    restart: (): void => {
      tail.close()
      tail = open()
    },
    close: () => tail.close(),
  }
}

test('lines come once and in order; one without its line break waits for it', () => {
  const path = join(fresh(), 'a.log')
  const { read, drain, close } = reader(path)
  drain()
  assert.deepEqual(read.lines, [], 'a log that is not there yet is waited for')
  writeFileSync(path, 'one\ntw')
  drain()
  appendFileSync(path, 'o\n\nthree\n')
  drain()
  drain()
  assert.deepEqual(read.lines, ['one', 'two', 'three'])
  close()
})

test('a restart goes on at the very byte, in the middle of a line too', () => {
  const path = join(fresh(), 'a.log')
  const { read, drain, restart, close } = reader(path)
  writeFileSync(path, 'one\ntwo\nthr')
  drain()
  restart()
  appendFileSync(path, 'ee\nfour\n')
  drain()
  assert.deepEqual(read.lines, ['one', 'two', 'three', 'four'])
  assert.deepEqual(read.missing, [])
  close()
})

test('a line beyond the limit becomes a mark of its length, and the next one is whole', () => {
  const path = join(fresh(), 'a.log')
  const { read, drain, close } = reader(path)
  writeFileSync(path, `one\n${'x'.repeat(1000)}\n${'y'.repeat(64)}\n`)
  drain()
  assert.deepEqual(read.lines, ['one', '(1000 bytes)', 'y'.repeat(64)])
  close()
})

for (const restarts of [false, true]) {
  const when = restarts ? 'while nobody reads' : 'under the reader'

  test(`renamed and made anew, several times, ${when}`, () => {
    const path = join(fresh(), 'tetragon.log')
    const { read, drain, restart, close } = reader(path)
    writeFileSync(path, '1\n2\n')
    drain()
    if (restarts) restart()
    appendFileSync(path, '3\n')
    renameSync(path, path.replace('.log', '-2026-01-01T00-00-00.000.log'))
    writeFileSync(path, '4\n')
    pause()
    renameSync(path, path.replace('.log', '-2026-01-01T00-00-01.000.log'))
    writeFileSync(path, '5\n6')
    drain()
    pause()
    renameSync(path, `${path}.1`)
    drain()
    assert.deepEqual(read.lines, ['1', '2', '3', '4', '5'], 'what was renamed may still be written')
    appendFileSync(`${path}.1`, '!\n')
    writeFileSync(path, '7\n')
    drain()
    assert.deepEqual(read.lines, ['1', '2', '3', '4', '5', '6!', '7'])
    assert.deepEqual(read.missing, [])
    close()
  })

  test(`copied and truncated ${when}: what was not read yet comes from the copy`, () => {
    const path = join(fresh(), 'falco.log')
    const { read, drain, restart, close } = reader(path)
    writeFileSync(path, 'one\ntwo\n')
    drain()
    if (restarts) restart()
    appendFileSync(path, 'three\n')
    copyFileSync(path, `${path}.1`)
    truncateSync(path)
    // Longer than what was read before: its size alone does not tell.
    appendFileSync(path, 'four\nfive\nsix\nseven\n')
    drain()
    assert.deepEqual(read.lines, ['one', 'two', 'three', 'four', 'five', 'six', 'seven'])
    assert.deepEqual(read.missing, [])
    close()
  })

  test(`truncated without a copy ${when}: the rest is read, and that something may be missing is said`, () => {
    const path = join(fresh(), 'falco.log')
    const { read, drain, restart, close } = reader(path)
    writeFileSync(path, 'one\ntwo\n')
    drain()
    if (restarts) restart()
    truncateSync(path)
    appendFileSync(path, 'three\n')
    drain()
    assert.deepEqual(read.lines, ['one', 'two', 'three'])
    assert.equal(read.missing.length, 1)
    assert.match(read.missing[0]?.why ?? '', restarts ? /is gone/ : /truncated/)
    close()
  })
}

test('a log that was packed before it was read is missing, and one that was read is not', () => {
  const path = join(fresh(), 'falco.log')
  const { read, drain, close } = reader(path)
  writeFileSync(path, 'one\n')
  drain()
  renameSync(path, `${path}.2`)
  writeFileSync(`${path}.1.gz`, gzipSync('two\n'))
  const later = Date.now() / 1000 + 60
  utimesSync(`${path}.1.gz`, later, later)
  writeFileSync(path, 'three\n')
  drain()
  assert.deepEqual(read.lines, ['one', 'three'])
  assert.match(read.missing[0]?.why ?? '', /falco\.log\.1\.gz was packed/)
  pause()
  renameSync(path, `${path}.0`)
  writeFileSync(path, 'four\n')
  rmSync(`${path}.1.gz`)
  drain()
  assert.equal(read.missing.length, 1)
  close()
})

test('a log of another name beside it is never read', () => {
  const folder = fresh()
  const path = join(folder, 'falco.log')
  const { read, drain, close } = reader(path)
  writeFileSync(path, 'one\n')
  drain()
  for (const name of ['falco-audit.log', 'falco.log.bak', 'falcon.log', 'falco.log.offset'])
    writeFileSync(join(folder, name), 'no\n')
  renameSync(path, `${path}.1`)
  writeFileSync(path, 'two\n')
  drain()
  assert.deepEqual(read.lines, ['one', 'two'])
  close()
})

test('a log that is begun at its end gives only what comes then, from the start of a line', () => {
  const path = join(fresh(), 'falco.log')
  writeFileSync(path, 'old\nhalf')
  const { read, drain, restart, close } = reader(path, { from: 'end' })
  drain()
  appendFileSync(path, ' a line\nnew\n')
  drain()
  restart()
  drain()
  assert.deepEqual(read.lines, ['half a line', 'new'])
  close()
})

/** The times of files tell their order only when they differ. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 9)
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write' as const), pieces: fc.array(fc.string({ maxLength: 9 }), { maxLength: 5 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('drain' as const, 'once' as const, 'restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rotate' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('renameOnly' as const, 'truncate' as const) }) },
)

test('whatever is written, rotated, truncated and restarted: every line once, in order, or missing and said so', () => {
  fc.assert(
    fc.property(fc.constantFrom('log.', 'log-'), fc.boolean(), fc.array(step, { maxLength: 30 }), (form, copies, steps) => {
      const folder = fresh()
      const path = join(folder, 'a.log')
      // A history from before the first start is nobody's business.
      writeFileSync(`${path}.99`, 'history\n')
      pause()
      writeFileSync(path, '0 begun\n')
      const { read, drain, once, restart, close } = reader(path)
      drain()
      let [number, rotations] = [1, 0]
      const written = ['0 begun']
      const rotated = (): string => {
        pause()
        rotations++
        return form === 'log.' ? `${path}.${1000 - rotations}` : join(folder, `a-2026-01-01T00-00-${rotations}.log`)
      }
      const begin = (): void => {
        if (!existsSync(path)) writeFileSync(path, '')
      }
      const copyAndTruncate = (): void => {
        if (!existsSync(path)) return
        copyFileSync(path, rotated())
        truncateSync(path)
      }
      let cut = false
      for (const act of steps) {
        switch (act.do) {
          case 'write':
            for (const piece of act.pieces) {
              const line = `${number++} ${piece.replaceAll(/[\n\ud800-\udfff]/g, '')}`
              written.push(line)
              // In two writes, so that a reader can come between them.
              appendFileSync(path, line.slice(0, 3))
              if (piece.length > 6) once()
              appendFileSync(path, `${line.slice(3)}\n`)
            }
            break
          case 'drain':
            drain()
            break
          case 'once':
            once()
            break
          case 'restart':
            restart()
            break
          case 'rotate':
            if (copies) copyAndTruncate()
            else if (existsSync(path)) renameSync(path, rotated())
            begin()
            break
          case 'renameOnly':
            if (existsSync(path) && !copies) renameSync(path, rotated())
            break
          case 'truncate':
            // A log that nobody has looked at can be emptied unseen; one that was looked at cannot.
            for (const look of [drain, () => {}]) {
              written.push(`${number++} then cut`)
              appendFileSync(path, `${written.at(-1) ?? ''}\n`)
              look()
            }
            truncateSync(path)
            cut = true
            break
        }
      }
      begin()
      drain()
      close()
      rmSync(folder, { recursive: true })
      if (!cut) {
        assert.deepEqual(read.missing, [])
        assert.deepEqual(read.lines, written)
        return
      }
      let at = -1
      for (const line of read.lines) {
        const found = written.indexOf(line, at + 1)
        assert.ok(found > at, `${line} is out of order, twice or never written`)
        at = found
      }
      if (read.lines.length < written.length) assert.ok(read.missing.length > 0, 'lines are missing and nobody says so')
    }),
    { numRuns: 150 },
  )
})
