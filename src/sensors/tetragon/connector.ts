import { eventTime, nanosOf, type EventTime } from '../../../core/model/time.ts'
import { newPart, readingOf, wordsOf, type Deed, type Place, type Words } from '../act-parts.ts'
import type { Facts, JsonObject, Reading } from '../connector.ts'
import { countOf, integerOf, listOf, objectOf, textOf } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import { memoryOf } from '../read/memory.ts'
import { clip, clipAll, fileTarget } from '../subject.ts'
import { argsOf } from './args.ts'
import { blockedOf, effectOf } from './effect.ts'
import { endOf, isToKill, killedBy } from './kill.ts'
import { droppedOf, rateLimited, throttled, throttledScope } from './health.ts'
import { doneAt, type Done } from './hooks.ts'
import { actorOf, commandLineIn, containerOf, imageOf, isDoubtful, placeIn } from './subject.ts'
import { textForm } from './text-form.ts'

/** Tetragon's JSON export (protojson of `GetEventsResponse`). See README.md for what is read and what Tetragon cannot see. */
export const tetragon: ReadableConnector = {
  sensor: 'tetragon',
  recognises: (event) => kindOf(event) !== null,
  text: textForm,
  read,
  facts,
}

/** What a kind of event is for us. `detection`: a tracing policy that somebody wrote matched. */
const kinds = {
  process_exec: 'telemetry',
  process_exit: 'telemetry',
  process_loader: 'telemetry',
  process_kprobe: 'detection',
  process_tracepoint: 'detection',
  process_lsm: 'detection',
  process_uprobe: 'detection',
  process_usdt: 'detection',
  process_throttle: 'health',
  rate_limit_info: 'health',
  test: 'test',
} as const
type Kind = keyof typeof kinds
type Typed = { readonly kind: Kind | 'unknown'; readonly event: JsonObject }

const kindNames = Object.keys(kinds) as readonly Kind[]

/** The one member that holds the event proper; `unknown` for a kind that Tetragon added later. */
function kindOf(outer: JsonObject): Typed | null {
  for (const kind of kindNames) {
    // A rate_limit_info of nothing and a test of zeros are empty objects in protojson.
    const event = objectOf(outer[kind])
    if (event !== null && (kind !== 'test' || isFramed(outer))) return { kind, event }
  }
  if (!isFramed(outer)) return null
  for (const [name, value] of Object.entries(outer)) {
    const event = name.startsWith('process_') ? objectOf(value) : null
    if (event !== null) return { kind: 'unknown', event }
  }
  return null
}

function isFramed(outer: JsonObject): boolean {
  return Object.hasOwn(outer, 'time') || Object.hasOwn(outer, 'node_name')
}

function read(outer: JsonObject): Reading {
  const memory = memoryOf(outer)
  const deed = memory.part(deedOf)
  const at = timeOf(outer)
  if (deed === null) return otherwise(outer, at)
  const place = memory.part(placeOf)
  const process = memory.part(processOf)
  const pid = countOf(process?.['pid'])
  const words = memory.part(commandLineOf)
  const toKill = deed.isToKill ? killedBy(process) : null
  return readingOf(deed, place, { at, pid, words, toKill, isAnybodys: place.onHost === null }, memory)
}

/** What is no act: the end of a process, what Tetragon says of itself, what cannot be read. */
function otherwise(outer: JsonObject, at: EventTime | null): Reading {
  const typed = kindOf(outer)
  if (typed === null || typed.kind === 'unknown')
    return { class: 'malformed', sensor: 'tetragon', reason: typed === null ? 'unknown_shape' : 'unknown_kind' }
  const { kind, event } = typed
  if (kind === 'test') return { class: 'ignored', sensor: 'tetragon', reason: 'test_event' }
  const instance = { sensor: 'tetragon', node: clip(textOf(outer['node_name'])) }
  if (kind === 'process_throttle' || kind === 'rate_limit_info') {
    const watch = kind === 'process_throttle' ? throttled : rateLimited
    return { class: 'health', sensor: 'tetragon', instance, at, watch: at === null ? [] : [watch(event, instance, at)] }
  }
  const ended = at === null ? null : endOf(event, instance, at)
  return { class: 'observation', sensor: 'tetragon', act: null, instance, at, ...(ended && { watch: [ended] }) }
}

/** Null: the event is no act. */
function deedOf(outer: JsonObject): (Deed & { readonly isToKill: boolean }) | null {
  const typed = kindOf(outer)
  if (typed === null || typed.kind === 'unknown' || typed.kind === 'process_exit') return null
  const { kind, event } = typed
  if (kinds[kind] !== 'detection' && kinds[kind] !== 'telemetry') return null
  const isDetection = kinds[kind] === 'detection'
  const process = objectOf(event['process'])
  const { action, target, access } = doneBy(kind, event, process)
  return {
    class: isDetection ? 'detection' : 'observation',
    sensor: 'tetragon',
    rule: clip(textOf(event['policy_name'])),
    action,
    target,
    access,
    // No scale of its own: the control's counts.
    severity: null,
    effect: isDetection ? effectOf(event) : 'observed',
    actionTaken: clip(textOf(event['action'])),
    tags: clipAll(listOf(event['tags']).filter((tag) => typeof tag === 'string')),
    ...actorOf(event, process),
    ...newPart(),
    isDoubtful: isDoubtful(process),
    isAssumed: false,
    isToKill: isDetection && isToKill(event),
  }
}

function placeOf(outer: JsonObject): Place {
  return placeIn(processOf(outer), clip(textOf(outer['cluster_name'])), clip(textOf(outer['node_name'])))
}

function commandLineOf(outer: JsonObject): Words {
  return wordsOf(commandLineIn(processOf(outer)))
}

function processOf(outer: JsonObject): JsonObject | null {
  return objectOf(kindOf(outer)?.event['process'])
}

function doneBy(kind: Kind, event: JsonObject, process: JsonObject | null): Done {
  switch (kind) {
    case 'process_exec':
      return { action: 'exec', target: fileTarget('binary', textOf(process?.['binary'])), access: null }
    case 'process_loader':
      return { action: 'open', target: fileTarget('path', textOf(event['path'])), access: 'read' }
    case 'process_kprobe':
    case 'process_tracepoint':
    case 'process_lsm':
      return doneAt(hookOf(kind, event), argsOf(event))
    case 'process_exit':
    case 'process_throttle':
    case 'rate_limit_info':
    case 'test':
    case 'process_uprobe':
    case 'process_usdt':
      // A function of a library was called: which act that is, only the author of the policy knows.
      return { action: null, target: null, access: null }
  }
}

function hookOf(kind: Kind | 'unknown', event: JsonObject): string | null {
  if (kind === 'process_tracepoint') return joined(textOf(event['subsys']), textOf(event['event']))
  if (kind === 'process_usdt') return joined(textOf(event['provider']), textOf(event['name']))
  if (kind === 'process_uprobe') return textOf(event['symbol'])
  return textOf(event['function_name'])
}

function joined(first: string | null, second: string | null): string | null {
  return first === null ? second : second === null ? first : `${first}/${second}`
}

function timeOf(outer: JsonObject): EventTime | null {
  const time = textOf(outer['time'])
  return time === null ? null : eventTime(time)
}

function facts(outer: JsonObject): Facts {
  const typed = kindOf(outer)
  const { kind, event } = typed ?? { kind: 'unknown' as const, event: outer }
  const process = objectOf(event['process'])
  const pod = objectOf(process?.['pod'])
  const at = timeOf(outer)
  return {
    kind: kind === 'unknown' ? null : kind,
    time_ns: at === null ? null : nanosOf(at).toString(),
    rule: textOf(event['policy_name']),
    node: textOf(outer['node_name']),
    ns: textOf(pod?.['namespace']),
    pod: textOf(pod?.['name']),
    workload: textOf(pod?.['workload']),
    container_id: process === null ? null : containerOf(process),
    image: process === null ? null : imageOf(process),
    pid: integerOf(process?.['pid']),
    uid: integerOf(process?.['uid']),
    exe: textOf(process?.['binary']),
    args: textOf(process?.['arguments']),
    hook: hookOf(kind, event),
    action: textOf(event['action']),
    parent_exe: textOf(objectOf(event['parent'])?.['binary']),
    blocked: kind !== 'unknown' && kinds[kind] === 'detection' ? blockedOf(event) : null,
    ...factsOfKind(kind, event),
  }
}

function factsOfKind(kind: Kind | 'unknown', event: JsonObject): Facts {
  switch (kind) {
    case 'process_exit':
      return { signal: textOf(event['signal']), status: integerOf(event['status']) }
    case 'process_throttle':
      return { throttle: textOf(event['type']), cgroup: throttledScope(event) }
    case 'rate_limit_info':
      return { dropped: droppedOf(event) }
    case 'process_loader':
    case 'process_uprobe':
    case 'process_usdt':
      return { file: textOf(event['path']) }
    case 'process_kprobe':
    case 'process_tracepoint':
    case 'process_lsm':
      return { file: argsOf(event).file }
    case 'process_exec':
    case 'test':
    case 'unknown':
      return {}
  }
}
