import type { State } from '../store/state/state.ts'

export type Indexing = {
  /** A report that was just made: it is put into the index soon. */
  readonly add: (report: string) => void
  /** Puts everything that waits into the search index; what fails waits for the next round. */
  readonly round: () => Promise<void>
}

export type IndexingOptions = {
  readonly state: State
  readonly isIndexed: (windowId: string, report: string) => boolean
  readonly index: (report: string) => Promise<void>
  readonly onError: (report: string, error: Error) => void
}

/** A service that died between a report and its place in the index has left few: those that were made last. */
const LOOK_BACK = 1_000

/**
 * Findings of reports get into the search index after their report is committed, in another database. What a crash or a full disk left
 * out is found again: at the start by looking, later by trying again.
 */
export function createIndexing({ state, isIndexed, index, onError }: IndexingOptions): Indexing {
  const waiting = new Set<string>()
  const stands = (windowId: string, report: string): boolean => state.sealedWindow(windowId)?.report === report
  const recent = state.reports({ scope: null, windowId: null, before: null, limit: LOOK_BACK })
  for (const { windowId, digest } of recent.toReversed()) {
    if (stands(windowId, digest) && !isIndexed(windowId, digest)) waiting.add(digest)
  }
  let running: Promise<void> | null = null

  async function all(): Promise<void> {
    for (const report of waiting) {
      const row = state.report(report)
      try {
        // One that was replaced meanwhile would take its successor's place.
        if (row !== null && stands(row.windowId, report)) await index(report)
        waiting.delete(report)
      } catch (error) {
        onError(report, error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  function round(): Promise<void> {
    running ??= all().finally(() => (running = null))
    return running
  }

  return {
    add(report) {
      waiting.add(report)
      void round()
    },
    round,
  }
}
