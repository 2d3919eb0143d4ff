import type { Subject } from '../../../core/model/act.ts'
import type { JsonObject } from '../connector.ts'
import { newPart, type Place } from '../act-parts.ts'
import { listOf, objectOf, textOf, uidOf } from '../fields.ts'
import { clip, clipAll, isPartial } from '../subject.ts'

/** Words in `flags` that say the process was not seen as it started, or not in full. */
const doubts = /\b(?:miss|unknown|truncArgs|truncFilename|errorArgs|errorFilename|errorCWD|nocwd|procFS)\b/

export function isDoubtful(process: JsonObject | null): boolean {
  return process === null || doubts.test(textOf(process['flags']) ?? '')
}

/** Which program acted, as whom: the `process` of an event, with the parents beside it. */
export function actorOf(
  event: JsonObject,
  process: JsonObject | null,
): Pick<Subject, 'uid' | 'executable' | 'executablePartial' | 'ancestors'> {
  if (process === null) return { uid: null, executable: null, executablePartial: false, ancestors: [] }
  const binary = textOf(process['binary'])
  return {
    uid: uidOf(process['uid']),
    executable: clip(binary),
    executablePartial: binary !== null && (isPartial(binary) || /\btruncFilename\b/.test(textOf(process['flags']) ?? '')),
    ancestors: clipAll(ancestorsOf(event)),
  }
}

/** Where a process ran. */
export function placeIn(process: JsonObject | null, cluster: string | null, node: string | null): Place {
  const pod = objectOf(process?.['pod'])
  return {
    ...newPart(),
    instance: { sensor: 'tetragon', node },
    cluster,
    node,
    namespace: clip(textOf(pod?.['namespace'])),
    workload: clip(textOf(pod?.['workload'])),
    pod: clip(textOf(pod?.['name'])),
    container: process === null ? null : clip(containerOf(process)),
    image: process === null ? null : clip(imageOf(process)),
    onHost: process === null ? null : onHost(process, pod),
  }
}

/** The container's id without its runtime (`containerd://`); outside Kubernetes the first 31 (once 24) characters of it. */
export function containerOf(process: JsonObject): string | null {
  const id = textOf(objectOf(objectOf(process['pod'])?.['container'])?.['id'])
  return id?.replace(/^[a-z0-9.+-]{1,40}:\/\//i, '') || textOf(process['docker'])
}

export function imageOf(process: JsonObject): string | null {
  return textOf(objectOf(objectOf(objectOf(process['pod'])?.['container'])?.['image'])?.['name'])
}

/**
 * False in a container; true only where the event says so by its PID or mount namespace. No container on an event is no proof of the
 * host: Tetragon can lose the association (issue 4883), and an act must not leave the scope for that.
 */
function onHost(process: JsonObject, pod: JsonObject | null): boolean | null {
  if (pod !== null || textOf(process['docker']) !== null) return false
  const namespaces = objectOf(process['ns'])
  const isHost = ['pid', 'mnt'].map((kind) => objectOf(namespaces?.[kind])?.['is_host'])
  return isHost.every((answer) => answer === true) ? true : null
}

/** The program and its arguments. */
export function commandLineIn(process: JsonObject | null): string | null {
  const [binary, args] = [textOf(process?.['binary']), textOf(process?.['arguments'])]
  return binary === null || args === null ? (binary ?? args) : `${binary} ${args}`
}

function ancestorsOf(event: JsonObject): readonly string[] {
  const found: string[] = []
  for (const process of [event['parent'], ...listOf(event['ancestors'])]) {
    const binary = textOf(objectOf(process)?.['binary'])
    if (binary !== null) found.push(binary)
  }
  return found
}
