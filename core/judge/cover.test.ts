import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Control, Manifest } from '../model/manifest.ts'
import type { Watch } from '../model/watch.ts'
import type { Window } from '../model/window.ts'
import { cover } from './cover.ts'
import { at, beating, beats, counters, manifestOf, minute, noShell, windowFrom } from './fixtures.ts'
import { resolve } from './resolve.ts'

const covered = (manifest: Manifest, watch: readonly Watch[], window: Window = windowFrom()) =>
  cover(resolve(manifest), watch, window)
const workloads = (...names: readonly string[]) => names.map((name) => ({ name, namespace: 'shop' }))
const scopeOf = (...declared: Manifest['scope']['workloads']) => ({
  application: 'shop',
  environment: 'prod',
  workloads: declared,
})

test('a window whose every minute was watched is observed', () => {
  const { coverage, watched, required } = covered(manifestOf(), beating())
  assert.deepEqual(coverage, {
    minutes: 10,
    totals: { population: 10, observed: 10, degraded: 0, silent: 0, outOfScope: 0 },
    instances: [
      {
        sensor: 'falco',
        node: 'n1',
        required: true,
        version: null,
        policies: {},
        beats: 10,
        dropped: 0,
        restarts: 0,
        runs: [{ state: 'observed', from: '2026-03-02T00:00:00Z', to: '2026-03-02T00:10:00Z', why: [] }],
      },
    ],
    unlisted: 0,
  })
  assert.deepEqual(watched.get('no-shell'), [
    {
      workload: 'shop/api',
      sensor: 'falco',
      observed: 10,
      degraded: 0,
      silent: 0,
      outOfScope: 0,
      ratio: 1,
      minCoverage: 1,
      sufficient: true,
    },
  ])
  assert.deepEqual(required.get('no-shell'), [0])
})

test('G1: a sensor that was silent for 90 minutes of a day covers 0.9375 of it, and the stretch is named', () => {
  const day = windowFrom('2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z')
  const manifest = manifestOf({ sensors: [{ name: 'falco', nodes: ['n3'], interval: '5m', minCoverage: 0.99 }] })
  const every5 = Array.from({ length: 289 }, (_, index) => minute(index * 5))
  const { coverage, watched } = covered(
    manifest,
    beats(
      every5.filter((time) => time <= minute(130) || time >= minute(220)),
      'falco',
      'n3',
    ),
    day,
  )
  assert.deepEqual(watched.get('no-shell')?.[0], {
    workload: 'shop/api',
    sensor: 'falco',
    observed: 1350,
    degraded: 0,
    silent: 90,
    outOfScope: 0,
    ratio: 0.9375,
    minCoverage: 0.99,
    sufficient: false,
  })
  assert.deepEqual(coverage.instances[0]?.runs, [
    { state: 'observed', from: '2026-03-02T00:00:00Z', to: '2026-03-02T02:10:00Z', why: [] },
    { state: 'silent', from: '2026-03-02T02:10:00Z', to: '2026-03-02T03:40:00Z', why: ['no heartbeat signal in time'] },
    { state: 'observed', from: '2026-03-02T03:40:00Z', to: '2026-03-03T00:00:00Z', why: [] },
  ])
})

test('nothing heard is silence, not absence: the declared instances are there', () => {
  const { coverage, watched } = covered(
    manifestOf({ sensors: [{ name: 'falco', nodes: ['n1', 'n2'] }, { name: 'tetragon' }] }),
    [],
  )
  assert.deepEqual(
    coverage.instances.map(({ sensor, node, required, runs }) => [sensor, node, required, runs.map(({ state }) => state)]),
    [
      ['falco', 'n1', true, ['silent']],
      ['falco', 'n2', true, ['silent']],
      ['tetragon', null, true, ['silent']],
    ],
  )
  assert.deepEqual(
    watched.get('no-shell')?.map(({ sensor, silent }) => [sensor, silent]),
    [
      ['falco', 10],
      ['tetragon', 10],
    ],
  )
})

test('a workload takes its worst instance, minute by minute', () => {
  const manifest = manifestOf({ sensors: [{ name: 'falco', nodes: ['n1', 'n2'], interval: '1m', maxDropRate: 0.5 }] })
  const lossy: Watch = { kind: 'loss', sensor: 'falco', node: 'n1', from: minute(8), to: minute(9), dropped: 1, received: 10 }
  const { watched } = covered(manifest, [
    ...beating(0, 10, 'falco', 'n1'),
    lossy,
    ...beating(0, 3, 'falco', 'n2'),
    ...beating(6, 10, 'falco', 'n2'),
  ])
  const [row] = watched.get('no-shell') ?? []
  assert.deepEqual([row?.observed, row?.degraded, row?.silent], [6, 1, 3])
})

test('only the nodes on which a workload may run count for it', () => {
  const manifest = manifestOf({
    scope: scopeOf({ name: 'api', namespace: 'shop', nodes: ['n1'] }, { name: 'web', namespace: 'shop', nodes: ['n2'] }),
    sensors: [{ name: 'falco', nodes: ['n1', 'n2'], interval: '1m' }],
  })
  const { watched } = covered(manifest, beating(0, 10, 'falco', 'n1'))
  assert.deepEqual(
    watched.get('no-shell')?.map(({ workload, silent }) => [workload, silent]),
    [
      ['shop/api', 0],
      ['shop/web', 10],
    ],
  )
})

test('G2: a node on which a workload may run, and on which no instance of the sensor is, is silent for it', () => {
  const scope = scopeOf({ name: 'api', namespace: 'shop', nodes: ['n1', 'n2'] })
  for (const nodes of [{ nodes: ['n1'] }, {}]) {
    const { coverage, watched } = covered(
      manifestOf({ scope, sensors: [{ name: 'falco', interval: '1m', ...nodes }] }),
      beating(),
    )
    assert.equal(watched.get('no-shell')?.[0]?.silent, 10)
    assert.deepEqual(
      coverage.instances.map(({ node, required }) => [node, required]),
      [
        ['n1', true],
        ['n2', true],
      ],
    )
  }
})

test('a sensor that never tells where it is watches every workload', () => {
  const scope = scopeOf({ name: 'api', namespace: 'shop', nodes: ['n1', 'n2'] })
  const { watched } = covered(manifestOf({ scope, sensors: [{ name: 'falco', interval: '1m' }] }), beating(0, 10, 'falco', null))
  assert.equal(watched.get('no-shell')?.[0]?.observed, 10)
})

test('who reports without being declared is shown, and counts for nothing', () => {
  const { coverage, watched, required } = covered(manifestOf(), [
    ...beating(),
    ...beating(0, 10, 'falco', 'n9'),
    ...beating(0, 10, 'tetragon', 'n1'),
  ])
  assert.deepEqual(
    coverage.instances.map(({ sensor, node, required }) => [sensor, node, required]),
    [
      ['falco', 'n1', true],
      ['falco', 'n9', false],
      ['tetragon', 'n1', false],
    ],
  )
  assert.equal(watched.get('no-shell')?.length, 1)
  assert.deepEqual(required.get('no-shell'), [0])
  assert.equal(covered(manifestOf(), beating(0, 10, 'falco', 'n9')).watched.get('no-shell')?.[0]?.silent, 10)
})

test('without declared nodes those that reported are required, the silent one among them too', () => {
  const { watched, coverage } = covered(manifestOf({ sensors: [{ name: 'falco', interval: '1m' }] }), [
    ...beating(),
    ...beating(0, 5, 'falco', 'n2'),
  ])
  assert.deepEqual(
    coverage.instances.map(({ node, required }) => [node, required]),
    [
      ['n1', true],
      ['n2', true],
    ],
  )
  assert.equal(watched.get('no-shell')?.[0]?.observed, 5)
})

test('a workload that a control does not apply to is out of its scope, and still in the population', () => {
  const control: Control = { ...noShell, appliesTo: { workloads: ['web'] } }
  const { coverage, watched } = covered(
    manifestOf({ scope: scopeOf(...workloads('api', 'web')), controls: [control] }),
    beating(),
  )
  assert.deepEqual(coverage.totals, { population: 20, observed: 10, degraded: 0, silent: 0, outOfScope: 10 })
  assert.deepEqual(
    watched.get('no-shell')?.map(({ workload }) => workload),
    ['shop/web'],
  )
})

test('the share that must be watched is compared exactly, and shown rounded down', () => {
  const hundred = windowFrom('2026-03-02T00:00:00Z', '2026-03-02T01:40:00Z')
  for (let watchedMinutes = 1; watchedMinutes <= 100; watchedMinutes++) {
    const at100 = (minCoverage: number) =>
      covered(
        manifestOf({ sensors: [{ name: 'falco', nodes: ['n1'], interval: '1m', minCoverage }] }),
        beating(0, watchedMinutes),
        hundred,
      ).watched.get('no-shell')?.[0]
    const exact = at100(Number(`${watchedMinutes}e-2`))
    assert.deepEqual([exact?.ratio, exact?.sufficient], [Number(`${watchedMinutes}e-2`), true])
    if (watchedMinutes < 100) assert.equal(at100(Number(`${watchedMinutes}e-2`) + 0.0001)?.sufficient, false)
  }
  const day = windowFrom('2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z')
  const almost = covered(
    manifestOf({ sensors: [{ name: 'falco', nodes: ['n1'], interval: '1m' }] }),
    beating(0, 1439),
    day,
  ).watched.get('no-shell')?.[0]
  assert.deepEqual([almost?.silent, almost?.ratio, almost?.sufficient], [1, 0.9993, false])
})

test('runs name their reasons once, in order, and only where they are not plainly observed', () => {
  const fault = (time: string, what: string): Watch => ({
    kind: 'fault',
    sensor: 'falco',
    node: 'n1',
    at: time,
    what,
    lasting: false,
  })
  const { coverage } = covered(manifestOf(), [...beating(), fault(minute(3), 'z'), fault(minute(4), 'a'), fault(minute(4), 'z')])
  assert.deepEqual(coverage.instances[0]?.runs, [
    { state: 'observed', from: '2026-03-02T00:00:00Z', to: '2026-03-02T00:03:00Z', why: [] },
    { state: 'silent', from: '2026-03-02T00:03:00Z', to: '2026-03-02T00:05:00Z', why: ['a', 'z'] },
    { state: 'observed', from: '2026-03-02T00:05:00Z', to: '2026-03-02T00:10:00Z', why: [] },
  ])
})

test('instances that prototypes have names for are instances like any other', () => {
  const { coverage } = covered(manifestOf(), beating(0, 10, '__proto__', 'constructor'))
  assert.deepEqual(
    coverage.instances.map(({ sensor, node }) => [sensor, node]),
    [
      ['__proto__', 'constructor'],
      ['falco', 'n1'],
    ],
  )
})

test('G2: parts that do not add up to the declared population are no report', () => {
  // A window of 90 seconds, which `windowOf` would have refused, is the one way to get there.
  const odd = { ...windowFrom(), end: '2026-03-02T00:01:30Z' }
  assert.throws(() => covered(manifestOf(), beating(), odd), {
    code: 'coverage.does_not_add_up',
    message: /counts 2 of a declared population of 1\.5/,
  })
})

const someManifest = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom('api', 'web', 'db'), { minLength: 1 }),
    nodes: fc.constantFrom<string[] | undefined>(undefined, ['n1'], ['n1', 'n2'], ['n3']),
    sensors: fc.uniqueArray(fc.constantFrom('falco', 'tetragon'), { minLength: 1 }),
    sensorNodes: fc.constantFrom<string[] | undefined>(undefined, ['n1'], ['n1', 'n2']),
    minCoverage: fc.constantFrom(0, 0.5, 1),
    applies: fc.array(fc.constantFrom<string[] | undefined>(undefined, ['api'], ['web', 'db'], ['nobody']), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ names, nodes, sensors, sensorNodes, minCoverage, applies }): Manifest => {
    return manifestOf({
      scope: scopeOf(...workloads(...names).map((workload) => ({ ...workload, ...(nodes && { nodes }) }))),
      sensors: sensors.map((name) => ({ name, interval: '1m', minCoverage, ...(sensorNodes && { nodes: sensorNodes }) })),
      controls: applies.map((only, index): Control => ({
        ...noShell,
        id: `c${index}`,
        ...(only && { appliesTo: { workloads: only } }),
      })),
    })
  })
const someWatch = fc.array(
  fc.record({
    minutes: fc.integer({ min: -2, max: 12 }),
    sensor: fc.constantFrom('falco', 'tetragon', 'other'),
    node: fc.constantFrom('n1', 'n2', null),
    lost: fc.boolean(),
  }),
  { maxLength: 60 },
)

test('G2: whatever is declared and heard, every minute has exactly one state and the parts are the whole', () => {
  fc.assert(
    fc.property(someManifest, someWatch, (manifest, heard) => {
      const watch = heard.flatMap(({ minutes, sensor, node, lost }): Watch[] => [
        ...beats([minute(minutes)], sensor, node),
        ...(lost ? [counters(minute(minutes), { sensor, node, dropped: minutes + 2 })] : []),
      ])
      const { coverage, watched } = covered(manifest, watch)
      const { population, observed, degraded, silent, outOfScope } = coverage.totals
      assert.equal(population, manifest.controls.length * manifest.scope.workloads.length * manifest.sensors.length * 10)
      assert.equal(observed + degraded + silent + outOfScope, population)
      for (const rows of watched.values())
        for (const row of rows) assert.equal(row.observed + row.degraded + row.silent + row.outOfScope, 10)
      for (const { runs } of coverage.instances) {
        assert.equal(runs[0]?.from, '2026-03-02T00:00:00Z')
        assert.equal(runs.at(-1)?.to, '2026-03-02T00:10:00Z')
        for (const [index, run] of runs.entries()) {
          assert.ok(run.from < run.to)
          if (index > 0) assert.ok(run.from === runs[index - 1]?.to && run.state !== runs[index - 1]?.state)
        }
      }
    }),
  )
})

test('G1: one silent minute beyond tolerance is never sufficient', () => {
  const gap = fc.record({
    from: fc.integer({ min: 0, max: 478_000 }),
    beats: fc.array(fc.integer({ min: -120_000, max: 720_000 }), { maxLength: 80 }),
    minCoverage: fc.constantFrom(0.91, 0.95, 1),
  })
  fc.assert(
    fc.property(gap, ({ from, beats: times, minCoverage }) => {
      const heard = times.filter((time) => time <= from || time >= from + 121_000).map((time) => at(time))
      const { watched } = covered(
        manifestOf({ sensors: [{ name: 'falco', nodes: ['n1'], interval: '1m', minCoverage }] }),
        beats(heard),
      )
      const [row] = watched.get('no-shell') ?? []
      assert.ok(row && row.silent >= 1 && !row.sufficient)
    }),
    { numRuns: 300 },
  )
})

test('a sensor that is required and not declared watched nothing', () => {
  const { coverage, watched } = covered(
    manifestOf({ controls: [{ ...noShell, sensors: ['tetragon'] }] }),
    beating(0, 10, 'tetragon'),
  )
  assert.equal(watched.get('no-shell')?.[0]?.silent, 10)
  assert.deepEqual(coverage.totals, { population: 10, observed: 0, degraded: 0, silent: 10, outOfScope: 0 })
})

test('made-up nodes are listed up to a bound and counted beyond it; where they make themselves required, nothing passes', () => {
  const flood = Array.from({ length: 10_001 }, (_, index) => beats([minute(1)], 'falco', `node-${index}`)).flat()
  const listed = covered(manifestOf(), [...beating(), ...flood.slice(0, 250)])
  assert.deepEqual([listed.coverage.instances.length, listed.coverage.unlisted, listed.overflow], [201, 50, []])
  assert.equal(listed.watched.get('no-shell')?.[0]?.sufficient, true)

  const open = manifestOf({ sensors: [{ name: 'falco', interval: '1m' }] })
  assert.deepEqual(covered(open, flood).overflow, ['overflow/instances'])
  assert.deepEqual(covered(open, flood.slice(1)).overflow, [])
})
