import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { State } from '../store/state/state.ts'
import { undoneDecisions } from './undone.ts'

type Decision = { readonly windowId: string | null; readonly subject: string; readonly ledgerIndex: number }

/** Windows with the ledger index of their standing report. */
function stateOf(reports: Readonly<Record<string, number>>, decisions: readonly Decision[]): State {
  return {
    scopes: () => [{ application: 'shop', environment: 'prod' }],
    decisionsOf: () => decisions,
    sealedWindow: (id: string) => (id in reports ? { window: { id }, report: id } : null),
    report: (digest: string) => ({ ledgerIndex: reports[digest] }),
    caseById: (id: number) => (id === 1 ? { lastWindow: 'b' } : null),
  } as unknown as State
}

test('a window whose report is older than a decision about it is judged anew, once however many there are', () => {
  const decisions = [
    { windowId: 'a', subject: 'case:7', ledgerIndex: 6 },
    { windowId: 'a', subject: 'case:8', ledgerIndex: 7 },
  ]
  assert.deepEqual(undoneDecisions(stateOf({ a: 5 }, decisions)), ['a'])
  assert.deepEqual(undoneDecisions(stateOf({ a: 8 }, decisions)), [])
})

test('a waiver is about the last window of its case; one without a case, and a window that is still open, are nobody’s', () => {
  const waiver = (subject: string): Decision => ({ windowId: null, subject, ledgerIndex: 6 })
  assert.deepEqual(undoneDecisions(stateOf({ b: 5 }, [waiver('case:1')])), ['b'])
  assert.deepEqual(undoneDecisions(stateOf({ b: 5 }, [waiver('case:2'), waiver('waiver:x')])), [])
  assert.deepEqual(undoneDecisions(stateOf({}, [waiver('case:1')])), [])
})
