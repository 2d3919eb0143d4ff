import { eventTimeOfNanos, nanosOf, type EventTime } from '../../../core/model/time.ts'
import type { Instance, Watch } from '../../../core/model/watch.ts'
import type { JsonObject } from '../connector.ts'
import { countOf, textOf } from '../fields.ts'
import { clip } from '../subject.ts'

/** Tetragon drops its counter into the stream at most once a minute: the loss lies somewhere in the minute before. */
const REPORT_INTERVAL = 60_000_000_000n

/** How many process events the rate limiter dropped. */
export function droppedOf(event: JsonObject): number | null {
  return countOf(event['number_of_dropped_process_events'])
}

/** The scope that a throttle event speaks of. */
export function throttledScope(event: JsonObject): string | null {
  return textOf(event['cgroup'])
}

export function rateLimited(event: JsonObject, instance: Instance, at: EventTime): Watch {
  const from = eventTimeOfNanos(nanosOf(at) - REPORT_INTERVAL) ?? at
  return { ...instance, kind: 'loss', from, to: at, dropped: droppedOf(event), received: null }
}

/** Only a clear stop ends a blind spot; any other word leaves it open. */
export function throttled(event: JsonObject, instance: Instance, at: EventTime): Watch {
  const isOver = event['type'] === 'THROTTLE_STOP' || event['type'] === 2
  return { ...instance, kind: 'throttle', at, state: isOver ? 'stop' : 'start', scope: clip(throttledScope(event)) }
}
