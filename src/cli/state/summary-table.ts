import type { Result } from '../../state/model/result.ts'
import { isFailed } from '../../state/output/run.ts'
import type { HostRun } from '../../state/run.ts'
import { table } from '../table.ts'

/** A row for each host: how many passed, failed, could not be judged, were skipped. */
export function summaryTable(runs: readonly HostRun[]): readonly string[] {
  const count = (results: readonly Result[], outcome: Result['outcome']): string =>
    String(results.filter((result) => result.outcome === outcome).length)
  const rows = runs.map(({ name, results, failure }) =>
    failure === null
      ? [
          name,
          count(results, 'pass'),
          count(results, 'fail'),
          count(results, 'error'),
          count(results, 'skip'),
          verdictOf(results),
        ]
      : [name, '-', '-', '-', '-', 'not checked'],
  )
  return table(['host', 'passed', 'failed', 'errors', 'skipped', 'verdict'], rows)
}

function verdictOf(results: readonly Result[]): string {
  return results.some(isFailed) ? 'fails' : 'passes'
}
