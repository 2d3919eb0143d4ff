import type { JsonObject } from '../connector.ts'
import { textMalformed, type TextForm, type TextRead } from '../read/text-form.ts'

/** The head of a block that `karmor logs` prints for people; its time is UTC. */
const head = /^== (?:Alert|Log|Message)(?: \/ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?))? ==$/
/** A daemon's message, printed for people: time, cluster, node, level, text. */
const message = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?) {2}(\S{0,253}) {2}(\S{1,253}) {2}\[([A-Z]{3,8})\] {2}(.*)$/s
/** What stands in a block before anything that a process chooses: whoever runs one cannot write there. */
const placed =
  'ClusterName|HostName|NamespaceName|PodName|Labels|ContainerName|ContainerID|ContainerImage|Type|PolicyName|Severity|Message'
const chosen =
  'Source|Resource|Operation|Action|Data|EventData|Enforcer|Result|ATags|Tags|Cwd|DroppingAlertsInterval|ExecEvent|HashAlgo|HostPID|' +
  'HostPPID|KubeArmorVersion|MaxAlertsPerSec|NodeID|Owner|PID|PPID|ParentHash|ParentProcessName|ProcessHash|ProcessName|ResourceHash|' +
  'TTY|UID|UserName'
const field = new RegExp(String.raw`^(?:(${placed})|(${chosen})): (.*)$`, 's')

/**
 * What `karmor logs` prints for people: blocks of `Key: value` lines. `read` is the reader of the JSON that says the same. Who acted is
 * taken from the lines above the first that a process can write into; a block in which such a line comes later, or any line twice, was
 * written by somebody else too, and keeps nothing but those.
 */
export function textForm(read: (event: JsonObject) => TextRead): TextForm {
  return {
    kindOf(line) {
      if (head.test(line)) return 'head'
      return field.test(line) ? 'part' : message.test(line) ? 'event' : null
    },
    read(text) {
      const event = messageOf(text) ?? blockOf(text.split('\n'))
      return event === null ? textMalformed('kubearmor') : read(event)
    },
  }
}

function messageOf(line: string): JsonObject | null {
  const [, date, time, cluster, host, level, words] = message.exec(line) ?? []
  if (date === undefined || time === undefined || host === undefined || level === undefined) return null
  return {
    Type: 'Message',
    UpdatedTime: `${date}T${time}Z`,
    ...(cluster ? { ClusterName: cluster } : {}),
    HostName: host,
    Level: level,
    Message: words ?? '',
  }
}

function blockOf(lines: readonly string[]): JsonObject | null {
  const [first = '', ...rest] = lines
  const stamp = head.exec(first)
  const above: Record<string, string> = stamp?.[1] === undefined ? {} : { UpdatedTime: `${stamp[1]}T${stamp[2]}Z` }
  const below: Record<string, string> = {}
  let [isAbove, isForged] = [true, false]
  for (const line of stamp ? rest : lines) {
    const [, ours, theirs, value = ''] = field.exec(line.trimEnd()) ?? []
    const key = ours ?? theirs
    if (key === undefined) break
    if (ours === undefined) isAbove = false
    if (Object.hasOwn(above, key) || Object.hasOwn(below, key) || (ours !== undefined && !isAbove)) isForged = true
    else if (isAbove) above[key] = value
    else below[key] = value
  }
  // A block that lost its beginning may be the rest of another one, or of what a process wrote: nobody's.
  if (!Object.hasOwn(above, 'Type')) return null
  return isForged ? above : { ...above, ...below }
}
