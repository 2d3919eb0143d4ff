import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Intake } from '../model/intake.ts'
import { act, at, beats, counters, foldScopeOf, manifestOf, minute, somebody } from './fixtures.ts'
import { createFold, type Fold } from './fold.ts'

const digest = () => '0'.repeat(64)
const tallyOf = ({ tally }: Intake) => Object.fromEntries(tally)
function folded(fill: (fold: Fold) => void, limits?: Parameters<typeof createFold>[1]): Intake {
  const fold = createFold(foldScopeOf(), limits)
  fill(fold)
  return fold.intake()
}
function only(intake: Intake) {
  const [behaviour, ...others] = intake.behaviours.values()
  assert.ok(behaviour && others.length === 0)
  return behaviour
}

test('an empty intake is empty', () => {
  assert.deepEqual(
    folded(() => undefined),
    { behaviours: new Map(), watch: new Map(), tally: new Map() },
  )
})

test('an intake stays as it was while the fold goes on, and the next holds both', () => {
  const fold = createFold(foldScopeOf())
  const counts = (intake: Intake): readonly number[] => [...only(intake).sightings.values()].map(({ count }) => count)
  fold.act(act({ at: at(1000) }), digest, 0)
  fold.beat({ sensor: 'falco', node: 'n1' }, 'activity', at(1000), 1)
  const first = fold.intake()
  const before = structuredClone(first)
  fold.act(act({ at: at(2000) }), digest, 0)
  fold.act(act({ at: at(61_000) }), digest, 0)
  fold.beat({ sensor: 'falco', node: 'n1' }, 'activity', at(2000), 1)
  const second = fold.intake()
  fold.act(act({ at: at(62_000) }), digest, 0)
  assert.deepEqual(first, before)
  assert.deepEqual(counts(first), [1])
  assert.deepEqual(counts(second), [2, 1])
  assert.deepEqual(counts(fold.intake()), [2, 2])
})

test('what is seen again is counted as often, whichever way it comes to be known', () => {
  const intake = folded((fold) => {
    for (let index = 0; index < 6; index++) {
      fold.act(act({ at: at(1000 + index), subject: { ...somebody, workload: null, pod: null } }), digest, 0)
      fold.act(act({ at: at(1000 + index), subject: { ...somebody, namespace: 'elsewhere' } }), digest, index % 2)
    }
  })
  assert.deepEqual(tallyOf(intake), {
    'detection/falco': 6,
    'unattributed/falco': 6,
    'out_of_scope/falco/other_namespace': 6,
  })
})

test('repetitions within a minute are one sighting with its count, first and last', () => {
  const intake = folded((fold) => {
    for (const ms of [130_000, 121_000, 179_999]) fold.act(act({ at: at(ms) }), digest, 0)
  })
  assert.deepEqual(
    [...only(intake).sightings.values()],
    [
      {
        class: 'detection',
        sensor: 'falco',
        rule: 'Terminal shell in container',
        severity: 'medium',
        confidence: 1,
        effect: 'observed',
        access: null,
        actionTaken: null,
        toKill: null,
        minute: '2026-03-02T00:02',
        count: 3,
        first: '2026-03-02T00:02:01.000000000Z',
        last: '2026-03-02T00:02:59.999000000Z',
      },
    ],
  )
  assert.deepEqual(tallyOf(intake), { 'detection/falco': 3 })
})

test('another minute, sensor, rule, severity, effect or access is another sighting of the same behaviour', () => {
  const variants = [
    {},
    { at: at(180_000) },
    { sensor: 'tetragon' },
    { rule: 'Run shell untrusted' },
    { severity: null },
    { confidence: 0.5 },
    { effect: 'prevented' as const },
    { access: 'read' as const },
    { actionTaken: 'SIGKILL' },
    { class: 'observation' as const },
  ]
  const intake = folded((fold) => variants.forEach((variant) => fold.act(act(variant), digest, 0)))
  assert.equal(only(intake).sightings.size, variants.length)
})

test('the window is half open: its first nanosecond belongs to it, its end does not', () => {
  const intake = folded((fold) => {
    fold.act(act({ at: '2026-03-02T00:00:00.000000000Z' }), digest, 0)
    fold.act(act({ at: '2026-03-02T00:09:59.999999999Z' }), digest, 0)
    fold.act(act({ at: '2026-03-02T00:10:00.000000000Z' }), digest, 0)
    fold.act(act({ at: '2026-03-01T23:59:59.999999999Z' }), digest, 0)
  })
  assert.deepEqual(tallyOf(intake), { 'detection/falco': 2, 'out_of_window/falco': 2 })
})

test('G8: an undated act is kept and counted as unplaced, in no minute', () => {
  const intake = folded((fold) => {
    fold.act(act({ at: null }), digest, 0)
    fold.act(act({ at: null }), digest, 0)
  })
  const [sighting] = only(intake).sightings.values()
  assert.deepEqual([sighting?.minute, sighting?.first, sighting?.last, sighting?.count], [null, null, null, 2])
  assert.deepEqual(tallyOf(intake), { 'detection/falco': 2, 'unplaced/falco': 2 })
})

test('what the manifest does not speak of is counted by its reason, not kept', () => {
  const intake = folded((fold) => {
    fold.act(act({ subject: { namespace: 'kube-system' } }), digest, 0)
    fold.act(act({ subject: { workload: 'web' } }), digest, 0)
    fold.act(act({ subject: { onHost: true } }), digest, 0)
  })
  assert.equal(intake.behaviours.size, 0)
  assert.deepEqual(tallyOf(intake), {
    'out_of_scope/falco/other_namespace': 1,
    'out_of_scope/falco/undeclared_workload': 1,
    'out_of_scope/falco/host': 1,
  })
})

test('G12: an act that cannot be attributed is kept, and counted', () => {
  const intake = folded((fold) => fold.act(act({ subject: { workload: null, pod: null } }), digest, 0))
  assert.deepEqual(only(intake).identity, {
    application: 'shop',
    environment: 'prod',
    cluster: null,
    namespace: 'shop',
    workload: null,
    action: 'exec',
    executable: null,
    target: { type: 'binary', path: '/bin/sh', partial: false },
  })
  assert.deepEqual(tallyOf(intake), { 'unattributed/falco': 1, 'detection/falco': 1 })
})

test('the manifest names the cluster where the event does not', () => {
  const manifest = manifestOf({
    scope: { application: 'shop', environment: 'prod', cluster: 'eu1', workloads: [{ name: 'api', namespace: 'shop' }] },
  })
  const clusterOf = (cluster: string | null) => {
    const fold = createFold(foldScopeOf(manifest))
    fold.act(act({ subject: { cluster } }), digest, 0)
    return only(fold.intake()).identity.cluster
  }
  assert.deepEqual([clusterOf(null), clusterOf('us2')], ['eu1', 'us2'])
})

test('samples are the smallest three by time and digest, and say what was redacted out of them', () => {
  const asked: string[] = []
  const intake = folded((fold) => {
    for (const [ms, name] of [
      [150_000, 'd'],
      [140_000, 'c'],
      [140_000, 'b'],
      [130_000, 'a'],
      [170_000, 'e'],
    ] as const) {
      fold.act(act({ at: at(ms) }), () => (asked.push(name), name), name === 'a' ? 2 : 0)
    }
  })
  assert.deepEqual(
    only(intake).samples.map((sample) => [sample.at, sample.digest, sample.redacted]),
    [
      ['2026-03-02T00:02:10.000000000Z', 'a', 2],
      ['2026-03-02T00:02:20.000000000Z', 'b', 0],
      ['2026-03-02T00:02:20.000000000Z', 'c', 0],
    ],
  )
  assert.deepEqual(asked, ['d', 'c', 'b', 'a'])
  assert.deepEqual(only(intake).samples[0], {
    at: '2026-03-02T00:02:10.000000000Z',
    digest: 'a',
    node: 'n1',
    pod: somebody.pod,
    container: 'a1b2c3',
    image: 'shop/api',
    pid: 4711,
    uid: 1000,
    commandLine: 'sh -c id',
    ancestors: ['/app/api'],
    tags: [],
    redacted: 2,
  })
  assert.equal(intake.tally.get('redacted/falco'), 1)
})

test('the first samples to come are not kept when earlier ones follow', () => {
  const intake = folded((fold) => {
    for (let ms = 200_000; ms > 100_000; ms -= 10_000) fold.act(act({ at: at(ms) }), () => String(ms), 0)
  })
  assert.deepEqual(
    only(intake).samples.map((sample) => sample.digest),
    ['110000', '120000', '130000'],
  )
})

test('beats fold by instance, kind and minute; an undated one proves nothing', () => {
  const instance = { sensor: 'falco', node: 'n1' }
  const intake = folded((fold) => {
    for (const ms of [1000, 59_000, 30_000, 60_000]) fold.beat(instance, 'health', at(ms))
    fold.beat(instance, 'activity', at(1000))
    fold.beat({ ...instance, node: null }, 'health', at(1000))
    fold.beat(instance, 'health', null)
  })
  assert.deepEqual(
    [...intake.watch.values()].map(
      (signal) => signal.kind === 'beat' && [signal.node, signal.signal, signal.minute, signal.first, signal.last, signal.count],
    ),
    [
      ['n1', 'health', '2026-03-02T00:00', at(1000), at(59_000), 3],
      ['n1', 'health', '2026-03-02T00:01', at(60_000), at(60_000), 1],
      ['n1', 'activity', '2026-03-02T00:00', at(1000), at(1000), 1],
      [null, 'health', '2026-03-02T00:00', at(1000), at(1000), 1],
    ],
  )
})

test('signals up to two hours outside the window are kept, later ones are not', () => {
  const hours = 3_600_000
  const intake = folded((fold) => {
    for (const ms of [-2 * hours, -2 * hours - 1, 2 * hours + 600_000, 2 * hours + 600_001]) {
      fold.beat({ sensor: 'falco', node: 'n1' }, 'health', at(ms))
      fold.watch(counters(at(ms)))
    }
  })
  assert.equal(intake.watch.size, 4)
  assert.deepEqual(tallyOf(intake), { 'out_of_window/falco': 2 })
})

test('a loss that spans the window is kept, however far its ends lie', () => {
  const loss = { kind: 'loss', sensor: 'falco', node: 'n1', from: at(-9e7), to: at(9e7), dropped: 1, received: 9 } as const
  assert.equal(folded((fold) => fold.watch(loss)).watch.size, 1)
  assert.equal(folded((fold) => fold.watch({ ...loss, to: at(-8e7) })).watch.size, 0)
  assert.equal(folded((fold) => fold.watch({ ...loss, from: at(8e7) })).watch.size, 0)
})

test('a state that began long before the window is kept, since it may still hold in it', () => {
  const from = at(-9e7)
  const throttle = { kind: 'throttle', sensor: 'falco', node: 'n1', at: from, state: 'start', scope: null } as const
  const fault = { kind: 'fault', sensor: 'falco', node: 'n1', at: from, what: 'old policy', lasting: true } as const
  assert.equal(folded((fold) => fold.watch(throttle)).watch.size, 1)
  assert.equal(folded((fold) => fold.watch(fault)).watch.size, 1)
  assert.equal(folded((fold) => fold.watch({ ...fault, lasting: false })).watch.size, 0)
  assert.equal(folded((fold) => fold.watch({ ...throttle, at: at(9e7) })).watch.size, 0)
})

test('the same signal twice is one signal', () => {
  const intake = folded((fold) => {
    fold.watch(counters(minute(1), { policies: { a: '1', b: '2' } }))
    fold.watch(counters(minute(1), { policies: { b: '2', a: '1' } }))
    fold.watch(counters(minute(1), { received: 1001 }))
    for (const beat of [...beats([minute(2)]), ...beats([at(121_000)])]) fold.watch(beat)
  })
  assert.deepEqual(
    [...intake.watch.values()].map(({ kind }) => kind),
    ['counters', 'counters', 'beat'],
  )
})

test('past the limits the smallest fingerprints stay with whole counts, and the overflow is on record', () => {
  const limits = { behaviours: 2, sightingsEach: 100, killsEach: 100, watch: 3 }
  const fill = (paths: readonly string[]) => (fold: Fold) =>
    paths.forEach((path) => fold.act(act({ target: { type: 'binary', path, partial: false } }), digest, 0))
  const paths = ['/a', '/b', '/c', '/d', '/e', '/f', '/a', '/b', '/c', '/d', '/e', '/f']
  const all = folded(fill(paths))
  const few = folded(fill(paths), limits)
  assert.deepEqual([...few.behaviours.keys()], [...all.behaviours.keys()].sort().slice(0, 2))
  for (const [print, behaviour] of few.behaviours) assert.deepEqual(behaviour, all.behaviours.get(print))
  assert.equal(few.tally.get('overflow/behaviours'), 1)
  assert.equal(folded(fill(['/a', '/b', '/a']), limits).tally.get('overflow/behaviours'), undefined)
})

test('G8: what is dated more than a day after the window is counted as skewed as well, and is never dropped unseen', () => {
  const day = 24 * 3_600_000
  const intake = folded((fold) => {
    for (const ms of [600_000, 600_000 + day, 600_001 + day, -3 * day]) fold.act(act({ at: at(ms) }), digest, 0)
    fold.watch(counters(at(600_001 + day)))
  })
  assert.deepEqual(tallyOf(intake), { 'out_of_window/falco': 5, 'clock_skew/falco': 2 })
})

test('a flood of sightings or of signs of life is thinned while it is folded, to the same as in the end', () => {
  const limits = { behaviours: 5, sightingsEach: 2, killsEach: 1, watch: 3 }
  const acts = Array.from({ length: 60 }, (_, index) => act({ rule: `rule ${(index * 37) % 60}`.padEnd(10, 'x') }))
  const intake = folded((fold) => {
    for (const each of acts) fold.act(each, digest, 0)
    for (let index = 0; index < 60; index++)
      fold.beat({ sensor: 'falco', node: `node-${(index * 37) % 60}` }, 'health', at(1000 * index))
  }, limits)
  const rules = [...only(intake).sightings.values()].map(({ rule }) => rule)
  assert.deepEqual(rules, ['rule 0xxxx', 'rule 10xxx'])
  assert.deepEqual(new Set([...intake.watch.values()].map(({ node }) => node)), new Set(['node-0', 'node-1', 'node-10']))
  assert.deepEqual(tallyOf(intake), { 'detection/falco': 60, 'overflow/behaviours': 1, 'overflow/watch': 1 })
})

test('the detections of a minute are counted with the signs of life, also of what the manifest does not speak of', () => {
  const intake = folded((fold) => {
    for (const detections of [1, 0, 1]) fold.beat({ sensor: 'falco', node: 'n1' }, 'activity', at(1000), detections)
  })
  const [beat] = intake.watch.values()
  assert.deepEqual(beat?.kind === 'beat' && [beat.count, beat.detections], [3, 2])
})

test('names of sensors and rules that prototypes have are counted like any other', () => {
  const intake = folded((fold) => {
    fold.act(act({ sensor: '__proto__', rule: 'constructor' }), digest, 0)
    fold.count('ignored/__proto__/toString')
  })
  assert.deepEqual(
    [...intake.tally],
    [
      ['detection/__proto__', 1],
      ['ignored/__proto__/toString', 1],
    ],
  )
})
