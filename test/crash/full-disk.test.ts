import assert from 'node:assert/strict'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { instantMs } from '../../core/model/time.ts'
import { createRandom } from '../fuzz/random.ts'
import { Account, balanceOf } from './account.ts'
import { autopsy, nothingRemembered } from './autopsy.ts'
import { clientOf, jsonOf, type Answer } from './client.ts'
import { clockNow, type Clock } from './clock.ts'
import { judgedUntil, notIndexed, sealedEvents } from './findings.ts'
import { batchSender, sensorSender, streamSender } from './senders.ts'
import { startServer } from './server.ts'
import { smallDisk, type SmallDisk } from './small-disk.ts'
import { makeWorld } from './world.ts'

const probe = smallDisk(1)
probe?.remove()
const options = { timeout: 180_000, ...(probe === null && { skip: 'this user may not mount a small disk' }) }

test(
  'on a full disk everything new is refused, what was acknowledged stays, and with room it goes on by itself',
  options,
  async () => {
    await onSmallDisk(async ({ server, clock, data, account, ask, sendAll, fillUntilRefused }) => {
      await sendAll()
      assert.deepEqual(account.wrong, [])
      assert.equal((await ask('/readyz')).status, 200)

      const { answers, makeRoom } = await fillUntilRefused()
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        assert.match(answer.type, /^application\/problem\+json\b/, answer.body.toString())
        assert.equal(answer.status, 507, answer.body.toString())
        assert.equal((jsonOf(answer) as { readonly code: string }).code, 'store.full')
      }
      const unready = await ask('/readyz')
      assert.equal(unready.status, 503)
      assert.match(unready.body.toString(), /full/)
      assert.equal((await ask('/livez')).status, 200)

      makeRoom()
      await until(async () => {
        await sendAll()
        return (await ask('/readyz')).status === 200
      }, 'it is not ready again although there is room')
      const before = account.wrong.length
      for (let round = 0; round < 20; round++) await sendAll()
      assert.deepEqual(account.wrong.slice(before), [], 'it refused although there was room')

      const lastMs = clockNow(clock) + 2 * 60_000
      await until(async () => judgedUntil(data) > lastMs, 'windows are not judged although there is room')
      // Late evidence has been quiet for long enough by now; two rounds more.
      await wait(2_500)
      assert.equal((await ask('/readyz')).status, 200, server.complaints().at(-1))
      assert.equal(await server.stop(), 0, server.errors())
      assert.deepEqual(balanceOf(account, sealedEvents(data)), { lost: [], duplicated: [] })
      const { brokenProofs, changedVerdicts } = autopsy(data, nothingRemembered, [])
      assert.deepEqual([...brokenProofs, ...changedVerdicts, ...notIndexed(data)], [])
    })
  },
)

test('asked to stop while the disk is full it stops in peace, and the next start with room has everything', options, async () => {
  await onSmallDisk(async ({ server, clock, data, account, sendAll, fillUntilRefused }) => {
    await sendAll()
    const { makeRoom } = await fillUntilRefused()
    assert.equal(await server.stop(), 0, server.errors())
    makeRoom()
    const next = startServer({ data, clock, env })
    await next.address
    const lastMs = clockNow(clock)
    await until(async () => judgedUntil(data) > lastMs, 'windows are not judged although there is room')
    assert.equal(await next.stop(), 0, next.errors())
    assert.deepEqual(next.complaints(), [])
    assert.deepEqual(balanceOf(account, sealedEvents(data)).lost, [])
  })
})

const env = { RUNPROOF_WINDOWS_QUIET: '10s' }

/** A service whose data folder lies on a disk that is soon full, and three senders. */
async function onSmallDisk(work: (small: Awaited<ReturnType<typeof served>>) => Promise<void>): Promise<void> {
  const disk = smallDisk(24)
  assert.ok(disk)
  const small = await served(disk)
  try {
    await work(small)
  } finally {
    await small.server.kill()
    disk.remove()
  }
}

async function served({ folder }: SmallDisk) {
  const data = join(folder, 'data')
  const clock: Clock = { startedMs: Date.now(), baseMs: instantMs('2026-03-02T00:00:00Z'), speed: 30 }
  const world = await makeWorld(data, clock)
  const server = startServer({ data, clock, env })
  const address = await server.address
  const account = new Account()
  const parts = { world, account, random: createRandom(1) }
  const senders = [sensorSender(parts), batchSender(parts), streamSender(parts)]
  const answers: Answer[] = []

  async function askWith(token: string, ...asked: Parameters<ReturnType<typeof clientOf>['ask']>): Promise<Answer> {
    const client = clientOf(address, token)
    try {
      return await client.ask(...asked)
    } finally {
      client.close()
    }
  }

  async function sendAll(): Promise<void> {
    await Promise.all(
      senders.map((sender) =>
        sender.act(async (path, asked) => {
          const answer = await askWith(world.tokens[sender.token], path, asked)
          answers.push(answer)
          return answer
        }),
      ),
    )
  }

  /** Windows close meanwhile, or would; every door is tried until it has refused. */
  async function fillUntilRefused() {
    const filler = join(folder, 'filler')
    const deadline = performance.now() + 60_000
    while (answers.filter(({ status }) => status === 507).length < 30) {
      assert.ok(performance.now() < deadline, 'the doors did not refuse on a full disk')
      fill(folder, filler)
      await sendAll()
      await wait(50)
    }
    return { answers, makeRoom: () => rmSync(filler) }
  }

  const ask = (path: string): Promise<Answer> => askWith(world.tokens.reader, path)
  return { server, clock, data, account, ask, sendAll, fillUntilRefused }
}

/** Takes all the room that is left, but for a few pages. */
function fill(folder: string, file: string): void {
  const { bavail, bsize } = statfsSync(folder)
  try {
    if (bavail > 2) writeFileSync(file, new Uint8Array((bavail - 2) * bsize), { flag: 'a' })
  } catch (error) {
    // The service was faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}

async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, otherwise)
    await wait(200)
  }
}
