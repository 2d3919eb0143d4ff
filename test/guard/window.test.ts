import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Guard } from '../../src/guard/guard.ts'
import { alertTarget } from '../../src/guard/policy/alert-target.ts'
import { timeOf } from '../../src/guard/probes/clock.ts'
import type { Heartbeat } from '../../src/guard/probes/probe.ts'
import { Alerts } from '../../src/guard/run/alerts.ts'
import { handProbe, heartbeat, policyOf, sighting } from '../../src/guard/run/fixtures.ts'
import { Outlet } from '../../src/guard/run/outlet.ts'
import { recordsOf } from '../../src/guard/run/records.ts'
import { GuardRun } from '../../src/guard/run/run.ts'
import { judged, ms, verdictOf, wordsOf, type Line } from '../gaps-setup.ts'

const policy = policyOf({ shop: { allowed_exec: ['/srv/shop'], blocked_syscalls: ['ptrace'] } })

const manifest = {
  scope: { application: 'shop', environment: 'prod', workloads: [{ name: 'shop-host', class: 'vm', nodes: ['node-a'] }] },
  sensors: [{ name: 'runproof', nodes: ['node-a'], interval: '30s', policies: { 'guard.yaml': policy.digest } }],
  controls: [
    {
      id: 'no-shell',
      title: 'The shop runs nothing but itself',
      behaviour: 'exec',
      evidence: { runproof: ['shop.allowed_exec'] },
      severity: 'high',
    },
  ],
}

type Moment = { readonly run: GuardRun; readonly probe: ReturnType<typeof handProbe>; readonly at: number }

/** What a guard writes from one moment to another, with a heartbeat every ten seconds; the clock is ours. */
async function written(
  from: number,
  to: number,
  during: (moment: Moment) => void = () => {},
  more: (at: number) => Partial<Heartbeat> = () => ({}),
): Promise<readonly Line[]> {
  let [now, text] = [from, '']
  const records = recordsOf({ node: 'node-a', workload: null })
  const probe = handProbe()
  const run = new GuardRun({
    guard: new Guard(policy, { host: 'node-a', now: () => now }),
    policyName: 'guard.yaml',
    version: '1',
    records,
    outlet: new Outlet({
      sink: { write: async (bytes) => void (text += Buffer.from(bytes).toString()), end: async () => {} },
      lost: (lost) => records.loss({ ...lost, received: null, reason: 'output_full' }),
      say: () => {},
    }),
    alerts: new Alerts({
      lists: { on_violation: [], on_critical: [] },
      targetOf: alertTarget,
      secret: null,
      log: () => {},
      failed: () => {},
    }),
    probe: () => probe,
    // Nobody is to find the probe silent because its clock is not this machine's.
    beatMs: 3_600_000,
    now: () => now,
    say: () => {},
  })
  await run.start()
  for (; now <= to; now += 10_000) {
    const received = (now - from) / 10
    probe.on?.heartbeat({ ...heartbeat, at: timeOf(now), startedAt: timeOf(from), received, ...more(now) })
    during({ run, probe, at: now })
  }
  now -= 10_000
  await run.stop()
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
}

const [opens, closes] = [ms(12), ms(12, 10)]
const window = { manifest, from: opens, to: closes }
const [before, after] = [ms(11, 55), ms(12, 15)]

test('a window in which a guard watched and nothing happened passes', async () => {
  const clean = await judged(await written(before, after), window)
  // What such a sensor never sees is named with every pass.
  assert.deepEqual(verdictOf(clean), ['pass', ['clean', 'ceiling']])
})

test('a window with a violation fails, and says which rule of the policy it was', async () => {
  const lines = await written(before, after, ({ probe, at }) => {
    if (at === ms(12, 3)) probe.on?.sighting({ ...sighting, at: timeOf(at), actor: { ...sighting.actor, name: 'shop' } })
  })
  const failed = await judged(lines, window)
  assert.equal(verdictOf(failed)[0], 'fail')
  assert.ok(failed.report.judgement.findings.some(({ identity }) => identity.action === 'exec'))
})

test('a window in which the guard was stopped for a minute is inconclusive, whether it was started anew or went on', async () => {
  const stopped = [...(await written(before, ms(12, 4))), ...(await written(ms(12, 5), after))]
  const restarted = await judged(stopped, window)
  assert.equal(verdictOf(restarted)[0], 'inconclusive', wordsOf(restarted))

  const whole = await written(before, after)
  const silent = whole.filter(({ at }) => !(String(at) > timeOf(ms(12, 4)) && String(at) < timeOf(ms(12, 5, 10))))
  const gap = await judged(silent, window)
  assert.deepEqual(verdictOf(gap), ['inconclusive', ['coverage']], wordsOf(gap))
})

for (const [why, during, more] of [
  [
    'events were lost',
    ({ probe, at }: Moment) => {
      const loss = { from: timeOf(at - 1000), to: timeOf(at), dropped: 1, received: 100, reason: 'trace_buffer_full' }
      if (at === ms(12, 3)) probe.on?.loss(loss)
    },
    () => ({}),
  ],
  ['a path could not be read', () => {}, (at: number) => (at >= ms(12, 3) ? { unreadable: 1 } : {})],
  ['another policy was loaded', ({ run, at }: Moment) => at === ms(12, 3) && void run.reload(policyOf({ shop: {} })), () => ({})],
] as const) {
  test(`a window in which ${why} is inconclusive`, async () => {
    const lines = await written(before, after, (moment) => void during(moment), more)
    assert.equal(verdictOf(await judged(lines, window))[0], 'inconclusive')
  })
}
