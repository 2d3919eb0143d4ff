import type { Action, Target } from '../../core/model/act.ts'

/** How sure we are that an act was read and attributed right. The lowest line that applies counts; docs/formats/events.md prints it. */
export const confidence = {
  /** Full paths, and something says whose act it was. */
  full: 1,
  /** The sensor marks the event as incomplete, a relay cut it, or nothing says whose act it was. */
  doubtful: 0.7,
  /** The target or the executable is missing or known by name only, or the direction of a connection was assumed. */
  partial: 0.6,
} as const

/** Reads the confidence off an act; `doubtful` and `assumed` are what only the connector knows. */
export function confidenceOf(
  act: {
    readonly action: Action | null
    readonly target: Target | null
    readonly executable: string | null
    readonly executablePartial: boolean
  },
  doubtful: boolean,
  assumed: boolean,
): number {
  // Without an action (an audit log of a cloud, say) nothing needs to have run and nothing needs to have been touched.
  const incomplete = act.action !== null && (act.executable === null || isPartialTarget(act.target))
  if (assumed || act.executablePartial || incomplete) return confidence.partial
  return doubtful ? confidence.doubtful : confidence.full
}

function isPartialTarget(target: Target | null): boolean {
  if (target === null) return true
  if (target.type === 'binary' || target.type === 'path') return target.partial
  return target.type === 'address' && target.address === null && target.name === null
}
