import type { Effect } from '../../../core/model/act.ts'
import { eventTime, nanosOf, type EventTime } from '../../../core/model/time.ts'
import { newPart, readingOf, wordsOf, type Deed, type Place, type Words } from '../act-parts.ts'
import type { Facts, JsonObject, Reading } from '../connector.ts'
import { countOf, integerOf, listOf, objectOf, uidOf } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import { memoryOf } from '../read/memory.ts'
import { hasTextEnding } from '../read/text-ending.ts'
import { clip, clipAll, isPartial } from '../subject.ts'
import { CUT, doneOf, isCut, isHostSource } from './acts.ts'
import { countedAs, isInternal, isLiveness, lossOf, watchOf } from './health.ts'
import { known } from './known.ts'
import { severityOf } from './severity.ts'
import { textForm } from './text-form.ts'

/** Falco's JSON alerts, direct or relayed by falcosidekick. See README.md for what is read and what Falco cannot see. */
export const falco: ReadableConnector = {
  sensor: 'falco',
  exactIntegers: ['falco.start_ts', 'falco.reload_ts'],
  recognises: (event) =>
    Object.hasOwn(event, 'rule') && (Object.hasOwn(event, 'priority') || Object.hasOwn(event, 'output_fields')),
  text: textForm,
  read,
  facts,
}

const noFields: JsonObject = {}

function read(event: JsonObject): Reading {
  const memory = memoryOf(event)
  const deed = memory.part(deedOf)
  const at = timeOf(event)
  if (deed === null) return aboutItself(event, at)
  const place = memory.part(placeOf)
  const fields = fieldsOf(event)
  const words = memory.part(commandLineOf)
  const isAnybodys = deed.isOnHosts && place.onHost === null && place.pod === null
  return readingOf(deed, place, { at, pid: countOf(fields['proc.pid']), words, toKill: null, isAnybodys }, memory)
}

function aboutItself(event: JsonObject, at: EventTime | null): Reading {
  const rule = known(event['rule'])
  if (rule === null) return { class: 'malformed', sensor: 'falco', reason: 'no_rule' }
  const instance = { sensor: 'falco', node: clip(known(event['hostname'])) }
  const watch = at === null ? [] : watchOf(rule, fieldsOf(event), instance, at)
  return { class: 'health', sensor: 'falco', instance, at: isLiveness(rule) ? at : null, watch }
}

function fieldsOf(event: JsonObject): JsonObject {
  return objectOf(event['output_fields']) ?? noFields
}

/** Null: the event names no rule, or is Falco's word about itself. `isOnHosts`: the act is one of a process on a host. */
function deedOf(event: JsonObject): (Deed & { readonly isOnHosts: boolean }) | null {
  const rule = known(event['rule'])
  const source = known(event['source'])
  if (rule === null || isInternal(rule, source)) return null
  const fields = fieldsOf(event)
  const { action, target, access, assumed } = doneOf(fields, source)
  // A relay that cuts one text cuts them all: whatever field shows it, the event is no longer what the sensor wrote.
  const isCutShort = hasTextEnding(event, CUT, 'output') || hasTextEnding(fields, CUT)
  const tags = listOf(event['tags']).filter((tag) => typeof tag === 'string')
  // Not `proc.exe`: that is argv[0], which whoever starts the program chooses.
  const executable = known(fields['proc.exepath']) ?? known(fields['proc.name'])
  return {
    class: 'detection',
    sensor: 'falco',
    rule: clip(rule),
    action,
    target,
    access,
    severity: severityOf(known(event['priority'])),
    effect: effectOf(fields),
    actionTaken: null,
    tags: clipAll(isCutShort ? [...tags, 'relayed/truncated'] : tags),
    uid: uidOf(fields['user.uid']),
    executable: clip(executable),
    executablePartial: executable !== null && (isPartial(executable) || isCut(executable)),
    ancestors: clipAll(ancestorsOf(fields)),
    ...newPart(),
    isDoubtful: isCutShort,
    isAssumed: assumed,
    isOnHosts: isHostSource(source),
    countedAs: countedAs(rule),
  }
}

function placeOf(event: JsonObject): Place {
  const fields = fieldsOf(event)
  const node = clip(known(event['hostname']))
  return {
    ...newPart(),
    instance: { sensor: 'falco', node },
    cluster: clip(known(fields['cluster']) ?? known(fields['k8s.cluster.name'])),
    node,
    namespace: clip(known(fields['k8s.ns.name']) ?? known(fields['k8smeta.ns.name'])),
    workload: clip(known(fields['k8s.deployment.name']) ?? known(fields['k8smeta.deployment.name'])),
    pod: clip(known(fields['k8s.pod.name']) ?? known(fields['k8smeta.pod.name'])),
    container: clip(containerOf(fields)),
    image: clip(imageOf(fields)),
    onHost: onHost(fields),
  }
}

function commandLineOf(event: JsonObject): Words {
  return wordsOf(known(fieldsOf(event)['proc.cmdline']))
}

function containerOf(fields: JsonObject): string | null {
  return onHost(fields) === true ? null : (known(fields['container.full_id']) ?? known(fields['container.id']))
}

function onHost(fields: JsonObject): boolean | null {
  const id = known(fields['container.id']) ?? known(fields['container.full_id'])
  return id === null ? null : id === 'host'
}

function imageOf(fields: JsonObject): string | null {
  const repository = known(fields['container.image.repository'])
  if (repository === null) return known(fields['container.image'])
  const tag = known(fields['container.image.tag'])
  const digest = known(fields['container.image.digest'])
  return `${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`
}

const generations = Array.from({ length: 8 }, (_, index) => [`proc.aexepath[${index + 1}]`, `proc.aname[${index + 1}]`] as const)

function ancestorsOf(fields: JsonObject): readonly string[] {
  const parent = known(fields['proc.pexepath']) ?? known(fields['proc.pname'])
  const found: string[] = []
  for (const [path, name] of generations) {
    const ancestor = known(fields[path]) ?? (found.length === 0 ? parent : null) ?? known(fields[name])
    if (ancestor !== null) found.push(ancestor)
  }
  return found
}

/** Falco only watches; what it can tell is that the kernel said no. */
function effectOf(fields: JsonObject): Effect {
  const result = known(fields['evt.res'])
  return result === 'EPERM' || result === 'EACCES' ? 'prevented' : 'observed'
}

function timeOf(event: JsonObject): EventTime | null {
  const time = known(event['time'])
  return time === null ? null : eventTime(time)
}

function facts(event: JsonObject): Facts {
  const fields = fieldsOf(event)
  const rule = known(event['rule'])
  const isHealth = isInternal(rule, known(event['source']))
  const at = timeOf(event)
  return {
    time_ns: at === null ? null : nanosOf(at).toString(),
    rule,
    native_severity: known(event['priority']),
    node: known(event['hostname']),
    ns: known(fields['k8s.ns.name']) ?? known(fields['k8smeta.ns.name']),
    pod: known(fields['k8s.pod.name']) ?? known(fields['k8smeta.pod.name']),
    container_id: onHost(fields) === true ? null : (known(fields['container.id']) ?? known(fields['container.full_id'])),
    on_host: onHost(fields),
    image: known(fields['container.image.repository']) ?? repositoryOf(known(fields['container.image'])),
    pid: integerOf(fields['proc.pid']),
    uid: integerOf(fields['user.uid']),
    exe: known(fields['proc.exepath']),
    process_name: known(fields['proc.name']),
    cmdline: known(fields['proc.cmdline']),
    // Falco never blocks; a line about Falco itself says nothing of the kind.
    blocked: isHealth ? null : false,
    ...(isHealth ? lossOf(fields) : {}),
  }
}

function repositoryOf(image: string | null): string | null {
  return image === null ? null : image.replace(/@[^@]*$/, '').replace(/:[^:/]*$/, '')
}
