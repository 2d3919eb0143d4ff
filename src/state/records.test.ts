import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { blindMinutes } from '../../core/judge/liveness.ts'
import { createFold } from '../../core/judge/fold.ts'
import type { Act } from '../../core/model/act.ts'
import type { Watch } from '../../core/model/watch.ts'
import { windowOf } from '../../core/model/window.ts'
import { foldEvent } from '../sensors/fold-event.ts'
import { createEventReader, type ReadEvent } from '../sensors/read/event-reader.ts'
import { connectors } from '../sensors/registry.ts'
import { here, mapOf, resultOf } from './fixtures.ts'
import type { Result } from './model/result.ts'
import { failureRecord, recordsOf, suiteDigest, type StateRun } from './records.ts'

const sources = [{ path: 'web.goss.yaml', sha256: 'ab'.repeat(32) }]

function runOf(results: readonly Result[], rest: Partial<StateRun> = {}): StateRun {
  return {
    sensor: 'state',
    target: here,
    subject: {},
    startedAt: '2026-03-02T10:00:00Z',
    endedAt: '2026-03-02T10:00:02Z',
    results,
    sources,
    version: '1.0.0',
    ...rest,
  }
}

function read(lines: readonly string[]): readonly ReadEvent[] {
  const events: ReadEvent[] = []
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent: (event) => events.push({ ...event }) })
  reader.push(Buffer.from(lines.join('\n')))
  reader.end()
  return events
}

function acts(lines: readonly string[]): readonly Act[] {
  return read(lines).flatMap(({ reading }) =>
    (reading.class === 'detection' || reading.class === 'observation') && reading.act !== null ? [reading.act] : [],
  )
}

test('a check that fails is a detection with what was expected, what was found and what to do', () => {
  const resource = {
    title: 'Shadow is private',
    meta: mapOf({ id: 'host.shadow', severity: 'critical' }),
    attributes: mapOf({ remediation: 'chmod 0640 /etc/shadow' }),
  }
  const [act] = acts(recordsOf(runOf([resultOf({ outcome: 'fail', resource })])))
  assert.ok(act)
  assert.deepEqual(act, {
    ...act,
    class: 'detection',
    sensor: 'state',
    rule: 'host.shadow',
    action: 'state',
    target: { type: 'state', name: 'file /etc/shadow mode' },
    severity: 'critical',
    confidence: 1,
    effect: 'observed',
    tags: [
      'title: Shadow is private',
      'expected: to equal 0640',
      'actual: 0644',
      'remediation: chmod 0640 /etc/shadow',
      'id: host.shadow',
    ],
  })
  assert.deepEqual([act.subject.node, act.subject.onHost], ['web-1', true])
})

test('a check that passes is an observation of its own: no list of a control can speak against it', () => {
  const [passed] = acts(recordsOf(runOf([resultOf()])))
  const [failed] = acts(recordsOf(runOf([resultOf({ outcome: 'fail' })])))
  assert.deepEqual(
    [passed?.class, passed?.action, passed?.target, passed?.rule],
    ['observation', null, failed?.target, failed?.rule],
  )
  assert.equal(failed?.action, 'state')
  assert.equal(failed?.severity, 'high')
  assert.deepEqual(passed?.tags, [])
})

test('what was skipped is neither, and a skipped check does not hide that the run was there', () => {
  const lines = recordsOf(runOf([resultOf({ outcome: 'skip' })]))
  assert.deepEqual(acts(lines), [])
  assert.deepEqual(
    read(lines).map(({ reading }) => reading.class),
    ['health'],
  )
})

test('the sign of life names what was loaded, so that a manifest can demand just these checks', () => {
  const [event] = read(recordsOf(runOf([])))
  const [counters] = event?.reading.class === 'health' ? event.reading.watch : []
  assert.ok(counters?.kind === 'counters')
  assert.deepEqual(counters.policies, { 'web.goss.yaml': 'ab'.repeat(32), suite: suiteDigest(sources) })
  assert.deepEqual([counters.startedAt, counters.reloadedAt], [null, '2026-03-02T10:00:00.000000000Z'])
  const many = Array.from({ length: 300 }, (_, index) => ({ path: `${index}.yaml`, sha256: 'cd'.repeat(32) }))
  const [large] = read(recordsOf(runOf([], { sources: many })))
  const [snapshot] = large?.reading.class === 'health' ? large.reading.watch : []
  assert.deepEqual(snapshot?.kind === 'counters' && Object.keys(snapshot.policies), ['suite'])
})

test('a run in which a check could not be judged is no sign of life and says which it was', () => {
  const error = resultOf({ outcome: 'error', error: 'permission denied', id: '/etc/sudoers' })
  const lines = recordsOf(runOf([resultOf(), error]))
  const health = read(lines).find(({ reading }) => reading.class === 'health')
  assert.ok(health?.reading.class === 'health')
  assert.equal(health.reading.at, null)
  const [fault] = health.reading.watch
  assert.ok(fault?.kind === 'fault' && fault.lasting)
  assert.equal(fault.what, '1 of 2 checks could not be judged: file /etc/sudoers mode (permission denied)')
})

test('secrets in ids, errors and titles do not leave', () => {
  const secret = 'hunter2secret'
  const resource = { type: 'http' as const, title: `password=${secret}` }
  const id = `https://ann:${secret}@pay.example/`
  const results = [
    resultOf({ outcome: 'fail', id, property: 'status', resource }),
    resultOf({ outcome: 'error', id, property: 'Body', error: `token=${secret}`, resource }),
  ]
  assert.ok(!recordsOf(runOf(results)).join('\n').includes(secret))
  assert.ok(
    !failureRecord({ sensor: 'state', target: here, at: '2026-03-02T10:00:00Z', why: `password=${secret}` }).includes(secret),
  )
})

const places = [
  ['docker', 'docker://shop', { onHost: false, container: 'shop', node: null }],
  ['kubectl', 'kubectl://shop/pay-0/app', { onHost: false, namespace: 'shop', pod: 'pay-0', container: 'app', node: null }],
  ['ssh', 'ssh://ops@web-2', { onHost: true, container: null, node: 'web-2' }],
] as const

for (const [transport, address, expected] of places) {
  test(`what is found over ${transport} belongs to whom it names`, () => {
    const [act] = acts(recordsOf(runOf([resultOf()], { target: { id: 'web-2', transport, address } })))
    assert.ok(act)
    assert.deepEqual({ ...act.subject, ...expected }, act.subject)
  })
}

const values = fc.record({
  outcome: fc.constantFrom('pass' as const, 'fail' as const, 'skip' as const, 'error' as const),
  id: fc.string({ minLength: 1 }),
  property: fc.string({ minLength: 1 }),
  error: fc.option(fc.string()),
})

test('whatever a run found, every record of it is read, and only a run without errors is a sign of life', () => {
  fc.assert(
    fc.property(fc.array(values, { maxLength: 6 }), (all) => {
      const results = all.map((one) => resultOf({ ...one, matcher: { message: one.id, expected: one.id, actual: one.id } }))
      const events = read(recordsOf(runOf(results)))
      const counted = (outcome: string): number => all.filter((one) => one.outcome === outcome).length
      const classes = events.map(({ reading }) => reading.class)
      assert.equal(classes.filter((kind) => kind === 'detection').length, counted('fail'))
      assert.equal(classes.filter((kind) => kind === 'observation').length, counted('pass'))
      const alive = events.filter(({ reading }) => reading.class === 'health' && reading.at !== null)
      assert.equal(alive.length, counted('error') === 0 ? 1 : 0)
    }),
  )
})

const scope = { application: 'shop', environment: 'prod' }
const morning = windowOf(scope, '2026-03-02T08:00:00Z', '2026-03-02T12:00:00Z')

/** The silent minutes of a morning in which the suite ran at these times. */
function silentIn(runs: readonly { readonly at: string; readonly results: readonly Result[] }[]): number {
  const workloads = [{ name: 'web', namespace: null, class: 'vm' as const, nodes: ['web-1'] }]
  const fold = createFold({ window: morning, cluster: null, workloads })
  for (const { at, results } of runs) {
    const times = { startedAt: `2026-03-02T${at}:00Z`, endedAt: `2026-03-02T${at}:05Z` }
    const own = results.map((result) => ({ ...result, ...times }))
    for (const event of read(recordsOf(runOf(own, times)))) foldEvent(fold, event, new Uint8Array(32))
  }
  const watch: readonly Watch[] = [...fold.intake().watch.values()]
  const sensor = {
    name: 'state',
    nodes: ['web-1'],
    liveness: 'heartbeat' as const,
    intervalMs: 35 * 60_000,
    maxDropRate: 0,
    minCoverage: 1,
    policies: [],
  }
  return blindMinutes(sensor, watch, morning).minutes.states.filter((state) => state === 'silent').length
}

const hours = ['07:00', '08:00', '09:00', '10:00', '11:00', '12:00']
const passing = [resultOf()]

test('a run every hour watches all of the time between', () => {
  assert.equal(silentIn(hours.map((at) => ({ at, results: passing }))), 0)
})

test('an hour without a run is a gap from the run before to the run after', () => {
  const runs = hours.filter((at) => at !== '10:00').map((at) => ({ at, results: passing }))
  // The minute in which the run before ended is not whole.
  assert.equal(silentIn(runs), 2 * 60 + 1)
})

test('an hour in which a check could not be judged is the same gap', () => {
  const runs = hours.map((at) => ({ at, results: at === '10:00' ? [resultOf({ outcome: 'error', error: 'x' })] : passing }))
  // The minute in which the run before ended is not whole.
  assert.equal(silentIn(runs), 2 * 60 + 1)
})

test('checks that fail are no gap', () => {
  assert.equal(silentIn(hours.map((at) => ({ at, results: [resultOf({ outcome: 'fail' })] }))), 0)
})
