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
  return seal({ ...inputsOf({ watch: [], window }), intake }).digest
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
