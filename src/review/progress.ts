import type { Judgement } from '../../core/model/judgement.ts'
import type { Instant } from '../../core/model/time.ts'

/** What one window says about a finding: it was seen, whoever had to look did and it was not, or nobody can tell. */
export const outcomes = ['seen', 'clean', 'blind'] as const
export type Outcome = (typeof outcomes)[number]

/** What is looked for: the finding, and where it was when it was last seen. */
export type Watched = {
  readonly control: string | null
  /** Null: a verdict with no finding behind it, of the control or of the whole window. */
  readonly fingerprint: string | null
  readonly workloads: readonly string[]
}

/**
 * What the judgement of a window says about a finding of an earlier one. Absence is not remediation: only where every sensor that had to
 * watch its workloads did so is it `clean`. An exception that the manifest makes since is a promise of its own: the act is not sought
 * any more.
 */
export function outcomesIn(judgement: Judgement): (sought: Watched) => Outcome {
  const key = (control: string | null, fingerprint: string): string => `${control ?? ''}:${fingerprint}`
  const seen = new Set(
    judgement.findings.flatMap(({ control, fingerprint, excepted }) => (excepted === null ? [key(control, fingerprint)] : [])),
  )
  // What the procedure itself says of the window right after the last sighting; later ones must be asked the same question.
  const gone = new Map(judgement.gone.map(({ fingerprint, watched }) => [fingerprint, watched]))
  const isWatched = watchedIn(judgement)
  return (sought) => {
    const { control, fingerprint } = sought
    if (fingerprint === null) return verdictIn(judgement, control)
    if (seen.has(key(control, fingerprint))) return 'seen'
    return (gone.get(fingerprint) ?? isWatched(sought)) ? 'clean' : 'blind'
  }
}

/** A verdict that findings stand behind by now says nothing of one that had none. */
function verdictIn({ controls, verdict: whole }: Judgement, control: string | null): Outcome {
  const verdict = control === null ? whole : controls.find(({ id }) => id === control)?.verdict
  return verdict === 'pass' || verdict === 'waived' ? 'clean' : 'blind'
}

function watchedIn({ controls, tally, reasons }: Judgement): (sought: Watched) => boolean {
  const isCut = Object.keys(tally).some((name) => name.startsWith('overflow/')) || reasons.some(({ code }) => code === 'overflow')
  return ({ control, workloads }) => {
    const asked = control === null ? controls : controls.filter(({ id }) => id === control)
    if (isCut || asked.length === 0 || workloads.length === 0) return false
    const rows = asked.flatMap(({ watched }) => watched)
    return workloads.every((workload) => {
      const own = rows.filter((row) => row.workload === workload)
      return own.length > 0 && own.every(({ sufficient }) => sufficient)
    })
  }
}

/** One window of a case. */
export type CaseWindow = { readonly endsAt: Instant; readonly outcome: Outcome }

/** How many clean windows came since it was last seen. A blind one does not count, and being seen again starts anew. */
export function cleanSince(windows: readonly CaseWindow[]): number {
  const lastSeen = windows.reduce((last, { endsAt, outcome }) => (outcome === 'seen' && endsAt > last ? endsAt : last), '')
  return windows.filter(({ endsAt, outcome }) => outcome === 'clean' && endsAt > lastSeen).length
}

/** Whether a case is over: the finding stayed away for `cleanWindows` watched windows. */
export function isOver(windows: readonly CaseWindow[], cleanWindows: number): boolean {
  return cleanSince(windows) >= cleanWindows
}
