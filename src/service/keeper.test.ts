import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manifestOf } from '../../core/judge/fixtures.ts'
import { resolve } from '../../core/judge/resolve.ts'
import { instantMs } from '../../core/model/time.ts'
import type { Window } from '../../core/model/window.ts'
import type { SealedWindowRow } from '../store/state/reports.ts'
import type { State } from '../store/state/state.ts'
import { createKeeper, type KeeperOptions } from './keeper.ts'
import { scheduleOf } from './schedule.ts'

const start = instantMs('2026-03-02T00:00:00Z')
const schedule = scheduleOf({ application: 'shop', environment: 'prod' }, [
  { manifest: 7, fromMs: start, resolved: resolve(manifestOf({ window: { every: '1h', grace: '5m' } })), redaction: null },
])

/** A store that remembers which windows were sealed; only what the keeper asks for. */
function kept(options: Partial<KeeperOptions> & { readonly failing?: (window: Window) => boolean }) {
  const rows = new Map<string, SealedWindowRow>()
  const log: string[] = []
  const state = {
    lastSealed: () => [...rows.values()].sort((a, b) => (a.window.end < b.window.end ? 1 : -1))[0] ?? null,
    sealedWindow: (id: string) => rows.get(id) ?? null,
  } as unknown as State
  const keeper = createKeeper({
    schedules: () => [schedule],
    state,
    folded: () => [],
    settle: async () => {},
    async close(window, manifest, cause) {
      if (options.failing?.(window) === true) throw new Error('no')
      rows.set(window.id, { window, manifest, sealedRevision: 1, evidence: '', report: '' })
      log.push(`${cause} ${window.start}`)
      return { report: 'r', isNew: true }
    },
    now: () => start,
    latenessMs: 86_400_000,
    quietMs: 1000,
    onClosed: () => {},
    onError: (window) => log.push(`failed ${window.start}`),
    ...options,
  })
  return { keeper, log, rows }
}

test('after a long absence every missed window is closed, in time, one after the other', async () => {
  const { keeper, log } = kept({ now: () => start + 3 * 3_600_000 + 5 * 60_000 })
  await keeper.tick()
  assert.deepEqual(log, ['close 2026-03-02T00:00:00Z', 'close 2026-03-02T01:00:00Z', 'close 2026-03-02T02:00:00Z'])
})

test('nothing closes within the time of grace, and nothing closes twice', async () => {
  let now = start + 3_600_000 + 5 * 60_000 - 1
  const { keeper, log } = kept({ now: () => now })
  await keeper.tick()
  assert.deepEqual(log, [])
  now += 1
  await Promise.all([keeper.tick(), keeper.tick()])
  await keeper.tick()
  assert.deepEqual(log, ['close 2026-03-02T00:00:00Z'])
})

test('a window that cannot be closed is tried again before any later one', async () => {
  let broken = true
  const { keeper, log } = kept({
    now: () => start + 2 * 3_600_000 + 5 * 60_000,
    failing: ({ start }) => broken && start === '2026-03-02T00:00:00Z',
  })
  await keeper.tick()
  assert.deepEqual(log, ['failed 2026-03-02T00:00:00Z'])
  broken = false
  await keeper.tick()
  assert.deepEqual(log.slice(1), ['close 2026-03-02T00:00:00Z', 'close 2026-03-02T01:00:00Z'])
})

test('what was folded into a sealed window leads to another report once it has stopped coming', async () => {
  const now = start + 3_600_000 + 5 * 60_000
  let lastReceivedMs = now - 500
  const { keeper, log, rows } = kept({
    now: () => now,
    folded: () => [...rows.values()].map(({ window }) => ({ window, revision: 2, lastReceivedMs })),
  })
  await keeper.tick()
  assert.deepEqual(log, ['close 2026-03-02T00:00:00Z'])
  lastReceivedMs = now - 1000
  await keeper.tick()
  assert.deepEqual(log.slice(1), ['late_evidence 2026-03-02T00:00:00Z'])
})

test('a decision about a window that was never sealed closes nothing', async () => {
  const { keeper, log } = kept({})
  await keeper.decided(['somewhere'])
  assert.deepEqual(log, [])
})

test('what somebody decided is judged anew until it went well, also when it was decided before the last stop', async () => {
  let isFull = false
  const hour = 'shop/prod/00'
  const window = {
    id: hour,
    application: 'shop',
    environment: 'prod',
    start: '2026-03-02T00:00:00Z',
    end: '2026-03-02T01:00:00Z',
  }
  const { keeper, log, rows } = kept({ undone: [hour], failing: () => isFull })
  rows.set(hour, { window, manifest: 7, sealedRevision: 1, evidence: '', report: '' })
  await keeper.tick()
  await keeper.tick()
  assert.deepEqual(log, ['decision 2026-03-02T00:00:00Z'])

  isFull = true
  await keeper.decided([hour])
  isFull = false
  await keeper.tick()
  await keeper.tick()
  assert.deepEqual(log.slice(1), ['failed 2026-03-02T00:00:00Z', 'decision 2026-03-02T00:00:00Z'])
})

test('a decision about a window whose evidence is gone changes nothing, and does not come back every round', async () => {
  let isGone = true
  const id = 'shop/prod/00'
  const window = { id, application: 'shop', environment: 'prod', start: '2026-03-02T00:00:00Z', end: '2026-03-02T01:00:00Z' }
  const { keeper, log, rows } = kept({ isExpired: () => isGone })
  rows.set(id, { window, manifest: 7, sealedRevision: 1, evidence: '', report: '' })
  await keeper.decided([id])
  isGone = false
  await keeper.tick()
  assert.deepEqual(log, [])
  await keeper.decided([id])
  assert.deepEqual(log, ['decision 2026-03-02T00:00:00Z'])
})
