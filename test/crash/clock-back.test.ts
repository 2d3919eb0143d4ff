import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { globSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { instantMs } from '../../core/model/time.ts'
import { scratch } from '../sample.ts'
import { startServer } from './server.ts'
import { makeWorld } from './world.ts'

test(
  'with the clock set back before the ledger’s last signature it does not start, and changes nothing',
  { timeout: 60_000 },
  async () => {
    const folder = scratch()
    const data = join(folder, 'data')
    const clock = { startedMs: Date.now(), baseMs: instantMs('2026-03-02T12:00:00Z'), speed: 1 }
    await makeWorld(data, clock)
    const before = contentOf(data)

    const early = startServer({ data, clock: { ...clock, startedMs: Date.now(), baseMs: instantMs('2026-03-02T11:00:00Z') } })
    assert.equal(await early.ended, 3)
    assert.match(early.errors(), /ledger\.clock_went_back/)
    assert.deepEqual(contentOf(data), before)

    // With the clock right again it goes on where it was.
    const right = startServer({ data, clock })
    await right.address
    assert.equal(await right.stop(), 0, right.errors())
    assert.deepEqual(right.complaints(), [])
    rmSync(folder, { recursive: true })
  },
)

/** Every file with its digest. SQLite's own helpers that hold nothing are left out: opening a database makes them. */
function contentOf(folder: string): ReadonlyMap<string, string> {
  const files = globSync('**/*', { cwd: folder }).filter((name) => statSync(join(folder, name)).isFile())
  return new Map(
    files
      .filter((name) => !/-(shm|wal)$/.test(name) || (name.endsWith('-wal') && statSync(join(folder, name)).size > 0))
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  )
}
