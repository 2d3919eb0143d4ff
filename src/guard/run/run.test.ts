import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Guard } from '../guard.ts'
import { alertTarget } from '../policy/alert-target.ts'
import type { GuardPolicy, ProcessPolicy } from '../policy/model.ts'
import type { Coverage } from '../probes/probe.ts'
import { Alerts } from './alerts.ts'
import { handProbe, heartbeat, policyOf, sighting } from './fixtures.ts'
import { Outlet } from './outlet.ts'
import { recordsOf } from './records.ts'
import { GuardRun } from './run.ts'

type Line = Readonly<Record<string, unknown>> & { readonly kind: string }

function running(
  processes: Readonly<Record<string, ProcessPolicy>> = { payments: { allowed_exec: ['/srv/payments'] } },
  { policy = {}, coverage }: { readonly policy?: Partial<GuardPolicy>; readonly coverage?: Coverage } = {},
) {
  let text = ''
  const records = recordsOf({ node: 'node-a', workload: null })
  const probe = handProbe(coverage)
  const outlet = new Outlet({
    sink: { write: async (bytes) => void (text += Buffer.from(bytes).toString()), end: async () => {} },
    lost: (lost) => records.loss({ ...lost, received: null, reason: 'output_full' }),
    say: () => {},
  })
  const alerts = new Alerts({
    lists: { on_violation: [], on_critical: [] },
    targetOf: alertTarget,
    secret: null,
    log: () => {},
    failed: () => {},
  })
  const run = new GuardRun({
    guard: new Guard(policyOf(processes, policy), { host: 'node-a' }),
    policyName: 'guard.yaml',
    version: '1',
    records,
    outlet,
    alerts,
    probe: () => probe,
    countersMs: 60_000,
    say: () => {},
  })
  const lines = async (): Promise<readonly Line[]> => {
    await run.stop()
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line)
  }
  return { run, probe, lines }
}

const kinds = (lines: readonly Line[]): readonly string[] => lines.map(({ kind }) => kind)

test('what is against the policy becomes a detection, everything is counted, and the counters name the policy', async () => {
  const { run, probe, lines } = running()
  await run.start()
  probe.on?.sighting(sighting)
  probe.on?.sighting({ ...sighting, attempt: { type: 'exec', path: '/srv/payments' } })
  probe.on?.sighting({ ...sighting, actor: { ...sighting.actor, name: 'other' } })
  probe.on?.heartbeat(heartbeat)
  const { stats } = run.status()
  assert.deepEqual([stats.totalEvents, stats.violations, stats.unlisted.events], [3, 1, 1])
  const written = await lines()
  assert.deepEqual(kinds(written), ['detection', 'counters', 'counters'])
  const [, counters] = written
  assert.deepEqual([counters?.['matched'], counters?.['undelivered'], counters?.['received']], [1, 0, 100])
  assert.deepEqual(counters?.['policies'], { 'guard.yaml': run.status().policy.digest })
})

test('losses, faults, and what could not be read since the last word are told', async () => {
  const { run, probe, lines } = running()
  await run.start()
  probe.on?.loss({ from: heartbeat.startedAt, to: heartbeat.at, dropped: 5, received: 10, reason: 'trace_buffer_full' })
  probe.on?.fault({ at: heartbeat.at, what: 'odd', lasting: true })
  probe.on?.heartbeat({ ...heartbeat, unreadable: 2, untracked: 1 })
  const written = await lines()
  assert.deepEqual(kinds(written), ['loss', 'fault', 'fault', 'fault', 'counters', 'counters'])
  assert.deepEqual(
    written.filter(({ kind }) => kind === 'fault').map(({ what, lasting }) => [what, lasting]),
    [
      ['odd', true],
      ['2 paths or addresses could not be read', false],
      ['1 processes could not be followed', false],
    ],
  )
})

test('what the policy speaks of and nobody can see here is a lasting fault; what every such sensor misses is in the catalogue', async () => {
  const blind: Coverage = {
    tiers: { exec: 'observe', syscall: 'observe', file: 'none', network: 'none', resource: 'sample' },
    hooks: [],
    blindSpots: [
      { id: 'a', what: 'of this host alone', isCatalogued: false },
      { id: 'b', what: 'of every host', isCatalogued: true },
    ],
  }
  const { run, lines } = running({ payments: { blocked_files: ['/etc/shadow'] } }, { coverage: blind })
  await run.start()
  const written = await lines()
  assert.deepEqual(
    written.map(({ what, lasting }) => [what, lasting]),
    [
      ['of this host alone', true],
      ['the policy speaks of file, which cannot be seen here', true],
    ],
  )
})

test('the end of a process proves only a kill that somebody asked for', async () => {
  const { run, probe, lines } = running()
  await run.start()
  const end = { at: heartbeat.at, pid: 1, signal: 'SIGKILL' }
  probe.on?.sighting({ ...sighting, effect: 'unknown', mechanism: 'sigkill' }, { process: 'b:4711:1' })
  probe.on?.end({ ...end, process: 'b:1:1' })
  probe.on?.end({ ...end, process: 'b:4711:1', signal: null })
  probe.on?.end({ ...end, process: 'b:4711:1' })
  probe.on?.end({ ...end, process: 'b:4711:1' })
  const written = await lines()
  assert.deepEqual(kinds(written), ['detection', 'end'])
  assert.equal(written[1]?.['process'], written[0]?.['toKill'])
})

test('a policy that demands prevention does not start where a sensor can only watch; best effort says what it cannot', async () => {
  const strict = running(undefined, { policy: { mode: 'enforce', enforce: 'prevent' } })
  await assert.rejects(strict.run.start(), { code: 'guard.not_ready' })
  assert.equal(strict.probe.stops, 1)
  // What never watched says nothing.
  strict.probe.on?.fault({ at: heartbeat.at, what: 'odd', lasting: false })
  assert.deepEqual(await strict.lines(), [])

  const loose = running(undefined, { policy: { mode: 'enforce' } })
  await loose.run.start()
  const [degraded] = await loose.lines()
  assert.deepEqual(degraded?.['target'], { type: 'state', name: 'guard/enforce/exec/observe' })
})

test('a mode that is set is in force at once and recorded with who signed it; one that cannot be is undone', async () => {
  const who = { keyId: 'k', proof: '{"signed":true}' }
  const { run, probe, lines } = running()
  await run.start()
  await run.setMode('alert', 'payments', who)
  probe.on?.sighting(sighting)
  await assert.rejects(run.setMode('alert', 'nobody', who), { code: 'usage' })
  assert.deepEqual(run.status().processModes, { payments: 'alert' })
  const [change, detection] = await lines()
  assert.deepEqual(
    [change?.['target'], change?.['proof']],
    [{ type: 'state', name: 'guard/mode/alert/payments' }, { signed: true }],
  )
  assert.equal(detection?.['actionTaken'], 'alerted')

  const strict = running(undefined, { policy: { enforce: 'prevent' } })
  await strict.run.start()
  await assert.rejects(strict.run.setMode('enforce', null, who), { code: 'guard.not_ready' })
  assert.equal(strict.run.status().mode, 'audit')
  assert.deepEqual(await strict.lines(), [])
})

test('a policy that is read anew counts from that moment, under a digest of its own', async () => {
  const { run, probe, lines } = running()
  await run.start()
  probe.on?.heartbeat(heartbeat)
  const before = run.status().policy
  await run.reload(policyOf({ payments: { allowed_exec: ['/bin/sh'] } }))
  const after = run.status().policy
  assert.notEqual(after.digest, before.digest)
  assert.equal(after.generation, before.generation + 1)
  probe.on?.sighting(sighting)
  const written = await lines()
  assert.deepEqual(kinds(written), ['counters', 'counters', 'counters'])
  assert.equal(written[0]?.['reloadedAt'], null)
  assert.equal(typeof written[1]?.['reloadedAt'], 'string')
})
