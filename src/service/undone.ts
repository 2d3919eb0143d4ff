import type { State } from '../store/state/state.ts'

/**
 * Sealed windows about which somebody decided after their standing report was made: the decision was committed, and the service died
 * before the window was judged anew. A decision that ends up not counting leads to no new report, so this asks again once a start.
 */
export function undoneDecisions(state: State): readonly string[] {
  const windows = state.scopes().flatMap((scope) =>
    state.decisionsOf(scope).flatMap(({ windowId, subject, ledgerIndex }) => {
      const window = windowId ?? lastWindowOf(state, subject)
      const sealed = window === null ? null : state.sealedWindow(window)
      const report = sealed === null ? null : state.report(sealed.report)
      return sealed !== null && report !== null && report.ledgerIndex < ledgerIndex ? [sealed.window.id] : []
    }),
  )
  return [...new Set(windows)]
}

/** What a waiver is about stands in its case. */
function lastWindowOf(state: State, subject: string): string | null {
  const id = /^case:(\d{1,15})$/.exec(subject)?.[1]
  return id === undefined ? null : (state.caseById(Number(id))?.lastWindow ?? null)
}
