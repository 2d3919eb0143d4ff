import type { Effect } from '../../../core/model/act.ts'
import { wordOf, type Line } from './line.ts'

/**
 * What became of the act. `Block` with a result that is not `Passed` is the proof; `Audit (Block)` means that the policy says block and
 * nothing could enforce it. Without an action a failure may have any reason: the line does not say that somebody prevented the act.
 */
export function effectOf(line: Line): Effect {
  const action = wordOf(line, 'action')
  const result = wordOf(line, 'result')
  if (action === null) return result === null || result === 'Passed' ? 'observed' : 'unknown'
  if (action === 'Block' && result !== null) return result === 'Passed' ? 'observed' : 'prevented'
  return isHarmless(action) ? 'observed' : 'unknown'
}

/** The same as a fact: null where no action was taken or nothing proves what came of it. */
export function blockedOf(line: Line): boolean | null {
  if (wordOf(line, 'action') === null) return null
  const effect = effectOf(line)
  return effect === 'unknown' ? null : effect === 'prevented'
}

/** `Audit`, `Audit (Block)`, `Audit (Allow)`, `Allow`. */
function isHarmless(action: string): boolean {
  return /^(?:Audit|Allow)(?: \(|$)/.test(action)
}
