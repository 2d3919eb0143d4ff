import {
  accesses,
  actions,
  effects,
  type Access,
  type Act,
  type Action,
  type Effect,
  type Subject,
} from '../../../core/model/act.ts'
import { severities, type Severity } from '../../../core/model/severity.ts'
import { confidence, confidenceOf } from '../confidence.ts'
import type { JsonObject } from '../connector.ts'
import { countOf, listOf, objectOf, textOf, uidOf, type Field } from '../fields.ts'
import { clip, clipAll, COMMAND_LINE_LIMIT, isPartial } from '../subject.ts'
import type { Head } from './head.ts'
import { targetOf } from './target.ts'

const digest = /^[0-9a-f]{64}$/

/** Why a record is no act that we can read. */
export type ActFault = 'unknown_action' | 'unknown_target'

/** The act of a record, believed no further than a sensor's own event would be. */
export function actOf(event: JsonObject, kind: Act['class'], { instance, at }: Head): Act | ActFault {
  const action = wordOf(actions, event['action'])
  if (action === undefined) return 'unknown_action'
  const target = targetOf(event['target'])
  if (target === undefined) return 'unknown_target'
  const subject = subjectOf(objectOf(event['subject']) ?? {}, instance.node)
  const toKill = textOf(event['toKill'])
  return {
    class: kind,
    sensor: instance.sensor,
    rule: clip(textOf(event['rule'])),
    at,
    action,
    target,
    access: wordOf<Access>(accesses, event['access']) ?? null,
    subject,
    severity: severityOf(event['severity']),
    confidence: sureOf(event['confidence'], { action, target, subject }),
    effect: effectOf(event),
    actionTaken: clip(textOf(event['actionTaken'])),
    ...(toKill !== null && digest.test(toKill) && { toKill }),
    tags: clipAll(listOf(event['tags']).filter((tag) => typeof tag === 'string')),
  }
}

/** One of the words; null: said to be none, or not said; undefined: a word that we do not know. */
function wordOf<W extends string>(words: readonly W[], field: Field): W | null | undefined {
  return field === undefined || field === null ? null : words.find((word) => word === field)
}

/** A word that we do not know is high; none is none. */
function severityOf(field: Field): Severity | null {
  const word = wordOf(severities, field)
  return word === undefined ? 'high' : word
}

/**
 * What really happened, as far as the record may say so: an end by a signal is claimed only with the signal that was seen, and a word
 * that we do not know claims nothing.
 */
function effectOf(event: JsonObject): Effect {
  const effect = wordOf(effects, event['effect']) ?? 'unknown'
  return effect === 'terminated' && textOf(event['signal']) === null ? 'unknown' : effect
}

/** A record may say that it is less sure than it looks, never that it is surer. */
function sureOf(
  said: Field,
  act: { readonly action: Action | null; readonly target: Act['target']; readonly subject: Subject },
): number {
  const { executable, executablePartial, ...whose } = act.subject
  const isAnybodys = whose.onHost !== true && [whose.workload, whose.pod, whose.container].every((name) => name === null)
  // A state or a resource is found, nobody needs to have run for it.
  const needsNobody = act.action === 'state' || act.action === 'resource'
  const read = { action: act.action, target: act.target, executable: needsNobody ? '/' : executable, executablePartial }
  const looks = confidenceOf(read, isAnybodys, false)
  if (said === undefined || said === null) return looks
  const isReadable = typeof said === 'number' && said >= 0 && said <= 1
  return Math.min(looks, isReadable ? said : confidence.doubtful)
}

/** Who acted, as a record says it. */
export function subjectOf(subject: JsonObject, node: string | null): Subject {
  const text = (name: string): string | null => clip(textOf(subject[name]))
  const executable = textOf(subject['executable'])
  const onHost = subject['onHost']
  return {
    cluster: text('cluster'),
    // The record's own node: whoever may speak for one node may not place an act on another.
    node,
    namespace: text('namespace'),
    workload: text('workload'),
    pod: text('pod'),
    container: text('container'),
    image: text('image'),
    onHost: typeof onHost === 'boolean' ? onHost : null,
    pid: countOf(subject['pid']),
    uid: uidOf(subject['uid']),
    executable: clip(executable),
    executablePartial: executable !== null && (subject['executablePartial'] === true || isPartial(executable)),
    commandLine: clip(textOf(subject['commandLine']), COMMAND_LINE_LIMIT),
    ancestors: clipAll(listOf(subject['ancestors']).filter((ancestor) => typeof ancestor === 'string')),
  }
}
