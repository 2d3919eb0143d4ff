import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolve } from '../../core/judge/resolve.ts'
import { manifestOf } from '../../core/judge/fixtures.ts'
import { dueAt, isDecidable, quorumFor, stateOfCase, type CaseFacts, type StandingDecision } from './state.ts'

const facts: CaseFacts = { isOver: false, lastWindow: 'w2', isTouched: false, quorum: 1, decisions: [] }
const waived: StandingDecision = { verdict: 'waive', window: null, people: 1, state: 'active' }
const approved: StandingDecision = { verdict: 'approve', window: 'w2', people: 1, state: 'active' }
const rejected: StandingDecision = { verdict: 'reject', window: 'w2', people: 1, state: 'active' }

const table: readonly (readonly [string, Partial<CaseFacts>, string])[] = [
  ['nobody looked', {}, 'open'],
  ['somebody took it', { isTouched: true }, 'in_review'],
  ['accepted until a day', { decisions: [waived] }, 'waived'],
  ['the day is over', { decisions: [{ ...waived, state: 'expired' }] }, 'expired'],
  ['taken back', { decisions: [{ ...waived, state: 'revoked' }] }, 'revoked'],
  ['accepted anew after it was over', { decisions: [{ ...waived, state: 'expired' }, waived] }, 'waived'],
  ['the control has changed since', { decisions: [{ ...waived, state: 'control_changed' }] }, 'open'],
  ['not in force yet', { isTouched: true, decisions: [{ ...waived, state: 'not_yet' }] }, 'in_review'],
  ['one of two signed', { quorum: 2, decisions: [waived] }, 'in_review'],
  ['both signed', { quorum: 2, decisions: [{ ...waived, people: 2 }] }, 'waived'],
  ['one of two, then another statement by both', { quorum: 2, decisions: [waived, { ...waived, people: 2 }] }, 'waived'],
  ['two statements by one each are not two people', { quorum: 2, decisions: [waived, waived] }, 'in_review'],
  ['legitimate in this window', { decisions: [approved] }, 'approved'],
  ['legitimate in this window, by one of two', { quorum: 2, decisions: [approved] }, 'in_review'],
  ['legitimate in an earlier window', { decisions: [{ ...approved, window: 'w1' }] }, 'open'],
  ['a violation in this window', { decisions: [rejected] }, 'rejected'],
  ['to confirm one person is enough', { quorum: 2, decisions: [rejected] }, 'rejected'],
  ['a violation in an earlier window', { decisions: [{ ...rejected, window: 'w1' }] }, 'open'],
  ['accepted once, taken back, then confirmed', { decisions: [{ ...approved, state: 'revoked' }, rejected] }, 'rejected'],
  ['away long enough', { isOver: true }, 'closed'],
  ['away long enough while waived', { isOver: true, decisions: [waived] }, 'closed'],
]
for (const [what, change, state] of table) {
  test(`${what}: ${state}`, () => assert.equal(stateOfCase({ ...facts, ...change }), state))
}

test('what waits for a person can be decided, what is decided or closed cannot', () => {
  assert.deepEqual(
    ['open', 'in_review', 'expired', 'revoked'].map((state) => isDecidable(state as 'open')),
    [true, true, true, true],
  )
  assert.deepEqual(
    ['approved', 'rejected', 'waived', 'closed'].map((state) => isDecidable(state as 'open')),
    [false, false, false, false],
  )
})

test('how many must sign follows from severity and manifest', () => {
  const quorums = (twoPeopleFrom: 'high' | null) =>
    (['low', 'medium', 'high', 'critical'] as const).map((severity) => quorumFor(severity, { twoPeopleFrom }))
  assert.deepEqual(quorums('high'), [1, 1, 2, 2])
  assert.deepEqual(quorums(null), [1, 1, 1, 1])
})

test('when a case is due follows from its severity, and the manifest may say otherwise', () => {
  const due = (manifest = manifestOf()) =>
    (['critical', 'high', 'medium', 'low', 'info'] as const).map((severity) =>
      dueAt('2026-03-01T00:00:00Z', severity, resolve(manifest).review),
    )
  assert.deepEqual(due(), [
    '2026-03-02T00:00:00Z',
    '2026-03-04T00:00:00Z',
    '2026-03-08T00:00:00Z',
    '2026-03-31T00:00:00Z',
    '2026-05-30T00:00:00Z',
  ])
  assert.equal(due(manifestOf({ review: { due: { critical: '4h' } } }))[0], '2026-03-01T04:00:00Z')
})
