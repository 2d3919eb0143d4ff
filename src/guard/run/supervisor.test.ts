import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Heartbeat, Probe, ProbeEvents } from '../probes/probe.ts'
import { handProbe, heartbeat, policyOf, sighting } from './fixtures.ts'
import { Supervisor } from './supervisor.ts'

const active = { compiled: policyOf({ payments: {} }), generation: 1, mode: 'audit', processModes: new Map() } as const

function supervised(probes: readonly Probe[]) {
  const told: string[] = []
  const on: ProbeEvents = {
    sighting: ({ attempt }) => told.push(`sighting ${attempt.type}`),
    heartbeat: () => told.push('beat'),
    loss: () => told.push('loss'),
    fault: ({ what, lasting }) => told.push(`fault ${what} ${lasting}`),
    end: () => told.push('end'),
  }
  const left = [...probes]
  let restarts = 0
  const supervisor = new Supervisor(active, {
    make: () => left.shift() ?? assert.fail('no more probes'),
    on,
    beatMs: 5,
    firstWaitMs: 1,
    mostWaitMs: 4,
    say: () => {},
    restarted: () => (restarts += 1),
  })
  return { supervisor, told, restarts: () => restarts }
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !what(); i++) await new Promise((soon) => setTimeout(soon, 2))
  assert.ok(what())
}

const beatOf = (probe: ReturnType<typeof handProbe>, changed: Partial<Heartbeat> = {}): void =>
  probe.on?.heartbeat({ ...heartbeat, ...changed })

test('a probe that falls silent is a fault, is stopped, and another is started; nobody listens to the old one any more', async () => {
  const [first, second] = [handProbe(), handProbe()]
  const { supervisor, told, restarts } = supervised([first, second])
  await supervisor.start()
  beatOf(first)
  await until(() => restarts() === 1)
  assert.deepEqual([first.stops, second.starts, supervisor.restarts], [1, 1, 1])
  assert.match(
    told.find((word) => word.startsWith('fault')) ?? '',
    /^fault the tracefs probe was silent for .* it is started anew false$/,
  )
  const before = told.length
  first.on?.sighting(sighting)
  beatOf(first)
  assert.equal(told.length, before)
  second.on?.sighting(sighting)
  assert.equal(told.at(-1), 'sighting exec')
  await supervisor.stop()
})

test('one that cannot be started is tried again, each failure a fault', async () => {
  const broken = (): Probe => ({ ...handProbe(), start: async () => Promise.reject(new Error('the kernel says no')) })
  const [first, last] = [handProbe(), handProbe()]
  const { supervisor, told, restarts } = supervised([first, broken(), broken(), last])
  await supervisor.start()
  await until(() => restarts() === 1)
  assert.equal(told.filter((word) => word.includes('the kernel says no')).length, 2)
  assert.equal(last.starts, 1)
  await supervisor.stop()
})

test('one that cannot begin at all does not start; one that beats is left alone', async () => {
  const { supervisor } = supervised([{ ...handProbe(), start: async () => Promise.reject(new Error('not here')) }])
  await assert.rejects(supervisor.start(), /not here/)

  const probe = handProbe()
  const living = supervised([probe])
  await living.supervisor.start()
  for (let i = 0; i < 10; i++) {
    beatOf(probe)
    await new Promise((soon) => setTimeout(soon, 2))
  }
  assert.equal(probe.starts, 1)
  await living.supervisor.stop()
  assert.equal(probe.stops, 1)
})
