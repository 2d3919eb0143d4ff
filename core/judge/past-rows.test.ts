import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act } from '../model/act.ts'
import type { Sighting } from '../model/behaviour.ts'
import type { Intake } from '../model/intake.ts'
import { act, at, foldScopeOf, inputsOf, manifestOf, windowFrom } from './fixtures.ts'
import { createFold } from './fold.ts'
import { merge } from './merge.ts'
import { Forms, PastRows } from './past-rows.ts'
import { seal } from './seal.ts'

const sighting: Sighting = {
  class: 'detection',
  sensor: 'falco',
  rule: null,
  severity: 'high',
  confidence: 0.6,
  effect: 'observed',
  access: null,
  actionTaken: null,
  toKill: null,
  minute: '2026-03-02T08:33',
  count: 3,
  first: '2026-03-02T08:33:00.000000001Z',
  last: '2026-03-02T08:33:59.999999999Z',
}

test('a row is given back to the last digit, once', () => {
  const rows = new PastRows(new Forms())
  rows.add(sighting)
  rows.add({ ...sighting, rule: 'other' })
  assert.deepEqual([...rows], [sighting, { ...sighting, rule: 'other' }])
  assert.deepEqual(rows.take(sighting, '2026-03-02T08:33'), sighting)
  assert.equal(rows.take(sighting, '2026-03-02T08:33'), null)
  assert.equal(rows.size, 1)
})

test('every time of a minute and any count that fits comes back, of any of many rows and forms', () => {
  const nanos = fc.oneof(fc.integer({ min: 0, max: 59_999_999_999 }), fc.constantFrom(2 ** 32 - 1, 2 ** 32, 13 * 2 ** 32 + 1))
  const rows = fc.array(
    fc.record({
      rule: fc.nat(300).map(String),
      minute: fc.integer({ min: 0, max: 59 }),
      count: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      first: nanos,
      last: nanos,
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(rows, fc.nat(), (some, taken) => {
      const minuteOf = (minute: number) => `2026-03-02T08:${String(minute).padStart(2, '0')}`
      const time = (minute: string, within: number) =>
        `${minute}:${String(Math.floor(within / 1e9)).padStart(2, '0')}.${String(within % 1e9).padStart(9, '0')}Z`
      const sightings = some.map(({ rule, minute: number, count, first, last }): Sighting => {
        const minute = minuteOf(number)
        return { ...sighting, rule, minute, count, first: time(minute, first), last: time(minute, last) }
      })
      const kept = new PastRows(new Forms())
      for (const one of sightings) kept.add(one)
      const copy = kept.copied()
      assert.deepEqual([...kept], sightings)
      const wanted = sightings[taken % (sightings.length || 1)]
      if (wanted === undefined) return
      const isIt = ({ rule, minute }: Sighting) => rule === wanted.rule && minute === wanted.minute
      const index = sightings.findLastIndex(isIt)
      assert.deepEqual(kept.take(wanted, wanted.minute ?? ''), sightings[index])
      assert.deepEqual([...kept], sightings.toSpliced(index, 1))
      assert.deepEqual([...copy], sightings)
    }),
  )
})

test('another minute and another form are not found', () => {
  const rows = new PastRows(new Forms())
  rows.add(sighting)
  assert.equal(rows.take(sighting, '2026-03-02T08:34'), null)
  assert.equal(rows.take({ ...sighting, severity: null }, '2026-03-02T08:33'), null)
})

test('what has no time, or awaits the end of a process, is no row', () => {
  assert.equal(PastRows.canKeep(sighting), true)
  assert.equal(PastRows.canKeep({ ...sighting, minute: null, first: null, last: null }), false)
  assert.equal(PastRows.canKeep({ ...sighting, toKill: 'a'.repeat(64) }), false)
  assert.equal(PastRows.canKeep({ ...sighting, count: 2 ** 32 }), false)
  assert.throws(() => new PastRows(new Forms()).add({ ...sighting, minute: null, first: null, last: null }), RangeError)
})

const window = windowFrom('2026-03-02T00:00:00Z', '2026-03-02T01:00:00Z')
const scope = foldScopeOf(manifestOf(), window)
const acts: fc.Arbitrary<Act> = fc
  .record({
    minute: fc.option(fc.integer({ min: 0, max: 30 }), { nil: null, freq: 20 }),
    ms: fc.integer({ min: 0, max: 59_999 }),
    rule: fc.constantFrom('a', 'b', 'c'),
    effect: fc.constantFrom('observed', 'unknown'),
    toKill: fc.constantFrom(null, 'a'.repeat(64)),
  })
  .map(({ minute, ms, ...rest }) => act({ ...rest, at: minute === null ? null : at(minute * 60_000 + ms) }))

function folded(some: readonly Act[]): Intake {
  const fold = createFold(scope)
  for (const one of some) fold.act(one, () => 'd'.repeat(64), 0)
  return fold.intake()
}

function sealed(intake: Intake): string {
  return seal({ ...inputsOf({ watch: [], window }), intake }).sums().digest
}

test('a behaviour that is seen in many minutes, in any order, is what its single acts add up to', () => {
  fc.assert(
    fc.property(fc.array(acts, { minLength: 1, maxLength: 80 }), (some) => {
      const single = some.map((one) => folded([one])).reduce((a, b) => merge(a, b))
      assert.equal(sealed(folded(some)), sealed(single))
    }),
    { numRuns: 60 },
  )
})

test('an intake stays as it was when the fold goes on, and the fold loses nothing by it', () => {
  fc.assert(
    fc.property(fc.array(acts, { minLength: 20, maxLength: 60 }), fc.array(acts, { maxLength: 40 }), (before, after) => {
      const fold = createFold(scope)
      for (const one of before) fold.act(one, () => 'd'.repeat(64), 0)
      const early = fold.intake()
      for (const one of after) fold.act(one, () => 'd'.repeat(64), 0)
      assert.equal(sealed(early), sealed(folded(before)))
      assert.equal(sealed(fold.intake()), sealed(folded([...before, ...after])))
    }),
    { numRuns: 60 },
  )
})
