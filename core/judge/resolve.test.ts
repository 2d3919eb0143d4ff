import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Control, Manifest } from '../model/manifest.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { controlDigest, manifestDigest, resolve, selectWorkloads, workloadKey } from './resolve.ts'

const least: Manifest = {
  apiVersion: 'runproof.dev/v1',
  kind: 'AssuranceManifest',
  metadata: { name: 'payments', version: '1.0.0', owner: 'Payments' },
  scope: {
    application: 'payments',
    environment: 'prod',
    workloads: [
      { name: 'api', namespace: 'payments' },
      { name: 'worker', namespace: 'jobs' },
      { name: 'db-1', class: 'vm' },
    ],
  },
  sensors: [{ name: 'tetragon' }, { name: 'falco' }],
  controls: [{ id: 'a', title: 'A', behaviour: 'exec', deny: { binaries: ['/bin/sh'] } }],
}
const control = (more: Partial<Control>): Control => ({ id: 'a', title: 'A', behaviour: 'exec', ...more })
const resolvedControl = (more: Partial<Control>) => resolve({ ...least, controls: [control(more)] }).controls[0]

test('the least manifest resolves to every documented default', () => {
  const { window, unmapped, blind, approvers, sensors, workloads, scope } = resolve(least)
  assert.deepEqual(window, { every: '24h', offset: '0m', grace: '10m', everyMs: 86_400_000, offsetMs: 0, graceMs: 600_000 })
  assert.deepEqual(unmapped, { severity: 'high', verdict: 'review' })
  assert.equal(blind, 'inconclusive')
  assert.deepEqual(approvers, [])
  assert.deepEqual(scope, { application: 'payments', environment: 'prod', cluster: null })
  assert.deepEqual(sensors[1], {
    name: 'falco',
    nodes: null,
    liveness: 'heartbeat',
    intervalMs: 300_000,
    maxDropRate: 0,
    minCoverage: 1,
    policies: [],
  })
  assert.deepEqual(workloads[0], { name: 'api', namespace: 'payments', class: 'kubernetes', nodes: null })
  assert.deepEqual(workloads[2], { name: 'db-1', namespace: null, class: 'vm', nodes: null })
})

test('the least control resolves to every documented default', () => {
  const resolved = resolvedControl({ deny: { binaries: ['/bin/sh'] } })
  assert.deepEqual(resolved?.thresholds, {
    fail: { count: 1, severity: 'low', confidence: 0.8 },
    review: { count: 1, severity: 'low', confidence: 0 },
  })
  assert.equal(resolved?.stage, 'observe')
  assert.equal(resolved?.severity, null)
  assert.equal(resolved?.windowMs, null)
  assert.deepEqual(resolved?.workloads, ['payments/api', 'jobs/worker', 'db-1'])
  assert.deepEqual(resolved?.sensors, ['falco', 'tetragon'])
})

test('what the author wrote is kept', () => {
  const manifest: Manifest = {
    ...least,
    window: { every: '1h', offset: '5m', grace: '0m' },
    unmapped: { verdict: 'list' },
    blind: 'fail',
    sensors: [{ name: 'falco', nodes: ['n'], liveness: 'activity', interval: '1m', maxDropRate: 0.5, minCoverage: 0.9 }],
    controls: [
      control({
        window: '2h',
        thresholds: { fail: { count: 3 } },
        severity: 'critical',
        stage: 'enforce',
        allow: { binaries: ['/a'] },
      }),
    ],
  }
  const { window, unmapped, blind, sensors, controls } = resolve(manifest)
  assert.equal(window.offsetMs, 300_000)
  assert.equal(window.graceMs, 0)
  assert.deepEqual(unmapped, { severity: 'high', verdict: 'list' })
  assert.equal(blind, 'fail')
  assert.deepEqual(sensors, [
    { name: 'falco', nodes: ['n'], liveness: 'activity', intervalMs: 60_000, maxDropRate: 0.5, minCoverage: 0.9, policies: [] },
  ])
  assert.equal(controls[0]?.windowMs, 7_200_000)
  assert.deepEqual(controls[0]?.thresholds.fail, { count: 3, severity: 'low', confidence: 0.8 })
  assert.equal(controls[0]?.stage, 'enforce')
  assert.equal(controls[0]?.severity, 'critical')
})

test('a control rests on the sensors that it names, else on those of its evidence, else on all', () => {
  assert.deepEqual(resolvedControl({ evidence: { falco: ['x'] } })?.sensors, ['falco'])
  assert.deepEqual(resolvedControl({ evidence: { falco: ['x'] }, sensors: ['tetragon', 'tetragon'] })?.sensors, ['tetragon'])
  assert.deepEqual(resolvedControl({ evidence: {} })?.sensors, ['falco', 'tetragon'])
})

test('appliesTo selects by name, by key, by namespace and by class, and all of them must match', () => {
  const { workloads } = resolve(least)
  const keys = (appliesTo: Control['appliesTo']): string[] => selectWorkloads(appliesTo, workloads).map(workloadKey)
  assert.deepEqual(keys({ workloads: ['a*'] }), ['payments/api'])
  assert.deepEqual(keys({ workloads: ['payments/*'] }), ['payments/api'])
  assert.deepEqual(keys({ namespaces: ['{payments,jobs}'] }), ['payments/api', 'jobs/worker'])
  assert.deepEqual(keys({ classes: ['vm'] }), ['db-1'])
  assert.deepEqual(keys({ workloads: ['api'], classes: ['vm'] }), [])
  assert.deepEqual(keys({ namespaces: ['*'] }), ['payments/api', 'jobs/worker'], 'without a namespace there is none to match')
})

test('a pattern that validation would have refused is refused here too', () => {
  assert.throws(() => resolve({ ...least, controls: [control({ appliesTo: { workloads: ['{a'] } })] }), {
    code: 'format.malformed',
  })
})

test('a workload is called by namespace and name, or by name alone', () => {
  assert.equal(workloadKey({ name: 'api', namespace: 'payments' }), 'payments/api')
  assert.equal(workloadKey({ name: 'db-1', namespace: null }), 'db-1')
  assert.equal(workloadKey({ name: 'db-1' }), 'db-1')
})

test('digests do not depend on the order of keys, and on nothing that is a default', () => {
  const { metadata, ...rest } = least
  assert.equal(manifestDigest({ ...rest, metadata }), manifestDigest(least))
  assert.notEqual(
    manifestDigest({ ...least, blind: 'inconclusive' }),
    manifestDigest(least),
    'writing a default out is another document',
  )
  assert.notEqual(controlDigest(control({ stage: 'alert' })), controlDigest(control({})))
})

test('the digest is frozen: signed manifests and waivers stay valid', () => {
  assert.equal(manifestDigest(least), '40dfb4b5b2fd6a21fd588aa402808f34976b560ea30198082c59f2451a9fa760')
  assert.equal(controlDigest(control({})), '87afe74a0af8037a0daf1fd5603438adeceeac8ef093b961bbc8ce660d95e98c')
})

test('a manifest that was read back from canonical JSON resolves to the same', () => {
  const names = fc.uniqueArray(fc.constantFrom('falco', 'tetragon', 'tracee', '10', '9', 'z', 'a'), { minLength: 1 })
  fc.assert(
    fc.property(names, (sensors) => {
      const evidence = Object.fromEntries(sensors.map((name) => [name, ['x']]))
      const manifest: Manifest = { ...least, controls: [control({ evidence, frameworks: evidence })] }
      assert.deepEqual(resolve(JSON.parse(jcs(manifest as JsonValue)) as Manifest), resolve(manifest))
      assert.deepEqual([...(resolve(manifest).controls[0]?.evidence.keys() ?? [])], [...sensors].sort())
    }),
  )
})
