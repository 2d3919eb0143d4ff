import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultOf } from '../fixtures.ts'
import { nowMs, watchedOf } from './fixtures.ts'
import { healthOf, type Watched } from './watched.ts'

const [passing, failing, unclear] = [resultOf(), resultOf({ outcome: 'fail' }), resultOf({ outcome: 'error', error: 'x' })]

const stands: readonly (readonly [what: string, watched: Watched, health: string])[] = [
  ['everything holds', watchedOf([passing]), 'ok'],
  ['a fatal policy fails', watchedOf([passing, failing]), 'failing'],
  ['a policy that is not fatal fails', watchedOf([failing], { fatal: false }), 'ok'],
  ['a failure is accepted here', watchedOf([failing], { exception: 'x' }), 'ok'],
  ['a check could not be judged', watchedOf([passing, unclear]), 'not_judged'],
  ['a host did not answer', watchedOf([], { failure: 'refused' }), 'not_judged'],
  ['everything was skipped', watchedOf([resultOf({ outcome: 'skip' })]), 'not_judged'],
  ['it has not run yet', { ...watchedOf([passing]), last: null }, 'never_run'],
]

for (const [what, watched, health] of stands)
  test(`${what}: ${health.replace('_', ' ')}`, () => assert.equal(healthOf(watched, null, nowMs), health))

test('a policy that did not run when it was due twice is stale', () => {
  const watched = watchedOf([passing])
  assert.equal(healthOf(watched, null, Date.parse('2026-03-02T12:00:30Z')), 'ok')
  assert.equal(healthOf(watched, null, Date.parse('2026-03-02T12:02:00Z')), 'stale')
  assert.equal(healthOf({ ...watched, schedule: null }, null, Date.parse('2027-01-01T00:00:00Z')), 'ok')
})
