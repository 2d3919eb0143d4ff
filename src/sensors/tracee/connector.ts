import type { Severity } from '../../../core/model/severity.ts'
import { nanosOf } from '../../../core/model/time.ts'
import { newPart, readingOf, wordsOf, type Deed, type Place, type Words } from '../act-parts.ts'
import type { Facts, JsonObject, Reading } from '../connector.ts'
import { countOf, integerOf, listOf, textOf, type Field } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import { memoryOf } from '../read/memory.ts'
import { clip, clipAll } from '../subject.ts'
import { doneOf } from './acts.ts'
import { textArg } from './args.ts'
import { startedAt, startOf, versionOf } from './health.ts'
import { anyLine, isOurs, lineOf, type Line } from './line.ts'
import { actorOf, commandLineIn, instance, placeIn } from './subject.ts'
import { textForm } from './text-form.ts'

/** Tracee's events in both generations of its JSON. See README.md for what is read and what Tracee cannot see. */
export const tracee: ReadableConnector = {
  sensor: 'tracee',
  // `value` for the boot time, in nanoseconds since 1970, which is an argument.
  exactIntegers: ['timestamp', 'value'],
  recognises: isOurs,
  text: textForm,
  read,
  facts,
}

function read(event: JsonObject): Reading {
  const memory = memoryOf(event)
  const deed = memory.part(deedOf)
  const line = memory.part(lineOf)
  if (deed === null || line === null) return otherwise(line)
  const place = memory.part(placeOf)
  const { at, hostPid } = line
  const words = deed.action === 'exec' ? memory.part(commandLineOf) : noWords
  const once = { at, pid: countOf(hostPid) || null, words, toKill: null, isAnybodys: place.onHost === null }
  return readingOf(deed, place, once, memory)
}

/** What is no act: a fork, an exit, what Tracee says of containers and of itself, what cannot be read. */
function otherwise(line: Line | null): Reading {
  if (line === null || line.name === null)
    return { class: 'malformed', sensor: 'tracee', reason: line === null ? 'unknown_shape' : 'no_rule' }
  const { kind, at } = line
  if (kind !== 'started') return { class: kind, sensor: 'tracee', act: null, instance, at }
  return { class: 'health', sensor: 'tracee', instance, at, watch: at === null ? [] : [startedAt(line, instance, at)] }
}

/** Null: the line is no act. */
function deedOf(event: JsonObject): Deed | null {
  const line = lineOf(event)
  if (line === null || line.name === null || line.kind === 'started') return null
  const done = doneOf(line)
  const { action, target, access, effect, assumed } = done
  if (line.kind === 'observation' && action === null) return null
  return {
    class: line.kind,
    sensor: 'tracee',
    rule: clip(line.name),
    action,
    target,
    access,
    // Plain telemetry has no severity: the control's counts.
    severity: line.kind === 'detection' ? severityOf(line.severity) : null,
    effect,
    actionTaken: null,
    tags: clipAll(tagsOf(line)),
    ...actorOf(line, done),
    ...newPart(),
    isDoubtful: false,
    isAssumed: assumed,
  }
}

function placeOf(event: JsonObject): Place {
  return placeIn(anyLine(event))
}

function commandLineOf(event: JsonObject): Words {
  return wordsOf(commandLineIn(doneOf(anyLine(event))))
}

const noWords = wordsOf(null)

const scale: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']

/** A number, or the word that the documentation has; what cannot be read, or was not said, is high. */
function severityOf(severity: Field): Severity {
  const word = textOf(severity)?.toLowerCase()
  return scale[countOf(severity) ?? -1] ?? scale.find((known) => known === word) ?? 'high'
}

function tagsOf({ tags, tactic, technique }: Line): readonly string[] {
  const own = listOf(tags).filter((tag) => typeof tag === 'string' && tag !== '') as readonly string[]
  return [...own, ...[tactic, technique].filter((tag) => tag !== null)]
}

function facts(event: JsonObject): Facts {
  const line = anyLine(event)
  return {
    dialect: line.dialect,
    time_ns: line.at === null ? null : nanosOf(line.at).toString(),
    rule: line.name,
    node: line.host,
    ns: line.namespace,
    pod: line.pod,
    container_id: line.container,
    image: line.image,
    pid: integerOf(line.hostPid),
    pid_in_ns: integerOf(line.pid),
    uid: integerOf(line.uid),
    exe: line.executable,
    process_name: line.comm,
    syscall: line.call,
    file: textArg(line.data, ['pathname', 'file_path']),
    domain: textArg(line.data, ['domain']),
    retval: integerOf(line.returned),
    native_severity: integerOf(line.severity) ?? textOf(line.severity),
    technique: line.technique,
    policies: line.policies,
    // Tracee never blocks; what it can tell is that the kernel said no.
    blocked: line.kind === 'started' ? null : doneOf(line).effect === 'prevented',
    ...(line.kind === 'started' ? startFacts(line) : {}),
  }
}

function startFacts(line: Line): Facts {
  const started = line.at === null ? null : startOf(line, line.at)
  return { version: versionOf(line), started_ns: started === null ? null : nanosOf(started).toString() }
}
