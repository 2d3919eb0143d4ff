import { eventTime, eventTimeOfNanos, type EventTime } from '../../../core/model/time.ts'
import type { JsonObject } from '../connector.ts'
import { nanosOf, objectOf, textOf, type Field } from '../fields.ts'

/** How the relay, gRPC and `karmor logs --json` name a field, and so does the sidekick inside its payload. */
const pascal = {
  timestamp: 'Timestamp',
  updatedTime: 'UpdatedTime',
  cluster: 'ClusterName',
  host: 'HostName',
  namespace: 'NamespaceName',
  owner: 'Owner',
  pod: 'PodName',
  container: 'ContainerID',
  image: 'ContainerImage',
  hostPid: 'HostPID',
  uid: 'UID',
  parent: 'ParentProcessName',
  process: 'ProcessName',
  policy: 'PolicyName',
  severity: 'Severity',
  tags: 'Tags',
  tagList: 'ATags',
  type: 'Type',
  source: 'Source',
  operation: 'Operation',
  resource: 'Resource',
  data: 'Data',
  eventData: 'EventData',
  enforcer: 'Enforcer',
  action: 'Action',
  result: 'Result',
  level: 'Level',
  maxAlerts: 'MaxAlertsPerSec',
  interval: 'DroppingAlertsInterval',
} as const

type Name = keyof typeof pascal
type Names = Readonly<Record<Name, string>>

/** How the daemon's own log file names it. */
const camel: Names = {
  timestamp: 'timestamp',
  updatedTime: 'updatedTime',
  cluster: 'clusterName',
  host: 'hostName',
  namespace: 'namespaceName',
  owner: 'owner',
  pod: 'podName',
  container: 'containerID',
  image: 'containerImage',
  hostPid: 'hostPid',
  uid: 'uid',
  parent: 'parentProcessName',
  process: 'processName',
  policy: 'policyName',
  severity: 'severity',
  tags: 'tags',
  tagList: 'atags',
  type: 'type',
  source: 'source',
  operation: 'operation',
  resource: 'resource',
  data: 'data',
  eventData: 'eventData',
  enforcer: 'enforcer',
  action: 'action',
  result: 'result',
  level: 'level',
  maxAlerts: 'maxAlertsPerSec',
  interval: 'droppingAlertsInterval',
}

/** What a line is: a policy matched, plain telemetry, alerts are being dropped, a message of the daemon, or a kind added later. */
export type Kind = 'detection' | 'observation' | 'throttle' | 'message' | 'unknown'

/** An event in any of KubeArmor's JSON dialects, to be read by one set of names. */
export type Line = {
  readonly kind: Kind
  readonly type: string | null
  readonly fields: JsonObject
  /** The sidekick's payload around the fields. */
  readonly outer: JsonObject | null
  readonly names: Names
}

/** The event as KubeArmor's, whichever way it came; null when it is none. */
export function lineOf(event: JsonObject): Line | null {
  return relayedLine(event) ?? plainLine(event, pascal) ?? plainLine(event, camel)
}

/** A line that nothing recognised, for whoever named the sensor: read by the relay's names. */
export function anyLine(event: JsonObject): Line {
  return lineOf(event) ?? { kind: 'unknown', type: null, fields: event, outer: null, names: pascal }
}

/** The sidekick's payload: `Detail`, once `OutputFields`, and the type, once only alert or log, beside it. */
function relayedLine(event: JsonObject): Line | null {
  const fields = objectOf(event['Detail']) ?? objectOf(event['OutputFields'])
  const type = textOf(event['EventType'])
  if (fields === null || type === null || textOf(fields['Operation']) === null) return null
  const kind = kindOf(type, fields['Operation'])
  const plainer = kind !== 'unknown' ? kind : type === 'Alert' ? 'detection' : type === 'Log' ? 'observation' : 'unknown'
  return { kind: plainer, type, fields, outer: event, names: pascal }
}

function plainLine(fields: JsonObject, names: Names): Line | null {
  const type = textOf(fields[names.type])
  const operation = textOf(fields[names.operation])
  const kind = kindOf(type, operation)
  return isOurs(kind, operation, fields, names) ? { kind, type, fields, outer: null, names } : null
}

function isOurs(kind: Kind, operation: string | null, fields: JsonObject, names: Names): boolean {
  if (kind === 'message') return textOf(fields[names.level]) !== null
  const host = textOf(fields[names.host])
  // A type that was added later: what every line has must be there.
  if (kind === 'unknown') return operation !== null && host !== null && textOf(fields[names.updatedTime]) !== null
  return operation !== null || textOf(fields[names.policy]) !== null
}

function kindOf(type: string | null, operation: Field): Kind {
  // Whatever the type: the sidekick calls everything an alert.
  if (operation === 'AlertThreshold') return 'throttle'
  if (type === null) return 'unknown'
  if (type.startsWith('Matched') && type.endsWith('Policy')) return 'detection'
  if (type === 'ContainerLog' || type === 'HostLog') return 'observation'
  return type === 'Message' ? 'message' : 'unknown'
}

/** A field as it is written; the sidekick repeats some around the rest. */
export function fieldOf({ fields, outer, names }: Line, name: Name): Field {
  const value = fields[names[name]]
  return value === undefined && outer !== null ? outer[names[name]] : value
}

/** A field that says something; KubeArmor writes an empty text, or nothing, for one that it does not know. */
export function wordOf(line: Line, name: Name): string | null {
  return textOf(fieldOf(line, name))
}

/** The node. The sidekick writes `Hostname`. */
export function hostOf(line: Line): string | null {
  return wordOf(line, 'host') ?? textOf(line.fields['Hostname']) ?? textOf(line.outer?.['Hostname'])
}

/** `UpdatedTime`, exact to the microsecond; else `Timestamp`, whole seconds since 1970. */
export function timeOf(line: Line): EventTime | null {
  const updated = wordOf(line, 'updatedTime')
  const at = updated === null ? null : eventTime(updated)
  if (at !== null) return at
  const seconds = nanosOf(fieldOf(line, 'timestamp'))
  return seconds === null ? null : eventTimeOfNanos(seconds * 1_000_000_000n)
}

/** The severity as KubeArmor writes it, also when a relay made a number of it. */
export function severityWordOf(line: Line): string | null {
  const severity = fieldOf(line, 'severity')
  return typeof severity === 'number' ? String(severity) : textOf(severity)
}

/** The value of `key=value` in the line's data, else of `Key` in the data that KubeArmor parsed for us. */
export function detailOf(line: Line, key: string): string | null {
  const data = wordOf(line, 'data')
  if (data !== null) return valueOf(data, key)
  return textOf(objectOf(fieldOf(line, 'eventData'))?.[key.charAt(0).toUpperCase() + key.slice(1)])
}

/** The value of the first `key=value`, up to the next blank. */
export function valueOf(text: string | null, key: string): string | null {
  if (text === null) return null
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
    const from = at + key.length + 1
    if ((at === 0 || text[at - 1] === ' ') && text[from - 1] === '=') return firstWord(text.slice(from))
  }
  return null
}

/** The text up to the first blank. */
export function firstWord(text: string | null): string | null {
  if (text === null) return null
  const blank = text.indexOf(' ')
  return (blank < 0 ? text : text.slice(0, blank)) || null
}
