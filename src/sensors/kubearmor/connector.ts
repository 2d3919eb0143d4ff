import type { Act } from '../../../core/model/act.ts'
import type { Severity } from '../../../core/model/severity.ts'
import { nanosOf } from '../../../core/model/time.ts'
import { newPart, readingOf, wordsOf, type Deed, type Place, type Words } from '../act-parts.ts'
import { confidence } from '../confidence.ts'
import type { Facts, JsonObject, Reading } from '../connector.ts'
import { countOf, integerOf, listOf } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import { memoryOf } from '../read/memory.ts'
import { TEXT_TAG, textMalformed, type TextRead } from '../read/text-form.ts'
import { clip, clipAll, nobody } from '../subject.ts'
import { doneOf } from './acts.ts'
import { blockedOf, effectOf } from './effect.ts'
import { spoken, throttled } from './health.ts'
import { anyLine, fieldOf, hostOf, lineOf, severityWordOf, timeOf, wordOf, type Line } from './line.ts'
import { actorOf, commandLineIn, placeIn } from './subject.ts'
import { textForm } from './text-form.ts'

/** KubeArmor's alerts and logs in its three JSON dialects. See README.md for what is read and what KubeArmor cannot see. */
export const kubearmor: ReadableConnector = {
  sensor: 'kubearmor',
  recognises: (event) => lineOf(event) !== null,
  text: textForm(readText),
  read,
  facts,
}

function read(event: JsonObject): Reading {
  const memory = memoryOf(event)
  const line = memory.part(lineOf)
  const deed = memory.part(deedOf)
  if (line === null || deed === null) return otherwise(line)
  const place = memory.part(placeOf)
  const words = memory.part(deed.action === 'exec' ? startedBy : sourceOf)
  const pid = countOf(fieldOf(line, 'hostPid')) || null
  const isAnybodys = place.onHost === null
  return readingOf(deed, place, { at: timeOf(line), pid, words, toKill: null, isAnybodys }, memory)
}

/** What is no act: what KubeArmor says of itself, and what cannot be read. */
function otherwise(line: Line | null): Reading {
  if (line?.kind !== 'throttle' && line?.kind !== 'message')
    return { class: 'malformed', sensor: 'kubearmor', reason: line === null ? 'unknown_shape' : 'unknown_kind' }
  const at = timeOf(line)
  const instance = { sensor: 'kubearmor', node: clip(hostOf(line)) }
  const signals = line.kind === 'throttle' ? throttled : spoken
  const watch = at === null ? [] : signals(line, instance, at)
  // Messages come in debug mode only and whenever there is something to say: they are no heartbeat.
  return { class: 'health', sensor: 'kubearmor', instance, at: line.kind === 'message' ? null : at, watch }
}

/**
 * The event of a block for people, read for less: what a process may have written there decides nothing, above all not what it was done
 * to and by what; nothing in it proves that the act was stopped, or that KubeArmor was alive.
 */
function readText(event: JsonObject): TextRead {
  const reading = read(event)
  if (reading.class === 'health') return { event, reading: { ...reading, at: null } }
  if (reading.class === 'malformed' || reading.class === 'ignored' || reading.act === null) return textMalformed('kubearmor')
  const { subject, tags } = reading.act
  const { cluster, node, namespace, pod, container, image, onHost } = subject
  const act: Act = {
    ...reading.act,
    target: null,
    access: null,
    subject: { ...nobody, cluster, node, namespace, pod, container, image, onHost },
    confidence: confidence.partial,
    effect: 'unknown',
    tags: clipAll([TEXT_TAG, ...tags]),
  }
  return { event, reading: { ...reading, act, at: null } }
}

/** Null: the line is no act. */
function deedOf(event: JsonObject): Deed | null {
  const line = lineOf(event)
  if (line?.kind !== 'detection' && line?.kind !== 'observation') return null
  const { action, target, access } = doneOf(line)
  return {
    class: line.kind,
    sensor: 'kubearmor',
    rule: clip(wordOf(line, 'policy')),
    action,
    target,
    access,
    severity: severityOf(severityWordOf(line)),
    effect: effectOf(line),
    actionTaken: clip(wordOf(line, 'action')),
    tags: clipAll(tagsOf(line)),
    ...actorOf(line, action === 'exec'),
    ...newPart(),
    isDoubtful: false,
    isAssumed: false,
  }
}

function placeOf(event: JsonObject): Place {
  return placeIn(anyLine(event))
}

function startedBy(event: JsonObject): Words {
  return wordsOf(commandLineIn(anyLine(event), true))
}

function sourceOf(event: JsonObject): Words {
  return wordsOf(commandLineIn(anyLine(event), false))
}

const severityWords: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['critical', 'critical'],
  ['high', 'high'],
  ['medium', 'medium'],
  ['low', 'low'],
  ['info', 'info'],
  ['informational', 'info'],
])

/** A number from 1, or a word that a relay made of it. 0 is KubeArmor's own for none; what cannot be read is high. */
function severityOf(word: string | null): Severity | null {
  if (word === null || word === '0') return null
  const level = /^\d{1,4}$/.test(word) ? Number(word) : null
  if (level === null) return severityWords.get(word.toLowerCase()) ?? 'high'
  return level >= 9 ? 'critical' : level >= 7 ? 'high' : level >= 4 ? 'medium' : 'low'
}

/** The list; else the text with commas, which is all that some enforcers and the sidekick fill. */
function tagsOf(line: Line): readonly string[] {
  const listed = listOf(fieldOf(line, 'tagList')).filter((tag) => typeof tag === 'string' && tag !== '') as readonly string[]
  if (listed.length > 0) return listed
  return (wordOf(line, 'tagList') ?? wordOf(line, 'tags') ?? '').split(',', 64).filter((tag) => tag !== '')
}

function facts(event: JsonObject): Facts {
  const line = anyLine(event)
  const at = timeOf(line)
  const isAct = line.kind === 'detection' || line.kind === 'observation'
  return {
    time_ns: at === null ? null : nanosOf(at).toString(),
    rule: wordOf(line, 'policy'),
    native_severity: severityWordOf(line),
    cluster: wordOf(line, 'cluster'),
    node: hostOf(line),
    ns: wordOf(line, 'namespace'),
    pod: wordOf(line, 'pod'),
    container_id: wordOf(line, 'container'),
    image: wordOf(line, 'image'),
    pid: integerOf(fieldOf(line, 'hostPid')),
    uid: integerOf(fieldOf(line, 'uid')),
    exe: wordOf(line, 'process'),
    source: wordOf(line, 'source'),
    operation: wordOf(line, 'operation'),
    resource: wordOf(line, 'resource'),
    action: wordOf(line, 'action'),
    result: wordOf(line, 'result'),
    blocked: isAct ? blockedOf(line) : null,
    type: line.type,
    ...(line.kind === 'throttle' ? throttleOf(line) : {}),
    ...(line.kind === 'message' ? { level: wordOf(line, 'level') } : {}),
  }
}

function throttleOf(line: Line): Facts {
  return {
    max_alerts_per_sec: countOf(fieldOf(line, 'maxAlerts')),
    dropping_alerts_interval: countOf(fieldOf(line, 'interval')),
  }
}
