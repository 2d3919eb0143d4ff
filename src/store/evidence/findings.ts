import type { DatabaseSync } from 'node:sqlite'
import type { Window } from '../../../core/model/window.ts'
import { guarded, immediately } from '../sqlite.ts'
import { findingTableRows } from './finding-table.ts'
import { wantedId } from './finding-ids.ts'
import type { FindingRow } from './finding-types.ts'
import { rollupOf, rollupRows, type Rollup } from './rollup.ts'
import { windowRows } from './window-rows.ts'

export type FindingWriter = {
  /**
   * Makes these the findings of the window. They are written in slices, become visible in one transaction, and then the ones of the
   * report before are deleted in slices: readers see either report whole, and nobody waits for long. The same report again changes nothing.
   */
  readonly replaceFindings: (window: Window, reportDigest: string, rows: Iterable<FindingRow>) => void
  /** The same, a slice at each step: whoever folds in the same thread goes on in between. */
  readonly replacingFindings: (window: Window, reportDigest: string, rows: Iterable<FindingRow>) => Generator<void>
  /** Takes a window out of the index. */
  readonly forgetFindings: (windowId: string) => void
}

/** Rows in one transaction: some 50 ms. */
const SLICE = 2000

export function findingWriter(db: DatabaseSync, path: string): FindingWriter {
  const [table, rollups, windows] = [findingTableRows(db), rollupRows(db), windowRows(db)]
  /** Reports that are being written: half of them is not to be taken for what a crash left. */
  const underWay = new Set<number>()

  function write<T>(work: () => T): T {
    try {
      return guarded(path, () => immediately(db, work))
    } catch (error) {
      table.forgetNames()
      throw error
    }
  }

  function* replacingFindings(window: Window, reportDigest: string, rows: Iterable<FindingRow>): Generator<void> {
    yield* sweeping()
    if (table.liveReport(window.id)?.digest === reportDigest) return
    // In the order of their ids: full text that comes in any other order is written to disk row by row.
    const sorted = [...rows]
      .map((row) => ({ id: wantedId(window.start, window.id, row.control, row.fingerprint), row }))
      .sort((a, b) => a.id - b.id)
    const counted = rollupOf()
    let report = 0
    try {
      // Most reports are one slice, and so one transaction: it is the waiting for the disk that takes time.
      for (let at = 0; at === 0 || at < sorted.length; at += SLICE) {
        report = write(() => {
          const into = at === 0 ? table.insertReport(window.id, reportDigest) : report
          const scope = windows.scopeOrNew(window)
          for (const { id, row } of sorted.slice(at, at + SLICE)) counted.add(table.insert(id, into, scope, row), row)
          if (at + SLICE >= sorted.length) show(window, into, scope, counted)
          return into
        })
        underWay.add(report)
        yield
      }
    } finally {
      underWay.delete(report)
    }
    yield* sweeping()
  }

  function show(window: Window, report: number, scope: number, counted: Rollup): void {
    for (const each of table.reportsOf(window.id)) {
      table.setLive(each, each === report)
      rollups.remove(each)
    }
    rollups.insert(window.start, scope, report, counted)
  }

  /** Deletes the rows of reports that are not live: half written when the process ended, or superseded. */
  function* sweeping(): Generator<void> {
    for (const report of table.deadReports().filter((each) => !underWay.has(each))) {
      while (write(() => table.deleteSome(report, SLICE))) yield
    }
  }

  return {
    replacingFindings,
    replaceFindings: (...args) => drain(replacingFindings(...args)),
    forgetFindings(windowId) {
      write(() => {
        for (const report of table.reportsOf(windowId)) {
          table.setLive(report, false)
          rollups.remove(report)
        }
      })
      drain(sweeping())
    },
  }
}

function drain(steps: Generator<void>): void {
  while (!steps.next().done) {
    // A slice at each step.
  }
}
