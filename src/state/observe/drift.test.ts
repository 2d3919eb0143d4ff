import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { driftOf } from './drift.ts'
import { found } from './fixtures.ts'

test('drift is what changed, appeared and went away; without a run before there is none', () => {
  assert.deepEqual(driftOf(null, [found()]), [])
  assert.deepEqual(driftOf([found()], [found()]), [])
  const drift = driftOf(
    [found(), found({ id: '/gone' }), found({ host: 'b' })],
    [found({ outcome: 'fail', actual: '0666' }), found({ id: '/new' }), found({ host: 'b', actual: '0600' })],
  )
  assert.deepEqual(
    drift.map(({ host, id, from, to, was, is }) => [host, id, from, to, was, is]),
    [
      ['a', '/x', 'pass', 'fail', '0644', '0666'],
      ['a', '/new', null, 'pass', null, '0644'],
      ['b', '/x', 'pass', 'pass', '0644', '0600'],
      ['a', '/gone', 'pass', null, '0644', null],
    ],
  )
})

test('drift there and back is the same, turned around', () => {
  const finds = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('/a', '/b', '/c'),
      outcome: fc.constantFrom('pass' as const, 'fail' as const),
      actual: fc.constantFrom('1', '2'),
    }),
    { selector: ({ id }) => id },
  )
  fc.assert(
    fc.property(finds, finds, (before, later) => {
      const [one, other] = [before.map(found), later.map(found)]
      const there = driftOf(one, other).map(({ id, from, to }) => `${id} ${from} ${to}`)
      const back = driftOf(other, one).map(({ id, from, to }) => `${id} ${to} ${from}`)
      assert.deepEqual(there.toSorted(), back.toSorted())
    }),
  )
})
