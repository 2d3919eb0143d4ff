import type { Newest } from '../server/metrics.ts'
import type { ReportReader } from '../store/kept/reports.ts'
import type { State } from '../store/state/state.ts'

/** The newest report of each application, in figures. Each report is read once, however often somebody asks. */
export function newestReports(
  { scopes, lastSealed, report: rowOf }: Pick<State, 'scopes' | 'lastSealed' | 'report'>,
  reports: Pick<ReportReader, 'report'>,
): () => readonly Newest[] {
  let known = new Map<string, Newest>()
  const read = (digest: string): readonly (readonly [string, Newest])[] => {
    const row = rowOf(digest)
    if (row === null) return []
    const { application, environment, verdict } = row
    const { population, observed } = reports.report(digest).judgement.coverage.totals
    // Where nothing was to be watched, nothing was watched.
    return [[digest, { application, environment, verdict, coverage: population === 0 ? 0 : observed / population }]]
  }
  return () => {
    const digests = scopes().flatMap((scope) => lastSealed(scope, '9999-12-31T23:59:59Z')?.report ?? [])
    known = new Map(
      digests.flatMap((digest) => {
        const before = known.get(digest)
        return before ? [[digest, before] as const] : read(digest)
      }),
    )
    return [...known.values()]
  }
}
