import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act } from '../model/act.ts'
import type { Intake } from '../model/intake.ts'
import type { Watch } from '../model/watch.ts'
import { act, at, counters, foldScopeOf, inputsOf } from './fixtures.ts'
import { createFold } from './fold.ts'
import { intakeLimits, type IntakeLimits } from './limits.ts'
import { keepSmallest, merge, mergeSamples, sortedByKey } from './merge.ts'
import { seal } from './seal.ts'

/** One thing that a sensor sent. */
type Item = { readonly act: Act; readonly digest: string } | { readonly watch: Watch }
const tight: IntakeLimits = { behaviours: 3, sightingsEach: 2, killsEach: 1, watch: 3 }

// Few values each, so that many of them meet.
const aTime = fc.option(
  fc.integer({ min: -1, max: 10 }).map((seconds) => at(seconds * 55_000)),
  { freq: 8 },
)
const processes = ['a', 'b', 'c'].map((digit) => digit.repeat(64))
const anAct = fc
  .record({
    at: aTime,
    path: fc.constantFrom('/a', '/b', '/c', '/d', '/e', '/proc/1/x', '/proc/2/x'),
    sensor: fc.constantFrom('falco', 'tetragon'),
    rule: fc.constantFrom(null, 'r1'),
    workload: fc.constantFrom('api', null, 'web'),
    toKill: fc.constantFrom(null, ...processes),
    digest: fc.constantFrom('d1', 'd2', 'd3', 'd4', 'd5'),
  })
  .map(({ at, path, sensor, rule, workload, toKill, digest }): Item => {
    const target = { type: 'binary', path, partial: false } as const
    return {
      act: act({ at, target, sensor, rule, toKill, effect: toKill ? 'unknown' : 'observed', subject: { workload, pod: null } }),
      digest: `${digest}-${path}-${sensor}-${rule}-${toKill}`,
    }
  })
const instance = { sensor: fc.constantFrom('falco', 'tetragon'), node: fc.constantFrom('n1', null) }
const aMoment = fc.integer({ min: -4, max: 14 }).map((minutes) => at(minutes * 45_000))
const someRules = fc.constantFrom(undefined, { a: 1 }, { b: 1 }, { constructor: 1 })
const aWatch = fc
  .oneof(
    fc
      .record({ ...instance, at: aMoment, signal: fc.constantFrom('health' as const, 'activity' as const), rules: someRules })
      .map(({ at, rules, ...rest }): Watch => ({
        kind: 'beat',
        ...rest,
        minute: at.slice(0, 16),
        first: at,
        last: at,
        count: 1,
        detections: 1,
        ...(rules && { rules }),
      })),
    fc
      .record({ ...instance, at: aMoment, dropped: fc.constantFrom(null, 0, 5), rules: someRules })
      .map(({ at, rules, ...rest }): Watch => ({ ...counters(at), ...rest, ...(rules && { rules }) })),
    fc
      .record({ ...instance, at: aMoment, state: fc.constantFrom('start' as const, 'stop' as const) })
      .map((rest): Watch => ({ kind: 'throttle', scope: null, ...rest })),
    fc.record({ ...instance, at: aMoment, lasting: fc.boolean() }).map((rest): Watch => ({ kind: 'fault', what: 'it', ...rest })),
    fc
      .record({ ...instance, from: aMoment, to: aMoment })
      .map((rest): Watch => ({ kind: 'loss', dropped: 1, received: null, ...rest })),
    fc
      .record({ ...instance, at: aMoment, process: fc.constantFrom(...processes) })
      .map((rest): Watch => ({ kind: 'end', signal: 'SIGKILL', ...rest })),
  )
  .map((watch): Item => ({ watch }))
const someItems = fc.array(fc.oneof(anAct, aWatch), { maxLength: 40 })

function folded(items: readonly Item[], limits: IntakeLimits): Intake {
  const fold = createFold(foldScopeOf(), limits)
  for (const item of items) {
    if ('act' in item) fold.act(item.act, () => item.digest, 0)
    else fold.watch(item.watch)
  }
  return fold.intake()
}

const linesOf = (intake: Intake) => [...seal({ ...inputsOf(), intake }).lines]
const limits = fc.constantFrom(tight, intakeLimits)
const anIntake = fc.tuple(someItems, limits).map(([items, kept]) => folded(items, kept))

test('merge is commutative', () => {
  fc.assert(
    fc.property(anIntake, anIntake, limits, (a, b, kept) =>
      assert.deepEqual(linesOf(merge(a, b, kept)), linesOf(merge(b, a, kept))),
    ),
  )
})

test('merge is associative', () => {
  fc.assert(
    fc.property(someItems, someItems, someItems, limits, (x, y, z, kept) => {
      const [a, b, c] = [folded(x, kept), folded(y, kept), folded(z, kept)]
      assert.deepEqual(linesOf(merge(merge(a, b, kept), c, kept)), linesOf(merge(a, merge(b, c, kept), kept)))
    }),
  )
})

test('G6: whatever the order and however it was split, what was read seals to the same bytes, also past the limits', () => {
  const plan = someItems.chain((items) =>
    fc.record({
      items: fc.constant(items),
      shuffled: fc.shuffledSubarray([...items.keys()], { minLength: items.length }),
      hands: fc.array(fc.nat(3), { minLength: items.length, maxLength: items.length }),
      order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
      kept: limits,
    }),
  )
  fc.assert(
    fc.property(plan, ({ items, shuffled, hands, order, kept }) => {
      const parts = order.map((hand) => shuffled.flatMap((index) => (hands[index] === hand ? (items[index] ?? []) : [])))
      const merged = parts.map((part) => folded(part, kept)).reduce((a, b) => merge(a, b, kept))
      assert.deepEqual(linesOf(merged), linesOf(folded(items, kept)))
    }),
    { numRuns: 400 },
  )
})

test('a crowded behaviour that is itself pushed out leaves the same trace, whichever came first', () => {
  const seen = (path: string, ms: number): Item => ({
    act: act({ at: at(ms), target: { type: 'binary', path, partial: false } }),
    digest: path,
  })
  const [first = '', second = ''] = ['/a', '/b'].sort((a, b) => (printOf(seen(a, 0)) < printOf(seen(b, 0)) ? -1 : 1))
  const narrow = { behaviours: 1, sightingsEach: 1, killsEach: 1, watch: 1 }
  const crowdedFirst = merge(folded([seen(second, 0), seen(second, 60_000)], narrow), folded([seen(first, 0)], narrow), narrow)
  const pushedFirst = merge(folded([seen(second, 0), seen(first, 0)], narrow), folded([seen(second, 60_000)], narrow), narrow)
  assert.deepEqual(sortedByKey(crowdedFirst.tally), [
    ['detection/falco', 3],
    ['overflow/behaviours', 1],
  ])
  assert.deepEqual(linesOf(pushedFirst), linesOf(crowdedFirst))
})
function printOf(item: Item): string {
  return [...folded([item], intakeLimits).behaviours.keys()][0] ?? ''
}

test('merging adds counts and widens first and last', () => {
  const seen = (ms: number): Item => ({ act: act({ at: at(ms) }), digest: String(ms) })
  const merged = merge(folded([seen(10_000)], tight), folded([seen(50_000), seen(5000)], tight), tight)
  const [behaviour] = merged.behaviours.values()
  const [sighting] = behaviour?.sightings.values() ?? []
  assert.deepEqual([sighting?.count, sighting?.first, sighting?.last], [3, at(5000), at(50_000)])
  assert.deepEqual(
    behaviour?.samples.map(({ digest }) => digest),
    ['5000', '10000', '50000'],
  )
  assert.equal(merged.tally.get('detection/falco'), 3)
})

test('an overflow stays one however often it is merged; other counts add', () => {
  const overflowing: Intake = {
    ...folded([], tight),
    tally: new Map([
      ['overflow/watch', 1],
      ['malformed/not_json', 2],
    ]),
  }
  assert.deepEqual(
    [...merge(overflowing, overflowing, tight).tally],
    [
      ['overflow/watch', 1],
      ['malformed/not_json', 4],
    ],
  )
})

test('exactly at the limits nothing is cut and nothing is marked; one more is', () => {
  const seen = (path: string): Item => ({ act: act({ target: { type: 'binary', path, partial: false } }), digest: path })
  const three = folded(['/a', '/b', '/c'].map(seen), tight)
  assert.equal(three.behaviours.size, 3)
  assert.equal(keepSmallest(three, tight), three)
  assert.equal(three.tally.has('overflow/behaviours'), false)
  assert.equal(folded(['/a', '/b', '/c', '/d'].map(seen), tight).tally.get('overflow/behaviours'), 1)
})

test('an undated sample sorts first, and the same line twice is one sample', () => {
  const { samples } = [...folded([{ act: act(), digest: 'x' }], tight).behaviours.values()][0] ?? { samples: [] }
  const [dated] = samples
  assert.ok(dated)
  const undated = { ...dated, at: null, digest: 'y' }
  assert.deepEqual(mergeSamples([dated], [undated, dated]), [undated, dated])
})

test('a behaviour with more sightings than are kept is an overflow, and keeps the first by minute', () => {
  const seen = [3, 1, 2].map((minutes): Item => ({ act: act({ at: at(minutes * 60_000) }), digest: String(minutes) }))
  const crowded = folded(seen, tight)
  const [behaviour] = crowded.behaviours.values()
  assert.deepEqual(
    [...(behaviour?.sightings.values() ?? [])].map(({ minute }) => minute),
    ['2026-03-02T00:01', '2026-03-02T00:02'],
  )
  assert.equal(crowded.tally.get('overflow/behaviours'), 1)
  assert.equal(folded(seen.slice(1), tight).tally.has('overflow/behaviours'), false)
})
