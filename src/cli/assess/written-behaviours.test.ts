import assert from 'node:assert/strict'
import { test } from 'node:test'
import { act, at, foldScopeOf, manifestOf, somebody } from '../../../core/judge/fixtures.ts'
import { behaviourText } from '../../../core/judge/behaviour-line.ts'
import { createFold } from '../../../core/judge/fold.ts'
import { merge, mergeParts, sortedByKey } from '../../../core/judge/merge.ts'
import type { Intake } from '../../../core/model/intake.ts'
import { partsOf, writeBehaviours, writtenBehaviours } from './written-behaviours.ts'

const names = ['é😀', '"quoted"', ...Array.from({ length: 60 }, (_, index) => `program-${index}`)]

function intakeOf(some: readonly string[]): Intake {
  const fold = createFold(foldScopeOf(manifestOf()))
  for (const [index, name] of some.entries()) {
    const target = { type: 'binary', path: `/bin/${name}`, partial: false } as const
    fold.act(act({ at: at(index * 1_000), action: 'exec', target, subject: somebody }), () => 'a'.repeat(64), 0)
  }
  return fold.intake()
}

test('behaviours that were written are the same behaviours and the same lines', () => {
  const { behaviours } = intakeOf(names)
  const blocks = writeBehaviours(behaviours)
  const read = writtenBehaviours(blocks)
  assert.deepEqual(
    [...read.keys()],
    sortedByKey(behaviours).map(([fingerprint]) => fingerprint),
  )
  for (const [fingerprint, { identity, sightings, samples }] of read) {
    const { line: _, ...known } = behaviours.get(fingerprint) ?? assert.fail(fingerprint)
    assert.deepEqual({ fingerprint, identity, sightings, samples }, known)
  }
  assert.deepEqual(Array.from(read.values(), behaviourText), linesIn(blocks))
})

test('a written behaviour that is merged with more is written anew', () => {
  const { behaviours, ...rest } = intakeOf(names)
  const once = { ...rest, behaviours: writtenBehaviours(writeBehaviours(behaviours)) }
  const twice = merge(intakeOf(names), intakeOf(names))
  assert.deepEqual(writeBehaviours(merge(once, once).behaviours), writeBehaviours(twice.behaviours))
})

test('parts follow one another by fingerprint and hold every behaviour once', () => {
  const { behaviours } = intakeOf(names)
  for (const count of [1, 2, 3, 7]) {
    const parts = partsOf(behaviours, count)
    assert.deepEqual(
      parts.flatMap(writeBehaviours).flatMap((block) => linesIn([block])),
      linesIn(writeBehaviours(behaviours)),
    )
    assert.equal(parts.length, count)
    for (const part of parts) assert.notEqual(part.size, 0)
  }
})

test('parts of one window are joined within the limits of the whole', () => {
  const whole = intakeOf(names)
  const parts = partsOf(whole.behaviours, 3).map((behaviours) => ({
    behaviours,
    watch: whole.watch,
    tally: new Map([['health', 1]]),
  }))
  const limits = { behaviours: 40, sightingsEach: 9, killsEach: 9, watch: 9 }
  const joined = mergeParts(parts, limits)
  assert.deepEqual(linesIn(writeBehaviours(joined.behaviours)), linesIn(writeBehaviours(whole.behaviours)).slice(0, 40))
  assert.deepEqual(
    joined.tally,
    new Map([
      ['health', 3],
      ['overflow/behaviours', 1],
    ]),
  )
  assert.deepEqual(mergeParts(parts).tally, new Map([['health', 3]]))
})

function linesIn(blocks: readonly Uint8Array[]): readonly string[] {
  return Buffer.concat(blocks).toString().trimEnd().split('\n')
}
