import type { Act, Effect, Subject } from '../../../core/model/act.ts'
import { eventTime, nanosOf, type EventTime } from '../../../core/model/time.ts'
import { confidenceOf } from '../confidence.ts'
import type { Facts, JsonObject, Reading } from '../connector.ts'
import { countOf, integerOf, listOf, objectOf, uidOf } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import { hasTextEnding } from '../read/text-ending.ts'
import { clip, clipAll, COMMAND_LINE_LIMIT, isPartial } from '../subject.ts'
import { CUT, doneOf, isCut, isHostSource } from './acts.ts'
import { isInternal, isLiveness, lossOf, watchOf } from './health.ts'
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
  const rule = known(event['rule'])
  if (rule === null) return { class: 'malformed', sensor: 'falco', reason: 'no_rule' }
  const at = timeOf(event)
  const node = clip(known(event['hostname']))
  const instance = { sensor: 'falco', node }
  const source = known(event['source'])
  const fields = objectOf(event['output_fields']) ?? noFields
  if (isInternal(rule, source)) {
    const watch = at === null ? [] : watchOf(rule, fields, instance, at)
    return { class: 'health', sensor: 'falco', instance, at: isLiveness(rule) ? at : null, watch }
  }
  return { class: 'detection', sensor: 'falco', act: actOf(event, fields, { rule, at, node, source }), instance, at }
}

type Head = { readonly rule: string; readonly at: EventTime | null; readonly node: string | null; readonly source: string | null }

function actOf(event: JsonObject, fields: JsonObject, { rule, at, node, source }: Head): Act {
  const { action, target, access, assumed } = doneOf(fields, source)
  const subject = subjectOf(fields, node)
  // A relay that cuts one text cuts them all: whatever field shows it, the event is no longer what the sensor wrote.
  const isCutShort = hasTextEnding(event, CUT, 'output') || hasTextEnding(fields, CUT)
  const tags = listOf(event['tags']).filter((tag) => typeof tag === 'string')
  const isAnybodys = isHostSource(source) && subject.onHost === null && subject.pod === null
  const read = { action, target, executable: subject.executable, executablePartial: subject.executablePartial }
  return {
    class: 'detection',
    sensor: 'falco',
    rule: clip(rule),
    at,
    action,
    target,
    access,
    subject,
    severity: severityOf(known(event['priority'])),
    confidence: confidenceOf(read, isCutShort || isAnybodys, assumed),
    effect: effectOf(fields),
    actionTaken: null,
    tags: clipAll(isCutShort ? [...tags, 'relayed/truncated'] : tags),
  }
}

function subjectOf(fields: JsonObject, node: string | null): Subject {
  // Not `proc.exe`: that is argv[0], which whoever starts the program chooses.
  const executable = known(fields['proc.exepath']) ?? known(fields['proc.name'])
  const container = containerOf(fields)
  return {
    cluster: clip(known(fields['cluster']) ?? known(fields['k8s.cluster.name'])),
    node,
    namespace: clip(known(fields['k8s.ns.name']) ?? known(fields['k8smeta.ns.name'])),
    workload: clip(known(fields['k8s.deployment.name']) ?? known(fields['k8smeta.deployment.name'])),
    pod: clip(known(fields['k8s.pod.name']) ?? known(fields['k8smeta.pod.name'])),
    container: clip(container),
    image: clip(imageOf(fields)),
    onHost: onHost(fields),
    pid: countOf(fields['proc.pid']),
    uid: uidOf(fields['user.uid']),
    executable: clip(executable),
    executablePartial: executable !== null && (isPartial(executable) || isCut(executable)),
    commandLine: clip(known(fields['proc.cmdline']), COMMAND_LINE_LIMIT),
    ancestors: clipAll(ancestorsOf(fields)),
  }
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
  const fields = objectOf(event['output_fields']) ?? noFields
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
