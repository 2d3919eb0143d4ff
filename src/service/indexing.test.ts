import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { State } from '../store/state/state.ts'
import { createIndexing } from './indexing.ts'

/** Sealed windows with their newest report, and all reports, oldest first. */
function stateOf(reports: readonly (readonly [windowId: string, digest: string])[]): State {
  return {
    reports: () => reports.map(([windowId, digest]) => ({ windowId, digest })).reverse(),
    report: (wanted: string) => {
      const found = reports.find(([, digest]) => digest === wanted)
      return found ? { windowId: found[0], digest: found[1] } : null
    },
    sealedWindow: (id: string) => {
      const report = reports.findLast(([windowId]) => windowId === id)?.[1]
      return report === undefined ? null : { report }
    },
  } as unknown as State
}

const quiet = { onError: () => assert.fail('nothing was to fail') }

test('what a crash left out of the index is found at the start: the newest report of each window, and no other', async () => {
  const indexed: string[] = []
  const state = stateOf([
    ['a', 'a1'],
    ['b', 'b1'],
    ['a', 'a2'],
    ['c', 'c1'],
  ])
  const index = async (report: string) => void indexed.push(report)
  await createIndexing({ state, isIndexed: (_window, report) => report === 'c1', index, ...quiet }).round()
  assert.deepEqual(indexed, ['b1', 'a2'])
})

test('what could not be indexed is tried again in the next round, unless it was replaced meanwhile', async () => {
  const reports: [string, string][] = [
    ['a', 'a1'],
    ['b', 'b1'],
  ]
  const [tried, failed]: [string[], string[]] = [[], []]
  const index = async (report: string) => {
    tried.push(report)
    if (tried.length <= 2) throw new Error('the disk is full')
  }
  const state = stateOf(reports)
  const indexing = createIndexing({ state, isIndexed: () => false, index, onError: (report) => void failed.push(report) })
  await indexing.round()
  assert.deepEqual(failed, ['a1', 'b1'])
  reports.push(['a', 'a2'])
  await indexing.round()
  await indexing.round()
  assert.deepEqual(tried, ['a1', 'b1', 'b1'])
})
