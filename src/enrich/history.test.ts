import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Judgement } from '../../core/model/judgement.ts'
import { historyAfter, noHistory } from './history.ts'

const found = (id: string, ...fingerprints: string[]): Judgement =>
  ({
    window: { id },
    findings: fingerprints.map((fingerprint) => ({ fingerprint, control: `${fingerprint}.${id}`, workloads: ['shop/api'] })),
  }) as unknown as Judgement

const workloads = ['shop/api']

test('a finding is remembered with its first and last window', () => {
  const first = historyAfter(noHistory, found('w1', 'a', 'b', 'a'), 'd1')
  const second = historyAfter(first, found('w2', 'a'), 'd2')
  assert.deepEqual(second.previous, { windowId: 'w2', reportDigest: 'd2' })
  assert.deepEqual(second.history.get('a'), { firstWindow: 'w1', lastWindow: 'w2', windows: 2, controls: ['a.w2'], workloads })
  assert.deepEqual(second.history.get('b'), { firstWindow: 'w1', lastWindow: 'w1', windows: 1, controls: ['b.w1'], workloads })
})

test('what was never found has no history', () => {
  assert.equal(historyAfter(noHistory, found('w1'), 'd1').history.size, 0)
})
