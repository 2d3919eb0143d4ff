import type { Subject } from '../../../core/model/act.ts'
import { newPart, type Place } from '../act-parts.ts'
import { objectOf, textOf, uidOf } from '../fields.ts'
import { clip, clipAll, isPartial } from '../subject.ts'
import { fieldOf, firstWord, hostOf, wordOf, type Line } from './line.ts'

/** Which program acted, as whom. Where a program was started the line's process is that program and its source whoever started it. */
export function actorOf(line: Line, isExec: boolean): Pick<Subject, 'uid' | 'executable' | 'executablePartial' | 'ancestors'> {
  const executable = executableOf(line, isExec)
  const parent = wordOf(line, 'parent') ?? (isExec ? firstWord(wordOf(line, 'source')) : null)
  return {
    uid: uidOf(fieldOf(line, 'uid')),
    executable: clip(executable),
    executablePartial: executable !== null && isPartial(executable),
    ancestors: parent === null ? [] : clipAll([parent]),
  }
}

/** The program and its arguments. */
export function commandLineIn(line: Line, isExec: boolean): string | null {
  return isExec ? (wordOf(line, 'resource') ?? executableOf(line, isExec)) : wordOf(line, 'source')
}

function executableOf(line: Line, isExec: boolean): string | null {
  return wordOf(line, 'process') ?? firstWord(wordOf(line, isExec ? 'resource' : 'source'))
}

/** Where it acted. */
export function placeIn(line: Line): Place {
  const pod = placeOf(line, 'pod')
  const container = wordOf(line, 'container')
  const node = clip(hostOf(line))
  return {
    ...newPart(),
    instance: { sensor: 'kubearmor', node },
    cluster: clip(clusterOf(line)),
    node,
    namespace: clip(placeOf(line, 'namespace')),
    workload: clip(workloadOf(line)),
    pod: clip(pod),
    container: clip(container),
    image: clip(wordOf(line, 'image')),
    onHost: onHost(line, pod ?? container),
  }
}

/** What KubeArmor calls a cluster that nobody named is no name: another sensor's line of the same act has none. */
function clusterOf(line: Line): string | null {
  const cluster = wordOf(line, 'cluster')
  return cluster?.toLowerCase() === 'default' ? null : cluster
}

/** Written for a container that it knows no pod of: placeholders, which would put the act outside of every declared namespace. */
const placeholders: ReadonlySet<string> = new Set(['Unknown', 'container_namespace'])

function placeOf(line: Line, name: 'namespace' | 'pod'): string | null {
  const place = wordOf(line, name)
  return place === null || placeholders.has(place) ? null : place
}

/** Owners that are the workload itself. Of others (a ReplicaSet, a Job, the pod) the name changes: then the pod's name tells more. */
const workloads: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'ReplicationController'])

function workloadOf(line: Line): string | null {
  const owner = objectOf(fieldOf(line, 'owner'))
  const kind = textOf(owner?.['Ref']) ?? textOf(owner?.['ref']) ?? textOf(line.fields['OwnerRef'])
  if (kind === null || !workloads.has(kind)) return null
  return textOf(owner?.['Name']) ?? textOf(owner?.['name']) ?? textOf(line.fields['OwnerName'])
}

/** True only where the line's type says so; a network policy's line without a pod does not. */
function onHost({ type }: Line, place: string | null): boolean | null {
  if (place !== null) return false
  return type === 'MatchedHostPolicy' || type === 'HostLog' ? true : null
}
