import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { equalBytes } from '../../../core/proof/bytes.ts'
import { leafHash, verifyInclusion } from '../../../core/proof/merkle.ts'
import { entryNamed, logKeyFor, scratchFolders } from './fixtures/ledgers.ts'
import { openLedger, readLedger } from './ledger.ts'

const fresh = scratchFolders()
const writer = fileURLToPath(new URL('fixtures/append-forever.ts', import.meta.url))
const ROUNDS = 10

test('ten kills in the middle of appends lose nothing that was acknowledged', { timeout: 120_000 }, async () => {
  const path = join(fresh(), 'ledger.db')
  const acknowledged = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    // A different moment in each round; the writer commits every millisecond or two.
    const lines = await writeUntilKilled(path, `r${round}`, 8 + 7 * round)
    for (const [eventId, index] of lines) {
      assert.ok(!acknowledged.has(eventId), `${eventId} was acknowledged twice`)
      acknowledged.set(eventId, index)
    }
    const ledger = openLedger({ path, logKey: logKeyFor('crash'), now: Date.now })
    ledger.verify()
    ledger.close()
  }
  assert.ok(acknowledged.size >= ROUNDS * 8, `only ${acknowledged.size} acknowledged`)
  checkAll(path, acknowledged)
})

test('two writers at once both succeed, and their entries interleave in one history', { timeout: 120_000 }, async () => {
  const path = join(fresh(), 'ledger.db')
  const outputs = await Promise.all([writeSome(path, 'a', 40), writeSome(path, 'b', 40), writeSome(path, 'c', 40)])
  const acknowledged = new Map(outputs.flat())
  assert.equal(acknowledged.size, 3 * 100)
  assert.equal(new Set(acknowledged.values()).size, 300)
  checkAll(path, acknowledged)
})

test('who reads while others write sees whole states only', { timeout: 120_000 }, async () => {
  const path = join(fresh(), 'ledger.db')
  openLedger({ path, logKey: logKeyFor('crash'), now: Date.now }).close()
  const child = spawn(process.execPath, [writer, path, 'w', '150'], { stdio: 'ignore' })
  const sizes = new Set<number>()
  while (child.exitCode === null) {
    const ledger = readLedger({ path })
    const { size } = ledger.verify()
    if (size > 0) ledger.prove(size - 1)
    sizes.add(size)
    ledger.close()
    await setImmediate()
  }
  assert.equal(child.exitCode, 0)
  assert.ok(sizes.size > 3, `read at ${sizes.size} sizes`)
})

/** Each event exactly once, at the index that was acknowledged, with a proof that verifies; nothing but events of ours. */
function checkAll(path: string, acknowledged: ReadonlyMap<string, number>): void {
  const ledger = openLedger({ path, logKey: logKeyFor('crash'), now: Date.now })
  const { size, root } = ledger.verify()
  const all = ledger.entries(0, size)
  assert.equal(new Set(all.map(({ eventId }) => eventId)).size, size)
  for (const [eventId, index] of acknowledged) {
    const { body, hashes } = ledger.prove(index)
    assert.ok(equalBytes(body, entryNamed(eventId).body), `${eventId} is not at ${index}`)
    verifyInclusion({ index, size, root, leafHash: leafHash(body), proof: hashes })
  }
  ledger.close()
}

async function writeUntilKilled(path: string, name: string, lines: number): Promise<readonly (readonly [string, number])[]> {
  const child = spawn(process.execPath, [writer, path, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    if (said.split('\n').length > lines) child.kill('SIGKILL')
  }
  return parsed(said)
}

async function writeSome(path: string, name: string, appends: number): Promise<readonly (readonly [string, number])[]> {
  const child = spawn(process.execPath, [writer, path, name, String(appends)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  let said = ''
  for await (const chunk of child.stdout) said += String(chunk)
  assert.deepEqual(await ended, [0, null])
  return parsed(said)
}

/** Whole lines only: a line that the kill cut was not acknowledged. */
function parsed(said: string): readonly (readonly [string, number])[] {
  const lines = said.split('\n').slice(0, -1)
  return lines.map((line) => {
    const [eventId = '', index = ''] = line.split(' ')
    return [eventId, Number(index)]
  })
}
