import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { manifestOf } from '../../core/judge/fixtures.ts'
import { resolve, type Resolved } from '../../core/judge/resolve.ts'
import { instantMs } from '../../core/model/time.ts'
import { scheduleOf, windowAt, windowsDue, type Period } from './schedule.ts'

const scope = { application: 'shop', environment: 'production' }
const midnight = instantMs('2026-03-02T00:00:00Z')
const HOUR = 3_600_000

function period(every: string, fromMs: number, manifest = 1, grace = '10m'): Period {
  return { manifest, fromMs, resolved: resolvedWith(every, grace), redaction: null }
}

function resolvedWith(every: string, grace: string): Resolved {
  return resolve(manifestOf({ window: { every, grace } }))
}

test('a moment before the first promise has no window', () => {
  const schedule = scheduleOf(scope, [period('1h', midnight)])
  assert.equal(windowAt(schedule, midnight - 1), null)
  assert.equal(windowAt(schedule, midnight)?.window.start, '2026-03-02T00:00:00Z')
})

test('a new version governs the windows that start after it was published, not the one that is open', () => {
  const schedule = scheduleOf(scope, [period('1h', midnight, 1), period('1h', midnight + 1.5 * HOUR, 2)])
  assert.equal(windowAt(schedule, midnight + 1.75 * HOUR)?.period.manifest, 1)
  assert.equal(windowAt(schedule, midnight + 2 * HOUR)?.period.manifest, 2)
})

test('another cadence waits until no window of the old one is open', () => {
  const schedule = scheduleOf(scope, [period('24h', midnight, 1), period('1h', midnight + 10 * HOUR, 2)])
  assert.equal(windowAt(schedule, midnight + 23 * HOUR)?.period.manifest, 1)
  assert.equal(windowAt(schedule, midnight + 24 * HOUR)?.window.end, '2026-03-03T01:00:00Z')
})

test('a window is due once its grace is over, and not before', () => {
  const schedule = scheduleOf(scope, [period('1h', midnight)])
  const due = (until: number) => [...windowsDue(schedule, midnight, until)].map(({ window }) => window.start)
  assert.deepEqual(due(midnight + HOUR + 10 * 60_000 - 1), [])
  assert.deepEqual(due(midnight + HOUR + 10 * 60_000), ['2026-03-02T00:00:00Z'])
})

test('windows of a scope never overlap and leave no gap, however manifests and cadences change', () => {
  const version = fc.record({
    every: fc.constantFrom('1m', '7m', '1h', '5h', '24h', '7d'),
    after: fc.integer({ min: 0, max: 40 * 24 * 60 }),
  })
  fc.assert(
    fc.property(fc.array(version, { minLength: 1, maxLength: 4 }), (versions) => {
      let from = midnight
      const periods = versions.map(({ every, after }, index) => {
        from += index === 0 ? 0 : after * 60_000
        return period(every, from, index + 1)
      })
      const schedule = scheduleOf(scope, [{ ...periods[0]!, fromMs: instantMs('2026-03-02T00:00:00Z') }, ...periods.slice(1)])
      let before: string | null = null
      let count = 0
      for (const { window } of windowsDue(schedule, from - 2 * HOUR, from + 30 * HOUR)) {
        if (before !== null) assert.equal(window.start, before)
        before = window.end
        if (++count > 3_000) break
      }
    }),
    { numRuns: 60 },
  )
})
