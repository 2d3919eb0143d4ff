import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Control, Manifest } from '../../core/model/manifest.ts'
import { diffManifests, type Effect } from './diff.ts'

const control: Control = {
  id: 'a.b',
  title: 'A',
  behaviour: 'open',
  appliesTo: { workloads: ['api', 'worker'] },
  deny: { paths: ['/etc/shadow', '/root/**'], access: ['read'] },
  allow: { paths: ['/app/data'] },
  except: [{ paths: ['/etc/shadow'], workloads: ['api'], reason: 'why' }],
  evidence: { falco: ['Read sensitive file *'] },
  sensors: ['falco', 'tetragon'],
  window: '48h',
  thresholds: { fail: { count: 2, severity: 'medium', confidence: 0.5 } },
  severity: 'high',
  stage: 'alert',
}
const base: Manifest = {
  apiVersion: 'runproof.dev/v1',
  kind: 'AssuranceManifest',
  metadata: { name: 'payments', version: '1.0.0', owner: 'Payments' },
  scope: {
    application: 'payments',
    environment: 'prod',
    workloads: [
      { name: 'api', namespace: 'payments', nodes: ['n1', 'n2'] },
      { name: 'worker', namespace: 'payments' },
      { name: 'db', class: 'vm' },
    ],
  },
  sensors: [
    { name: 'falco', nodes: ['n1', 'n2'], interval: '5m', maxDropRate: 0.01, minCoverage: 0.9 },
    { name: 'tetragon', liveness: 'activity' },
  ],
  window: { every: '24h', grace: '10m' },
  controls: [control],
  unmapped: { severity: 'medium', verdict: 'review' },
  approvers: [{ name: 'Jane', key: 'x' }],
}

const withControl = (more: Partial<Control>): Manifest => ({ ...base, controls: [{ ...control, ...more }] })
const without = (field: keyof Control): Manifest => {
  const { [field]: _, ...rest } = control
  return { ...base, controls: [rest as Control] }
}
const withSensor = (more: Partial<Manifest['sensors'][number]>): Manifest => ({
  ...base,
  sensors: base.sensors.map((sensor, i) => (i === 0 ? { ...sensor, ...more } : sensor)),
})

/** Each change with what it does to the promise; made the other way round, it does the opposite. */
const cases: readonly (readonly [name: string, after: Manifest, effect: Effect, words: RegExp])[] = [
  [
    'fewer violations fail',
    withControl({ thresholds: { fail: { count: 1, severity: 'medium', confidence: 0.5 } } }),
    'widens',
    /fail threshold, count: 2 → 1/,
  ],
  [
    'only more severe violations fail',
    withControl({ thresholds: { fail: { count: 2, severity: 'high', confidence: 0.5 } } }),
    'weakens',
    /severity: medium → high/,
  ],
  [
    'only surer violations fail',
    withControl({ thresholds: { fail: { count: 2, severity: 'medium', confidence: 0.9 } } }),
    'weakens',
    /confidence: 0.5 → 0.9/,
  ],
  [
    'something more is denied',
    withControl({ deny: { paths: ['/etc/shadow', '/root/**', '/x'], access: ['read'] } }),
    'widens',
    /deny.paths \/x added/,
  ],
  [
    'more kinds of access are denied',
    withControl({ deny: { paths: ['/etc/shadow', '/root/**'] } }),
    'widens',
    /deny.access removed/,
  ],
  ['the deny list is gone', without('deny'), 'weakens', /deny list removed/],
  [
    'something more is allowed',
    withControl({ allow: { paths: ['/app/data', '/app/log'] } }),
    'weakens',
    /allow.paths \/app\/log added/,
  ],
  [
    'what is allowed is narrowed to one program',
    withControl({ allow: { paths: ['/app/data'], by: ['/app/x'] } }),
    'widens',
    /allow.by added/,
  ],
  ['the allow list is gone', without('allow'), 'weakens', /allow list removed/],
  [
    'an exception more',
    withControl({ except: [...(control.except ?? []), { workloads: ['db'], reason: 'x' }] }),
    'weakens',
    /exception .* added/,
  ],
  ['an exception gone', without('except'), 'widens', /exception .* removed/],
  [
    'a rule more is evidence',
    withControl({ evidence: { falco: ['Read sensitive file *', 'X'] } }),
    'widens',
    /evidence of falco X added/,
  ],
  ['a sensor need not watch any more', withControl({ sensors: ['falco'] }), 'weakens', /required sensor tetragon removed/],
  [
    'fewer workloads are concerned',
    withControl({ appliesTo: { workloads: ['api'] } }),
    'weakens',
    /workload payments\/worker removed/,
  ],
  ['it looks back less far', withControl({ window: '24h' }), 'weakens', /looks back: 2d → 1d/],
  ['a lower fixed severity', withControl({ severity: 'low' }), 'weakens', /severity: high → low/],
  ['the next stage', withControl({ stage: 'enforce' }), 'widens', /stage: alert → enforce/],
  ['a control more', { ...base, controls: [control, { ...control, id: 'c' }] }, 'widens', /control c added/],
  [
    'a workload less',
    { ...base, scope: { ...base.scope, workloads: base.scope.workloads.slice(0, 2) } },
    'weakens',
    /workload db removed/,
  ],
  [
    'a sensor less',
    { ...base, sensors: base.sensors.slice(0, 1), controls: [{ ...control, sensors: ['falco'] }] },
    'weakens',
    /sensor tetragon removed/,
  ],
  ['a node of a sensor less', withSensor({ nodes: ['n1'] }), 'weakens', /node n2 removed/],
  ['any sign of life will do', withSensor({ liveness: 'activity' }), 'weakens', /liveness: heartbeat → activity/],
  ['a longer interval', withSensor({ interval: '10m' }), 'weakens', /interval: 5m → 10m/],
  ['more loss is tolerated', withSensor({ maxDropRate: 0.1 }), 'weakens', /maxDropRate: 0.01 → 0.1/],
  ['less must be watched', withSensor({ minCoverage: 0.5 }), 'weakens', /minCoverage: 0.9 → 0.5/],
  ['a shorter grace', { ...base, window: { every: '24h', grace: '1m' } }, 'weakens', /grace: 10m → 1m/],
  [
    'only worse unmapped findings matter',
    { ...base, unmapped: { severity: 'critical', verdict: 'review' } },
    'weakens',
    /severity: medium → critical/,
  ],
  [
    'unmapped findings are only listed',
    { ...base, unmapped: { severity: 'medium', verdict: 'list' } },
    'weakens',
    /verdict: review → list/,
  ],
  ['blind fails', { ...base, blind: 'fail' }, 'widens', /inconclusive → fail/],
  ['two people must sign', { ...base, review: { twoPeopleFrom: 'high' } }, 'widens', /two people from: high \(was not set\)/],
  ['a case closes sooner', { ...base, review: { cleanWindows: 1 } }, 'weakens', /clean windows that close a case: 3 → 1/],
  ['a case may wait longer', { ...base, review: { due: { high: '10d' } } }, 'neutral', /severity high is due: 72 → 240/],
  [
    'one more may approve',
    {
      ...base,
      approvers: [
        { name: 'Jane', key: 'x' },
        { name: 'John', key: 'y' },
      ],
    },
    'weakens',
    /approver John added/,
  ],
]
const opposites: Readonly<Record<Effect, Effect>> = { widens: 'weakens', weakens: 'widens', either: 'either', neutral: 'neutral' }

for (const [name, after, effect, words] of cases) {
  test(`${name}: the promise ${effect}, and the way back does the opposite`, () => {
    const changes = diffManifests(base, after)
    assert.ok(
      changes.some((change) => change.effect === effect && words.test(change.what)),
      JSON.stringify(changes),
    )
    assert.ok(
      changes.every((change) => change.effect === effect),
      JSON.stringify(changes),
    )
    assert.ok(diffManifests(after, base).every((change) => change.effect === opposites[effect]))
  })
}

test('what can go both ways says so', () => {
  const rekeyed: Manifest = { ...base, approvers: [{ name: 'Jane', key: 'y' }] }
  for (const after of [
    rekeyed,
    without('severity'),
    withControl({ behaviour: 'exec' }),
    withControl({ statement: 'x' }),
    { ...base, window: { every: '1h', grace: '10m' } } as Manifest,
  ]) {
    assert.ok(diffManifests(base, after).some(({ effect }) => effect === 'either'))
  }
})

test('words for readers change nothing that is promised', () => {
  const after: Manifest = {
    ...base,
    metadata: { ...base.metadata, version: '1.0.1', description: 'x' },
    controls: [{ ...control, title: 'B', remediation: 'r', frameworks: { soc2: ['x'] } }],
  }
  const changes = diffManifests(base, after)
  assert.equal(changes.length, 5)
  assert.ok(changes.every(({ effect }) => effect === 'neutral'))
})

test('a default that is written out is no change', () => {
  assert.deepEqual(
    diffManifests(base, { ...base, blind: 'inconclusive', window: { every: '1d', offset: '0m', grace: '10m' } }),
    [],
  )
})

test('the order of lists is no change', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(base.scope.workloads, { minLength: 3 }), (workloads) => {
      assert.deepEqual(diffManifests(base, { ...base, scope: { ...base.scope, workloads } }), [])
    }),
  )
})
