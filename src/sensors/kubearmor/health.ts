import { eventTimeOfNanos, nanosOf, type EventTime } from '../../../core/model/time.ts'
import type { Instance, Watch } from '../../../core/model/watch.ts'
import { countOf } from '../fields.ts'
import { clip } from '../subject.ts'
import { fieldOf, wordOf, type Line } from './line.ts'

/**
 * Alerts of one container are dropped for that many seconds from now on; without the number, until nobody knows when. The moment is part
 * of the scope: KubeArmor announces every stretch by itself, two of them may overlap, and none ends another.
 */
export function throttled(line: Line, instance: Instance, at: EventTime): readonly Watch[] {
  const seconds = countOf(fieldOf(line, 'interval'))
  const until = seconds === null ? null : eventTimeOfNanos(nanosOf(at) + BigInt(seconds) * 1_000_000_000n)
  const start: Watch = { ...instance, kind: 'throttle', at, state: 'start', scope: `${clip(whoOf(line), 1024)} at ${at}` }
  return until === null ? [start] : [start, { ...start, at: until, state: 'stop' }]
}

/** What the daemon says of itself, in debug mode only: an error is a fault of that moment. */
export function spoken(line: Line, instance: Instance, at: EventTime): readonly Watch[] {
  const isError = /^(?:err|error|fatal|panic)$/i.test(wordOf(line, 'level') ?? '')
  return isError ? [{ ...instance, kind: 'fault', at, what: 'KubeArmor reported an error', lasting: false }] : []
}

function whoOf(line: Line): string {
  const [container, namespace, pod] = [wordOf(line, 'container'), wordOf(line, 'namespace'), wordOf(line, 'pod')]
  return container ?? (pod === null ? 'host' : `${namespace ?? ''}/${pod}`)
}
