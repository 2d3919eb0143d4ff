import { eventTime, eventTimeOfNanos, type EventTime } from '../../../core/model/time.ts'
import type { JsonObject } from '../connector.ts'
import { countOf, integerOf, listOf, nanosOf, objectOf, textOf, type Field } from '../fields.ts'
import { argOf, unwrap } from './args.ts'

/**
 * An event of either generation, by one set of names. Most is read when it is asked for: what a part of a reading does not look at must not
 * decide whether that part is known already.
 */
export type Line = {
  readonly dialect: 'classic' | 'v1beta1'
  readonly kind: 'detection' | 'observation' | 'started'
  readonly name: string | null
  readonly at: EventTime | null
  /** Tells a system call in the classic dialect: those come first. */
  readonly id: number | null
  readonly data: Field
  readonly returned: Field
  /** The event that set a detection off. */
  readonly cause: JsonObject | null
  /** The classic dialect's name of the machine as the process sees it: in a container, the container's. */
  readonly host: string | null
  readonly namespace: string | null
  readonly pod: string | null
  readonly container: string | null
  readonly image: string | null
  readonly imageDigest: string | null
  readonly containerStarted: boolean
  readonly pidNamespace: number | null
  readonly hostPid: Field
  readonly pid: Field
  readonly uid: Field
  /** The thread's name, as written: it may be empty. */
  readonly comm: string | null
  readonly executable: string | null
  readonly ancestors: Field
  /** The system call within which it happened. */
  readonly call: string | null
  readonly severity: Field
  readonly technique: string | null
  readonly tactic: string | null
  readonly tags: Field
  readonly policies: readonly string[] | null
}

const nothing: JsonObject = {}

/** Whether an event has the shape of either generation. */
export function isOurs(event: JsonObject): boolean {
  return isClassic(event) || isV1beta1(event)
}

/** The event as Tracee's, of either generation; null when it is none. */
export function lineOf(event: JsonObject): Line | null {
  if (isClassic(event)) return classicLine(event)
  return isV1beta1(event) ? v1beta1Line(event) : null
}

/** A line that nothing recognised, for whoever named the sensor. */
export function anyLine(event: JsonObject): Line {
  return lineOf(event) ?? (Object.hasOwn(event, 'workload') ? v1beta1Line(event) : classicLine(event))
}

// Audit logs of clouds have an `eventName` too, but none of the others.
function isClassic(event: JsonObject): boolean {
  if (typeof event['eventName'] !== 'string') return false
  return 'timestamp' in event || 'args' in event || 'argsNum' in event || 'processName' in event
}

/** The workload is optional: events of the kernel and of Tracee itself have none. */
function isV1beta1(event: JsonObject): boolean {
  if (typeof event['name'] !== 'string') return false
  if (objectOf(event['workload']) !== null || objectOf(event['detected_from']) !== null) return true
  return 'timestamp' in event && 'id' in event && (Array.isArray(event['data']) || objectOf(event['threat']) !== null)
}

function classicLine(event: JsonObject): Line {
  const container = objectOf(event['container']) ?? nothing
  const kubernetes = objectOf(event['kubernetes']) ?? nothing
  const properties = objectOf(objectOf(event['metadata'])?.['Properties']) ?? nothing
  const args = event['args']
  const cause = sayingOf(argOf(args, 'detectedFrom') ?? argOf(args, 'triggeredBy'))
  const name = textOf(event['eventName'])
  return {
    dialect: 'classic',
    kind: kindOf(name, sayingOf(event['metadata']) !== null || cause !== null),
    name,
    get at() {
      return timeOf(event['timestamp'])
    },
    get id() {
      return countOf(event['eventId'])
    },
    data: args,
    get returned() {
      return event['returnValue']
    },
    cause,
    get host() {
      return stringOf(event['hostName'])
    },
    get namespace() {
      return textOf(kubernetes['podNamespace']) ?? textOf(event['podNamespace'])
    },
    get pod() {
      return textOf(kubernetes['podName']) ?? textOf(event['podName'])
    },
    get container() {
      return textOf(container['id']) ?? textOf(event['containerId'])
    },
    get image() {
      return textOf(container['image']) ?? textOf(event['containerImage'])
    },
    get imageDigest() {
      return textOf(container['imageDigest'])
    },
    get containerStarted() {
      return objectOf(event['contextFlags'])?.['containerStarted'] === true
    },
    get pidNamespace() {
      return countOf(event['pidNamespace'])
    },
    get hostPid() {
      return event['hostProcessId']
    },
    get pid() {
      return event['processId']
    },
    get uid() {
      return event['userId']
    },
    get comm() {
      return stringOf(event['processName'])
    },
    get executable() {
      return textOf(objectOf(event['executable'])?.['path'])
    },
    ancestors: undefined,
    get call() {
      return textOf(event['syscall'])
    },
    get severity() {
      return properties['Severity']
    },
    get technique() {
      return textOf(properties['external_id'])
    },
    get tactic() {
      return textOf(properties['Category'])
    },
    get tags() {
      return objectOf(event['metadata'])?.['Tags']
    },
    get policies() {
      return Array.isArray(event['matchedPolicies']) ? namesOf(event['matchedPolicies']) : null
    },
  }
}

function v1beta1Line(event: JsonObject): Line {
  const workload = objectOf(event['workload']) ?? nothing
  const process = objectOf(workload['process']) ?? nothing
  const thread = objectOf(process['thread']) ?? nothing
  const container = objectOf(workload['container']) ?? nothing
  const image = objectOf(container['image']) ?? nothing
  const k8s = objectOf(workload['k8s']) ?? nothing
  const threat = objectOf(event['threat']) ?? nothing
  const mitre = objectOf(threat['mitre']) ?? nothing
  const name = textOf(event['name'])
  const data = event['data']
  const cause = sayingOf(event['detected_from']) ?? sayingOf(argOf(data, 'triggeredBy') ?? argOf(data, 'detectedFrom'))
  return {
    dialect: 'v1beta1',
    kind: kindOf(name, sayingOf(threat) !== null || cause !== null),
    name,
    get at() {
      return timeOf(event['timestamp'])
    },
    id: null,
    data,
    get returned() {
      return argOf(data, 'returnValue')
    },
    cause,
    host: null,
    get namespace() {
      return textOf(objectOf(k8s['namespace'])?.['name'])
    },
    get pod() {
      return textOf(objectOf(k8s['pod'])?.['name'])
    },
    get container() {
      return textOf(container['id'])
    },
    get image() {
      return textOf(image['name'])
    },
    get imageDigest() {
      return digestOf(image['repo_digests'])
    },
    get containerStarted() {
      return container['started'] === true
    },
    pidNamespace: null,
    get hostPid() {
      return unwrap(process['host_pid'])
    },
    get pid() {
      return unwrap(process['pid'])
    },
    get uid() {
      return unwrap(objectOf(process['real_user'])?.['id'])
    },
    get comm() {
      return stringOf(thread['name'])
    },
    get executable() {
      return textOf(objectOf(process['executable'])?.['path'])
    },
    get ancestors() {
      return process['ancestors']
    },
    get call() {
      return textOf(thread['syscall'])
    },
    get severity() {
      return threat['severity']
    },
    get technique() {
      return textOf(objectOf(mitre['technique'])?.['id'])
    },
    get tactic() {
      return textOf(objectOf(mitre['tactic'])?.['name'])
    },
    tags: undefined,
    get policies() {
      return namesOf(objectOf(event['policies'])?.['matched'])
    },
  }
}

function kindOf(name: string | null, isDetection: boolean): Line['kind'] {
  return isDetection ? 'detection' : name === 'tracee_info' ? 'started' : 'observation'
}

/** An object that holds anything. */
function sayingOf(value: Field): JsonObject | null {
  const object = objectOf(value)
  return object !== null && Object.keys(object).length > 0 ? object : null
}

/** Nanoseconds since 1970, or RFC 3339. `{seconds, nanos}` is documented, though no build emits it. */
function timeOf(value: Field): EventTime | null {
  const text = textOf(value)
  const at = text === null ? null : eventTime(text)
  if (at !== null) return at
  const nanos = nanosOf(value)
  if (nanos !== null) return eventTimeOfNanos(nanos)
  const parts = objectOf(value)
  const seconds = parts === null ? null : nanosOf(parts['seconds'])
  const rest = integerOf(parts?.['nanos'] ?? 0)
  if (seconds === null || rest === null || rest < 0 || rest > 999_999_999) return null
  return eventTimeOfNanos(seconds * 1_000_000_000n + BigInt(rest))
}

function stringOf(value: Field): string | null {
  return typeof value === 'string' ? value : null
}

/** Often `[""]`: no policy has a name. */
function namesOf(value: Field): readonly string[] {
  return listOf(value).filter((name) => typeof name === 'string' && name !== '') as readonly string[]
}

/** `name@sha256:…` → `sha256:…`. */
function digestOf(digests: Field): string | null {
  const [first] = listOf(digests)
  return textOf(first)?.split('@', 2)[1] ?? null
}
