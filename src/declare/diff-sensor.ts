import type { ResolvedSensor } from '../../core/judge/resolve.ts'
import { changed, type Change } from './diff-words.ts'
import { durationText } from './duration-text.ts'

/** What else is asked of a sensor that stays; its nodes apart. */
export function diffSensor(from: ResolvedSensor, to: ResolvedSensor): Change[] {
  const where = `sensor ${to.name}`
  const livenessEffect = to.liveness === 'heartbeat' ? 'widens' : 'weakens'
  return [
    changed(where, 'liveness', from.liveness, to.liveness, livenessEffect),
    changed(
      where,
      'interval',
      durationText(from.intervalMs),
      durationText(to.intervalMs),
      to.intervalMs > from.intervalMs ? 'weakens' : 'widens',
    ),
    changed(where, 'maxDropRate', from.maxDropRate, to.maxDropRate, to.maxDropRate > from.maxDropRate ? 'weakens' : 'widens'),
    changed(where, 'minCoverage', from.minCoverage, to.minCoverage, to.minCoverage < from.minCoverage ? 'weakens' : 'widens'),
  ].flat()
}
