import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Backoff } from './backoff.ts'

test('waits double up to a minute, each between half and all of it, and begin anew after a success', () => {
  const least = new Backoff(() => 0)
  assert.deepEqual(
    Array.from({ length: 9 }, () => least.next()),
    [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000],
  )
  least.reset()
  assert.equal(least.next(), 250)
})

test('it is never sooner than the service asked, whatever the dice say', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.option(fc.nat(100_000)))),
      (turns) => {
        let dice = 0
        const backoff = new Backoff(() => dice)
        for (const [thrown, asked] of turns) {
          dice = thrown
          const waitMs = backoff.next(asked)
          assert.ok(waitMs >= 250 && waitMs >= (asked ?? 0) && waitMs <= Math.max(60_000, (asked ?? 0) * 1.1))
        }
      },
    ),
  )
})
