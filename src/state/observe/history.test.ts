import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratch, found } from './fixtures.ts'
import { History, type KeptRun } from './history.ts'

const kept = (endedAt: string, more: Partial<KeptRun> = {}): KeptRun => ({
  format: 'runproof-state-run/v1',
  policy: 'A',
  startedAt: endedAt,
  endedAt,
  found: [found({ id: endedAt })],
  sarif: {},
  ...more,
})

test('runs are kept by number and by age, and the newest always stays', (t) => {
  const folder = scratch(t)
  const history = new History(folder, { runs: 3, ageMs: 86_400_000 })
  for (const hour of ['01', '02', '03', '04']) history.keep('state-a', kept(`2026-03-02T${hour}:00:00.000Z`))
  assert.equal(readdirSync(join(folder, 'state-a')).length, 3)
  assert.equal(history.latest('state-a')?.[0]?.id, '2026-03-02T04:00:00.000Z')
  history.keep('state-a', kept('2026-03-03T03:30:00.000Z'))
  assert.equal(readdirSync(join(folder, 'state-a')).length, 2)
  history.prune('state-a', Date.parse('2027-01-01T00:00:00Z'))
  assert.equal(history.latest('state-a')?.[0]?.id, '2026-03-03T03:30:00.000Z')
  assert.equal(history.latest('state-b'), null)
})

test('two runs that end in one moment are two, and a file that is none is passed over', (t) => {
  const folder = scratch(t)
  const history = new History(folder, { runs: 10, ageMs: 86_400_000 })
  for (const policy of ['A', 'B']) history.keep('state-a', kept('2026-03-02T01:00:00.123Z', { policy }))
  assert.deepEqual(readdirSync(join(folder, 'state-a')), ['20260302T010000123Z-000.json', '20260302T010000123Z-001.json'])
  writeFileSync(join(folder, 'state-a', '20270302T010000123Z-000.json'), '{"format":')
  assert.equal(history.latest('state-a'), null)
  writeFileSync(join(folder, 'state-a', 'zzz.txt'), 'x')
  history.keep('state-a', kept('2027-03-02T01:00:00.123Z'))
  assert.equal(history.latest('state-a')?.length, 1)
})
