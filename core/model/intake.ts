import type { Behaviour, Fingerprint } from './behaviour.ts'
import type { Watch } from './watch.ts'

/** Everything that was read for one window, folded. `merge` joins two of them in any order. */
export type Intake = {
  readonly behaviours: ReadonlyMap<Fingerprint, Behaviour>
  /** By identity of the signal; repeated lines fold into one. */
  readonly watch: ReadonlyMap<string, Watch>
  readonly tally: Tally
}

/**
 * What became of every event, by name of the outcome: nothing that was read is missing from these counts.
 * Names are `<outcome>` or `<outcome>/<detail>`; see {@link tallyNames}.
 */
export type Tally = ReadonlyMap<string, number>

/** The outcomes an event can have. `detail` is the sensor and, where it helps, the reason. */
export const tallyNames = {
  detection: 'detection',
  observation: 'observation',
  /** Telemetry that is no act (a process exit, say): it counts as activity of its sensor only. */
  noAct: 'observation_without_act',
  health: 'health',
  /** Undated health lines: they prove nothing about any minute. */
  healthUndated: 'health_undated',
  ignored: 'ignored',
  malformed: 'malformed',
  outOfWindow: 'out_of_window',
  outOfScope: 'out_of_scope',
  unplaced: 'unplaced',
  unattributed: 'unattributed',
  redacted: 'redacted',
  /** Dated so long after the window that it is of a much later one, or of a clock that runs ahead. */
  clockSkew: 'clock_skew',
  /** More kills were asked for than are joined with exits: what became of the rest stays unknown. 1 or absent. */
  unproven: 'kill_unproven',
  /** Received when the window's time of grace was over. */
  late: 'late',
  /** Past the row cap: such a window cannot pass. */
  overflow: 'overflow',
} as const
