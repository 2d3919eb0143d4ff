import type { Coverage, CoverageState, InstanceCoverage, Run } from '../../core/model/judgement.ts'
import { minutesBetween } from './moments.ts'
import { grouped } from './words.ts'

/** A stretch in which an instance saw nothing, or less than everything. */
export type Blind = { readonly instance: InstanceCoverage; readonly run: Run; readonly minutes: number }

/** Every silent and degraded run of every instance, in the order of the report; `out_of_scope` is not blindness. */
export function blindRuns({ instances }: Coverage): readonly Blind[] {
  return instances.flatMap((instance) =>
    instance.runs
      .filter(({ state }) => state === 'silent' || state === 'degraded')
      .map((run) => ({ instance, run, minutes: minutesBetween(run.from, run.to) })),
  )
}

/** Minutes per state. */
export function minutesByState({ runs }: InstanceCoverage): Readonly<Record<CoverageState, number>> {
  const minutes = { observed: 0, degraded: 0, silent: 0, out_of_scope: 0 }
  for (const { state, from, to } of runs) minutes[state] += minutesBetween(from, to)
  return minutes
}

/** Who reported without being asked to, beyond those that the report lists; null: nobody. */
export function unlistedWords({ unlisted }: Coverage): string | null {
  if (unlisted === 0) return null
  return unlisted === 1
    ? '1 more sensor instance reported without being required; it is counted and not listed.'
    : `${grouped(unlisted)} more sensor instances reported without being required; they are counted and not listed.`
}

/** `falco on node-b`; a sensor whose events name no node is only `falco`. */
export function instanceName({ sensor, node }: Pick<InstanceCoverage, 'sensor' | 'node'>): string {
  return node === null ? sensor : `${sensor} on ${node}`
}

/** `falco @ node-b`. */
export function instanceLabel({ sensor, node }: Pick<InstanceCoverage, 'sensor' | 'node'>): string {
  return node === null ? sensor : `${sensor} @ ${node}`
}

/** Worst last, so that of two states the greater index is the worse one. */
const byHarm: readonly CoverageState[] = ['out_of_scope', 'observed', 'degraded', 'silent']

/**
 * The window in `columns` equal parts, each in the worst state that any part of it had: a single silent minute shows even where a
 * column stands for an hour.
 */
export function worstPerColumn(
  runs: readonly Run[],
  window: { readonly start: string; readonly end: string },
  columns: number,
): readonly CoverageState[] {
  const [start, end] = [Date.parse(window.start), Date.parse(window.end)]
  const worst: number[] = Array.from({ length: columns }, () => -1)
  for (const { state, from, to } of runs) {
    const first = Math.max(0, Math.floor(((Date.parse(from) - start) / (end - start)) * columns))
    const last = Math.min(columns, Math.ceil(((Date.parse(to) - start) / (end - start)) * columns))
    for (let column = first; column < last; column++) worst[column] = Math.max(worst[column] ?? -1, byHarm.indexOf(state))
  }
  // A column that no run speaks about was watched by nobody.
  return worst.map((harm) => byHarm[harm] ?? 'silent')
}
