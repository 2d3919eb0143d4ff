import { eventTimeOfNanos, type EventTime } from '../../../core/model/time.ts'
import type { Instance, Watch } from '../../../core/model/watch.ts'
import { nanosOf } from '../fields.ts'
import { clip } from '../subject.ts'
import { argOf, textArg } from './args.ts'
import type { Line } from './line.ts'

/** Tracee's first event: it was started. It counts nothing, neither here nor later. */
export function startedAt(line: Line, instance: Instance, at: EventTime): Watch {
  return {
    ...instance,
    kind: 'counters',
    at,
    startedAt: startOf(line, at),
    reloadedAt: null,
    version: clip(versionOf(line)),
    received: null,
    dropped: null,
    undelivered: null,
    matched: null,
    policies: {},
  }
}

export function versionOf(line: Line): string | null {
  return textArg(line.data, ['version'])
}

/** Boot since 1970 and start since boot, both in nanoseconds; without them the event's own moment, which cannot be before the start. */
export function startOf({ data }: Line, at: EventTime): EventTime {
  const boot = nanosOf(argOf(data, 'boot_time'))
  const start = nanosOf(argOf(data, 'start_time'))
  if (boot === null || start === null || boot < 0n || start < 0n) return at
  // Whoever writes both since 1970 cannot have started before booting.
  const started = eventTimeOfNanos(start >= boot ? start : boot + start)
  return started !== null && started < at ? started : at
}
