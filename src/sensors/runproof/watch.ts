import type { EventTime } from '../../../core/model/time.ts'
import type { Watch } from '../../../core/model/watch.ts'
import type { JsonObject } from '../connector.ts'
import { countOf, objectOf, textOf } from '../fields.ts'
import { clip } from '../subject.ts'
import { timeOf, type Head } from './head.ts'

const MAX_POLICIES = 256
const SIGNAL_LIMIT = 32
const digest = /^[0-9a-f]{64}$/

/** Whether a record of this kind shows that the sensor was alive when it was made. */
export function isLiveness(kind: string): boolean {
  return kind === 'health' || kind === 'counters'
}

/**
 * What a record says about the watching; nothing when it is undated, since it then proves nothing about any minute. Null for a kind
 * that is none, or an `end` that does not say of which process.
 */
export function watchOf(event: JsonObject, { kind, instance, at }: Head): readonly Watch[] | null {
  // The moment is looked at last, so that an undated record is refused for the same reasons as a dated one.
  const moment = at ?? '1970-01-01T00:00:01.000000000Z'
  switch (kind) {
    case 'health':
      return []
    case 'counters':
      return [{ ...instance, kind, at: moment, ...countersOf(event) }]
    case 'loss':
      return [
        { ...instance, kind, ...spanOf(event, moment), dropped: countOf(event['dropped']), received: countOf(event['received']) },
      ]
    case 'throttle':
      // Only a clear stop ends a blind spot; any other word leaves it open.
      return [
        {
          ...instance,
          kind,
          at: moment,
          state: event['state'] === 'stop' ? 'stop' : 'start',
          scope: clip(textOf(event['scope'])),
        },
      ]
    case 'fault':
      // Until somebody says that it was for a moment only, it lasts.
      return [
        {
          ...instance,
          kind,
          at: moment,
          what: clip(textOf(event['what'])) ?? 'a fault that is not described',
          lasting: event['lasting'] !== false,
        },
      ]
    case 'end':
      return endOf(event, instance, moment)
    default:
      return null
  }
}

function countersOf(event: JsonObject) {
  return {
    startedAt: timeOf(event['startedAt']),
    reloadedAt: timeOf(event['reloadedAt']),
    version: clip(textOf(event['version'])),
    received: countOf(event['received']),
    dropped: countOf(event['dropped']),
    undelivered: countOf(event['undelivered']),
    matched: countOf(event['matched']),
    policies: policiesOf(event),
  }
}

function policiesOf(event: JsonObject): Readonly<Record<string, string>> {
  const found: (readonly [string, string])[] = []
  for (const [name, value] of Object.entries(objectOf(event['policies']) ?? {})) {
    if (typeof value === 'string' && digest.test(value)) found.push([clip(name), value])
  }
  // fromEntries makes own properties even of a policy named `__proto__`.
  return Object.fromEntries(found.slice(0, MAX_POLICIES))
}

/** A span without ends, or with them the wrong way round, still covers every moment that it names. */
function spanOf(event: JsonObject, at: EventTime): { readonly from: EventTime; readonly to: EventTime } {
  const [from, to] = [timeOf(event['from']) ?? at, timeOf(event['to']) ?? at]
  return from <= to ? { from, to } : { from: to, to: from }
}

function endOf(event: JsonObject, instance: Head['instance'], at: EventTime): readonly Watch[] | null {
  const process = textOf(event['process'])
  const signal = textOf(event['signal'])
  if (process === null || !digest.test(process) || signal === null) return null
  return [{ ...instance, kind: 'end', at, process, signal: clip(signal, SIGNAL_LIMIT) }]
}
