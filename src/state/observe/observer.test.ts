import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { here, resultOf } from '../fixtures.ts'
import type { Suite } from '../model/resource.ts'
import type { Result } from '../model/result.ts'
import type { Checker } from '../policies/audit.ts'
import { readPolicies } from '../policies/read-policies.ts'
import { enforcedIn } from '../policies/enforce.ts'
import { readCron, type Schedule } from './cron.ts'
import { History } from './history.ts'
import { createObserver, eachTime, type Due, type Observer, type Told } from './observer.ts'

const text = `
Policies:
  - {id: HOST-001, type: runtime, enforcement: [{environment: all, fatal: true}], _runtime: {config: host.yaml}}
`
const [policy] = readPolicies(text, 'policies.yaml').policies

function dueNow(schedule: Schedule | null = null): Due {
  assert.ok(policy)
  return { policy, enforced: enforcedIn(policy, null) ?? assert.fail(), schedule }
}

type World = { results: readonly Result[]; broken: string | null; hosts: number; nowMs: number }

/** An observer of a host whose answers the test decides. */
function observing(world: World, history: History | null = null) {
  const suite: Suite = { resources: [resultOf().resource], notes: [], sources: [{ path: 'host.yaml', sha256: 'ab'.repeat(32) }] }
  const instant = (): string => new Date(world.nowMs).toISOString()
  const checker: Checker = {
    now: instant,
    load() {
      if (world.broken !== null) throw new Error(world.broken)
      return suite
    },
    check: async ({ resources }) =>
      Array.from({ length: world.hosts }, (_, index) => ({
        target: { ...here, id: `web-${index + 1}` },
        startedAt: instant(),
        endedAt: instant(),
        results: resources.length === 0 ? [] : world.results,
        failure: null,
      })),
  }
  const told: Told[] = []
  const lines: string[] = []
  const said: string[] = []
  const observer: Observer = createObserver({
    due: [dueNow()],
    checker,
    environment: null,
    version: '1.0.0',
    history,
    record: async (records) => void lines.push(...records),
    tell: (one) => told.push(one),
    say: (message) => said.push(message),
    now: () => world.nowMs,
  })
  return { observer, told, lines, said }
}

const fresh = (): World => ({ results: [resultOf()], broken: null, hosts: 2, nowMs: Date.parse('2026-03-02T10:00:00Z') })
const run = (observer: Observer): Promise<void> => observer.runAll({ kind: 'request', what: null })

test('a run tells its results, drift where something is not as it was, and how the policy stands when that has changed', async () => {
  const world = fresh()
  const { observer, told, lines } = observing(world)
  await run(observer)
  await run(observer)
  world.results = [resultOf({ outcome: 'fail' })]
  await run(observer)
  assert.deepEqual(
    told.map(({ event, content }) => (event === 'policy' ? `${event} ${(content as { status: string }).status}` : event)),
    ['results', 'policy ok', 'results', 'results', 'drift', 'policy failing'],
  )
  const drift = told.find(({ event }) => event === 'drift') ?? assert.fail()
  assert.deepEqual(
    (drift.content as { host: string; was: string; is: string }[]).map(({ host, was, is }) => [host, was, is]),
    [
      ['web-1', '0640', '0644'],
      ['web-2', '0640', '0644'],
    ],
  )
  assert.deepEqual([observer.runs.get('HOST-001'), observer.drifts.get('HOST-001')], [3, 2])
  assert.equal(lines.filter((line) => line.includes('"kind":"counters"')).length, 6)
})

test('a gossfile that cannot be read leaves a fault for every host, and the policy does not stand well', async () => {
  const world = { ...fresh(), broken: 'open host.yaml: no such file or directory' }
  const { observer, told, lines, said } = observing(world)
  await run(observer)
  const records = lines.map((line) => JSON.parse(line) as { kind: string; node: string; what: string })
  assert.deepEqual(
    records.map(({ kind, node }) => [kind, node]),
    [
      ['fault', 'web-1'],
      ['fault', 'web-2'],
    ],
  )
  assert.match(records[0]?.what ?? '', /no such file/)
  assert.match(said.join(), /HOST-001: host\.yaml cannot be used/)
  assert.deepEqual(((told.at(-1) ?? assert.fail()).content as { status: string }).status, 'not_judged')
  assert.match(JSON.stringify(told[0]?.content), /"executionSuccessful":false/)
})

test('drift is told across a restart, where runs are kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-observer-'))
  try {
    const world = fresh()
    const history = (): History => new History(folder, { runs: 10, ageMs: 86_400_000 })
    await run(observing(world, history()).observer)
    world.nowMs += 60_000
    world.results = [resultOf({ outcome: 'fail' })]
    const later = observing(world, history())
    await run(later.observer)
    assert.ok(later.told.some(({ event }) => event === 'drift'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('an observer ends when it is told to, after its first runs', async () => {
  const { observer } = observing(fresh())
  const stop = new AbortController()
  const over = observer.run(stop.signal)
  stop.abort()
  await over
  assert.equal(observer.runs.get('HOST-001'), 1)
})

test('what is due is called again and again until the signal; moments that passed meanwhile are one', async () => {
  const stop = new AbortController()
  let [nowMs, calls] = [0, 0]
  const every: Schedule = { next: (after) => after + 1, text: '', timeZone: 'UTC' }
  await eachTime(
    every,
    () => (nowMs += 5),
    stop.signal,
    () => {
      if (++calls === 3) stop.abort()
    },
  )
  assert.equal(calls, 3)
  const yearly = readCron('0 0 1 1 *')
  const ended = new AbortController()
  const waiting = eachTime(yearly, Date.now, ended.signal, () => assert.fail('it is not due'))
  ended.abort()
  await waiting
})
