import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { key, record, scratchFolders } from './fixtures/logs.ts'
import { openSegments, readSegments, START } from './segments.ts'

const fresh = scratchFolders()
const writer = fileURLToPath(new URL('fixtures/append-forever.ts', import.meta.url))
const ROUNDS = 5

test('five kills under load lose nothing that was acknowledged and repeat nothing', { timeout: 120_000 }, async () => {
  const folder = fresh()
  const acknowledged = new Map<string, string>()
  for (let round = 0; round < ROUNDS; round++) {
    // Another moment in each round.
    for (const [id, place] of await writeUntilKilled(folder, `r${round}`, 150 + 333 * round)) {
      assert.ok(!acknowledged.has(id), `${id} was acknowledged twice`)
      acknowledged.set(id, place)
    }
    const log = await openSegments({ folder, key })
    await log.append(record('between', { source: `between-${round}` }))
    await log.close()
  }
  assert.ok(acknowledged.size > ROUNDS * 150, `only ${acknowledged.size} acknowledged`)

  const found = new Map<string, string>()
  for (const { at, records } of readSegments({ folder, key, from: START })) {
    for (const { meta, body } of records) {
      assert.ok(!found.has(meta.source), `${meta.source} is there twice`)
      found.set(meta.source, `${at.segment} ${at.offset}`)
      if (!meta.source.startsWith('between')) assert.equal(String(body).split(' ')[0], meta.source)
    }
  }
  for (const [id, place] of acknowledged) assert.equal(found.get(id), place, `${id} is not at ${place}`)
  for (let round = 0; round < ROUNDS; round++) assert.ok(found.has(`between-${round}`))
})

test('a writer in another process is busy while it lives, and its lock dies with it', { timeout: 60_000 }, async () => {
  const folder = fresh()
  const child = start(folder, 'holder')
  await once(child.stdout ?? child, 'data')
  await assert.rejects(openSegments({ folder, key }), { code: 'store.busy' })
  // Who only reads is not kept out.
  for (const { records } of readSegments({ folder, key, from: START })) assert.ok(records.length > 0)
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  const log = await openSegments({ folder, key })
  await log.append(record('taken over'))
  await log.close()
})

function start(folder: string, name: string): ChildProcess {
  return spawn(process.execPath, [writer, folder, name], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Ids and places that were acknowledged. Whole lines only: a line that the kill cut was not said. */
async function writeUntilKilled(folder: string, name: string, lines: number): Promise<readonly (readonly [string, string])[]> {
  const child = start(folder, name)
  const ended = once(child, 'close')
  let said = ''
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk)
    if (said.split('\n').length > lines) child.kill('SIGKILL')
  }
  assert.deepEqual(await ended, [null, 'SIGKILL'])
  return said
    .split('\n')
    .slice(1, -1)
    .map((line) => {
      const [id = '', segment = '', offset = ''] = line.split(' ')
      return [id, `${segment} ${offset}`]
    })
}
