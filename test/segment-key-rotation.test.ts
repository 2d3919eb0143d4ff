import assert from 'node:assert/strict'
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openKeys } from '../src/keys/keys.ts'
import { openLedger } from '../src/store/ledger/ledger.ts'
import { openSegments, readSegments, START } from '../src/store/segments/segments.ts'
import { run, scratch } from './sample.ts'

test('a backup takes what was received under several keys, is checked with all of them, and restores them', async () => {
  const cwd = scratch()
  const data = join(cwd, 'data')
  const keys = await openKeys({ dataDir: data })
  openLedger({ path: join(data, 'ledger.db'), logKey: await keys.log(), now: Date.now }).close()
  await receive(data, 'under the first key')
  renameSync(join(data, 'keys', 'segments.key'), join(data, 'keys', 'segments.first.key'))
  await receive(data, 'under the second')
  assert.deepEqual(await received(data), ['under the first key', 'under the second'])

  const backup = await run(['backup', '--out', 'b.tar'], { cwd })
  assert.equal(backup.code, 0, backup.err)
  const check = await run(['backup', '--check', 'b.tar', '--keys', 'data/keys'], { cwd })
  assert.equal(check.code, 0, check.out)
  assert.match(check.out, /2 records of what was received opened with the key/)
  const restored = await run(['restore', 'b.tar', '--data', 'new', '--keys', 'data/keys'], { cwd })
  assert.equal(restored.code, 0, restored.err)
  assert.deepEqual(readdirSync(join(cwd, 'new', 'keys')).sort(), ['log.pem', 'segments.first.key', 'segments.key'])
  assert.deepEqual(await received(join(cwd, 'new')), ['under the first key', 'under the second'])

  cpSync(join(data, 'keys'), join(cwd, 'fewer'), { recursive: true })
  rmSync(join(cwd, 'fewer', 'segments.first.key'))
  const refused = await run(['backup', '--check', 'b.tar', '--keys', 'fewer'], { cwd })
  assert.equal(refused.code, 1, refused.err)
  assert.match(refused.out, /written with another key/)
})

async function receive(data: string, body: string): Promise<void> {
  const key = await (await openKeys({ dataDir: data })).segments()
  const log = await openSegments({ folder: join(data, 'segments'), key })
  const meta = { sensor: 'auto', source: 'test', scopes: null, receivedMs: 0, encoding: 'identity', batch: null } as const
  await log.append({ meta, body: new TextEncoder().encode(body) })
  await log.close()
}

async function received(data: string): Promise<readonly string[]> {
  const key = await (await openKeys({ dataDir: data })).segments()
  return [...readSegments({ folder: join(data, 'segments'), key, from: START })].flatMap(({ records }) =>
    records.map(({ body }) => new TextDecoder().decode(body)),
  )
}
