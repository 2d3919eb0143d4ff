import type { Judgement } from '../../core/model/judgement.ts'
import type { Facts, Recurrence } from '../../core/model/sealed.ts'

/** More findings than this have no history: the oldest are forgotten first. */
const MAX_HISTORY = 100_000

/** What a window knows of earlier ones when there are none. */
export const noHistory: Facts = { previous: null, history: new Map() }

/**
 * What the next window must know of its predecessor's findings, so that "new", "recurring" and "returned" can be told apart. A report
 * that replaces another of the same window starts from what that one knew.
 */
export function historyAfter(earlier: Facts, judgement: Judgement, reportDigest: string): Facts {
  const windowId = judgement.window.id
  const history = new Map<string, Recurrence>(earlier.history)
  for (const [fingerprint, found] of Map.groupBy(judgement.findings, (finding) => finding.fingerprint)) {
    const known = history.get(fingerprint)
    history.set(fingerprint, {
      firstWindow: known?.firstWindow ?? windowId,
      lastWindow: windowId,
      windows: (known?.windows ?? 0) + 1,
      controls: sorted(found.flatMap(({ control }) => control ?? [])),
      workloads: sorted(found.flatMap(({ workloads }) => workloads)),
    })
  }
  const newestFirst = [...history].sort(([a, x], [b, y]) =>
    x.lastWindow === y.lastWindow ? (a < b ? -1 : 1) : x.lastWindow < y.lastWindow ? 1 : -1,
  )
  return { previous: { windowId, reportDigest }, history: new Map(newestFirst.slice(0, MAX_HISTORY)) }
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort()
}
