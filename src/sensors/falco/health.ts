import type { Instance, Watch } from '../../../core/model/watch.ts'
import { eventTimeOfNanos, nanosOf as nanosOfTime, type EventTime } from '../../../core/model/time.ts'
import type { JsonObject } from '../connector.ts'
import { countOf, nanosOf, type Field } from '../fields.ts'
import { clip } from '../subject.ts'
import { known } from './known.ts'

const prefix = 'Falco internal: '
const SECOND = 1_000_000_000n

/**
 * Falco's notifications about itself. A relay may lose or rewrite `source`, so the reserved rule name is enough.
 * `source: internal` under any other name is a relay's own test message.
 */
export function isInternal(rule: string | null, source: string | null): boolean {
  return source === 'internal' || rule?.startsWith(prefix) === true
}

/** Whether the notification is Falco's own and so shows that it was alive. */
export function isLiveness(rule: string | null): boolean {
  return rule?.startsWith(prefix) === true
}

/** What a notification says beyond "alive". */
export function watchOf(rule: string | null, fields: JsonObject, instance: Instance, at: EventTime): readonly Watch[] {
  switch (rule ?? '') {
    case 'Falco internal: metrics snapshot':
      return [snapshot(fields, instance, at)]
    case 'Falco internal: syscall event drop':
      return [{ ...instance, kind: 'loss', from: secondBefore(at), to: at, ...lossOf(fields) }]
    case 'Falco internal: hot restart failure':
      return [
        {
          ...instance,
          kind: 'fault',
          at,
          what: 'a reload of rules or configuration failed; the old policy is still running',
          lasting: true,
        },
      ]
    case 'Falco internal: timeouts notification':
      return [{ ...instance, kind: 'fault', at, what: 'a thousand reads in a row brought no event', lasting: false }]
    default:
      return []
  }
}

/** How many events a notification says were lost and received: since the start in a snapshot, in the last second in a drop alert. */
export function lossOf(fields: JsonObject): { readonly dropped: number | null; readonly received: number | null } {
  return {
    dropped: countOf(fields['scap.n_drops']) ?? countOf(fields['n_drops']),
    received: countOf(fields['scap.n_evts']) ?? countOf(fields['n_evts']),
  }
}

function snapshot(fields: JsonObject, instance: Instance, at: EventTime): Watch {
  return {
    ...instance,
    kind: 'counters',
    at,
    startedAt: momentOf(fields['falco.start_ts']),
    reloadedAt: momentOf(fields['falco.reload_ts']),
    version: clip(known(fields['falco.version'])),
    ...lossOf(fields),
    undelivered: countOf(fields['falco.outputs_queue_num_drops']),
    matched: countOf(fields['falco.rules.matches_total']),
    policies: policiesOf(fields),
  }
}

function momentOf(field: Field): EventTime | null {
  const nanos = nanosOf(field)
  return nanos === null ? null : eventTimeOfNanos(nanos)
}

const digestKey = 'falco.sha256_rules_file.'
const MAX_POLICIES = 256

function policiesOf(fields: JsonObject): Readonly<Record<string, string>> {
  const found: (readonly [string, string])[] = []
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith(digestKey) && typeof value === 'string' && /^[0-9a-f]{64}$/.test(value))
      found.push([clip(key.slice(digestKey.length)), value])
  }
  // fromEntries makes own properties even of a file named `__proto__`.
  return Object.fromEntries(found.slice(0, MAX_POLICIES))
}

function secondBefore(at: EventTime): EventTime {
  return eventTimeOfNanos(nanosOfTime(at) - SECOND) ?? at
}
