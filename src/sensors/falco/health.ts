import type { Instance, RuleTallies, Watch } from '../../../core/model/watch.ts'
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
    ...rulesOf(fields),
  }
}

const counterKey = 'falco.rules.'
const total = 'matches_total'

/** The name under which Falco's snapshots count a rule; null: none that may be kept. Several rules may have one. */
export function countedAs(rule: string): string | null {
  const name = rule
    .slice(0, LONGEST_RULE)
    .replace(/[^A-Za-z0-9_:]+/g, '_')
    .replace(/__+/g, '_')
    .replace(/_$/, '')
  return name === '' || name === total || rule.length > LONGEST_RULE ? null : name
}

const LONGEST_RULE = 256

/** How often each rule matched, but for those that did not. A counter that is none is left out: then the sum is not the total. */
function rulesOf(fields: JsonObject): { readonly rules?: RuleTallies } {
  const found: (readonly [string, number])[] = []
  for (const [key, value] of Object.entries(fields)) {
    if (!key.startsWith(counterKey)) continue
    const [name, count] = [key.slice(counterKey.length), countOf(value) ?? 0]
    // A name that is not as Falco writes it is of a relay: no alert could be told to be of that rule.
    if (count > 0 && countedAs(name) === name) found.push([name, count])
  }
  return found.length === 0 ? {} : { rules: Object.fromEntries(found) }
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
