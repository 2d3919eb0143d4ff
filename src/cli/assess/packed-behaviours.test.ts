import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { act, at, foldScopeOf, manifestOf, somebody } from '../../../core/judge/fixtures.ts'
import { createFold } from '../../../core/judge/fold.ts'
import type { Act } from '../../../core/model/act.ts'
import type { Intake } from '../../../core/model/intake.ts'
import { packBehaviours, unpackBehaviours } from './packed-behaviours.ts'

const word = fc.constantFrom(null, '', '\u0000', 'api-1', '/bin/"x"\\', '\u2028é😀')
const acts: fc.Arbitrary<Act> = fc
  .record({
    pod: word,
    image: word,
    commandLine: word,
    node: word,
    executable: word,
    ancestors: fc.array(fc.constantFrom('', 'sh', '[]', '["sh"]'), { maxLength: 2 }),
    minute: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null }),
    rule: word,
    effect: fc.constantFrom('observed', 'unknown', 'prevented'),
    toKill: fc.constantFrom(null, 'a'.repeat(64), 'b'.repeat(64)),
    class: fc.constantFrom('detection', 'observation'),
  })
  .map(({ pod, image, commandLine, node, executable, ancestors, minute, ...rest }) =>
    act({
      ...rest,
      at: minute === null ? null : at(minute * 60_000),
      tags: ancestors,
      subject: { ...somebody, pod, image, commandLine, node, executable, ancestors, pid: 7, uid: null },
    }),
  )

function folded(many: readonly Act[]): Intake['behaviours'] {
  const fold = createFold(foldScopeOf(manifestOf()))
  many.forEach((one, index) => fold.act(one, () => String(index).padStart(64, '0'), index % 3))
  return fold.intake().behaviours
}

test('behaviours are unpacked as they were packed, keys and order too', () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 30 }), (many) => {
      const behaviours = folded(many)
      const unpacked = unpackBehaviours(packBehaviours(behaviours))
      assert.deepEqual([...unpacked], [...behaviours])
      for (const [print, { sightings }] of behaviours)
        assert.deepEqual([...(unpacked.get(print)?.sightings.keys() ?? [])], [...sightings.keys()])
    }),
    { numRuns: 300 },
  )
})

test('nothing folded is nothing packed', () => {
  assert.equal(unpackBehaviours(packBehaviours(new Map())).size, 0)
})

test('what is no packed text is refused', () => {
  assert.throws(() => unpackBehaviours('{"texts":['), SyntaxError)
})
