import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { at, beating, counters, foldScopeOf, manifestOf, minute, windowFrom } from './fixtures.ts'
import { createFold } from './fold.ts'
import { blindMinutes } from './liveness.ts'
import { resolve } from './resolve.ts'

const [falco] = resolve(manifestOf()).sensors
const snapshot = (ms: number, matched: number | null, rest: Parameters<typeof counters>[1] = {}) =>
  counters(at(ms), { matched, ...rest })
/** Alerts that arrived at these moments, and what the sensor counted. */
function watching(alerts: readonly number[], ...snapshots: readonly ReturnType<typeof counters>[]) {
  assert.ok(falco)
  const fold = createFold(foldScopeOf())
  for (const ms of alerts) fold.beat({ sensor: 'falco', node: 'n1' }, 'activity', at(ms), 1)
  for (const signal of [...beating(), ...snapshots]) fold.watch(signal)
  const { states, why } = blindMinutes(falco, [...fold.intake().watch.values()], windowFrom()).minutes
  return [states.map((state) => (state === 'observed' ? 'o' : '.')).join(''), [...new Set(why.flat())].join(', ')]
}

test('alerts that the sensor counted and nobody received blind the stretch in which it counted them', () => {
  assert.deepEqual(watching([125_000], snapshot(60_000, 5), snapshot(300_000, 8), snapshot(540_000, 8)), [
    'o....ooooo',
    '2 of 3 alerts did not arrive',
  ])
})

test('as many as were counted, or more, are no loss; neither is a count that nobody gave', () => {
  assert.deepEqual(watching([125_000, 130_000], snapshot(60_000, 5), snapshot(300_000, 7))[0], 'oooooooooo')
  assert.deepEqual(watching([125_000, 130_000, 140_000], snapshot(60_000, 5), snapshot(300_000, 7))[0], 'oooooooooo')
  assert.deepEqual(watching([], snapshot(60_000, null), snapshot(300_000, 7))[0], 'oooooooooo')
})

test('an alert that was counted just after the snapshot that it precedes is not called lost', () => {
  assert.deepEqual(watching([299_000], snapshot(60_000, 5), snapshot(300_000, 5), snapshot(540_000, 6))[0], 'oooooooooo')
  assert.equal(watching([200_000], snapshot(60_000, 5), snapshot(300_000, 5), snapshot(540_000, 6))[0], 'ooooo....o')
})

test('a loss that hides behind the edges of every pair shows over the whole run', () => {
  const alerts = [62_000, 118_000, 178_000, 238_000]
  const counts = [0, 60, 120, 180, 240].map((seconds, index) => snapshot(seconds * 1000 + 30_000, index * 2))
  assert.equal(watching([...alerts, ...alerts], ...counts)[0], 'oooooooooo')
  assert.deepEqual(watching(alerts, ...counts), ['.....ooooo', '4 of 8 alerts did not arrive, 1 of 2 alerts did not arrive'])
})

test('after a restart, and where the counter went back, counting begins anew', () => {
  const restarted = { startedAt: minute(4) }
  assert.match(
    watching([250_000], snapshot(60_000, 500), snapshot(300_000, 2, restarted))[1] ?? '',
    /1 of 2 alerts did not arrive/,
  )
  assert.doesNotMatch(watching([250_000, 260_000], snapshot(60_000, 500), snapshot(300_000, 2, restarted))[1] ?? '', /alerts/)
  assert.equal(watching([250_000], snapshot(60_000, 500), snapshot(300_000, 1))[0], 'oooooooooo')
})

test('a process that started within the window owes all that it counted; an older one only what it counted since', () => {
  assert.equal(watching([], snapshot(300_000, 500))[0], 'oooooooooo')
  assert.match(watching([], snapshot(300_000, 5, { startedAt: minute(2) }))[1] ?? '', /5 of 5 alerts did not arrive/)
})

test('whatever arrived is never called lost, wherever the snapshots fall and however late they count', () => {
  const alert = fc.record({ ms: fc.nat(599_999), lag: fc.nat(10_000) })
  fc.assert(
    fc.property(fc.array(alert, { maxLength: 20 }), fc.uniqueArray(fc.nat(599_999), { maxLength: 8 }), (alerts, moments) => {
      const snapshots = moments
        .sort((a, b) => a - b)
        .map((moment) => snapshot(moment, alerts.filter(({ ms, lag }) => ms + lag <= moment).length, { startedAt: at(-1) }))
      const said = watching(
        alerts.map(({ ms }) => ms),
        ...snapshots,
      )[1]
      assert.doesNotMatch(said ?? '', /alerts/)
    }),
  )
})
