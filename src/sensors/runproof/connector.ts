import { nanosOf } from '../../../core/model/time.ts'
import type { Facts, JsonObject, Reading } from '../connector.ts'
import { countOf, integerOf, objectOf, textOf } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import { actOf } from './act.ts'
import { FORMAT, headOf, type Head } from './head.ts'
import { reportWrapper } from './report.ts'
import { isLiveness, watchOf } from './watch.ts'

/**
 * Canonical records: what guard, state checks and the forwarder write. See README.md for what is believed; docs/formats/canonical-record.md
 * is the format.
 */
export const runproof: ReadableConnector = {
  sensor: 'runproof',
  // A report is a document with many results: the wrapper opens it.
  recognises: (event) => textOf(event['runproof']) !== null && textOf(event['kind']) !== null && event['kind'] !== 'report',
  read,
  facts,
  wrapper: reportWrapper,
}

function read(event: JsonObject): Reading {
  if (event['runproof'] !== FORMAT) return malformed('unknown_version')
  const head = headOf(event)
  if (head === null) return malformed('no_sensor')
  const { kind, instance, at } = head
  if (kind === 'detection' || kind === 'observation') return acted(event, kind, head)
  if (kind === 'end') {
    const [end] = watchOf(event, head) ?? []
    return end === undefined
      ? malformed('no_process')
      : { class: 'observation', sensor: 'runproof', act: null, instance, at, watch: at === null ? [] : [end] }
  }
  const watch = watchOf(event, head)
  if (watch === null) return malformed('unknown_kind')
  // A sensor's fault or loss may be told by somebody else: that is no sign that the sensor lives.
  return { class: 'health', sensor: 'runproof', instance, at: isLiveness(kind) ? at : null, watch: at === null ? [] : watch }
}

function acted(event: JsonObject, kind: 'detection' | 'observation', head: Head): Reading {
  const act = actOf(event, kind, head)
  if (typeof act === 'string') return malformed(act)
  return { class: kind, sensor: 'runproof', act, instance: head.instance, at: head.at }
}

function malformed(reason: string): Reading {
  return { class: 'malformed', sensor: 'runproof', reason }
}

function facts(event: JsonObject): Facts {
  const head = headOf(event)
  const subject = objectOf(event['subject'])
  const target = objectOf(event['target'])
  const at = head?.at ?? null
  return {
    kind: textOf(event['kind']),
    speaks_for: head?.instance.sensor ?? null,
    time_ns: at === null ? null : nanosOf(at).toString(),
    rule: textOf(event['rule']),
    node: head?.instance.node ?? null,
    ns: textOf(subject?.['namespace']),
    pod: textOf(subject?.['pod']),
    workload: textOf(subject?.['workload']),
    container_id: textOf(subject?.['container']),
    image: textOf(subject?.['image']),
    pid: integerOf(subject?.['pid']),
    uid: integerOf(subject?.['uid']),
    exe: textOf(subject?.['executable']),
    cmdline: textOf(subject?.['commandLine']),
    action: textOf(event['action']),
    target: textOf(target?.['path']) ?? textOf(target?.['address']) ?? textOf(target?.['name']),
    native_severity: textOf(event['severity']),
    blocked: blockedOf(event),
    ...(head?.kind === 'counters' || head?.kind === 'loss'
      ? { dropped: countOf(event['dropped']), received: countOf(event['received']) }
      : {}),
    ...(head?.kind === 'counters' ? { version: textOf(event['version']) } : {}),
    ...(head?.kind === 'fault' ? { what: textOf(event['what']) } : {}),
  }
}

function blockedOf(event: JsonObject): boolean | null {
  const effect = textOf(event['effect'])
  return effect === 'prevented' ? true : effect === 'observed' ? false : null
}
