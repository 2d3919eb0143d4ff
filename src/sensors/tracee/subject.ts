import type { Subject } from '../../../core/model/act.ts'
import { newPart, type Place } from '../act-parts.ts'
import { countOf, listOf, objectOf, textOf, uidOf } from '../fields.ts'
import { clip, clipAll, isPartial } from '../subject.ts'
import type { Done } from './acts.ts'
import { argOf, itemsOf, textArg } from './args.ts'
import type { Line } from './line.ts'

/** Which program acted, as whom. Where a program was started it is that one, and what the process ran until then its nearest ancestor. */
export function actorOf(line: Line, done: Done): Pick<Subject, 'uid' | 'executable' | 'executablePartial' | 'ancestors'> {
  const own = line.executable ?? (line.comm === '' ? null : line.comm)
  const executable = startedBy(done) ?? own
  return {
    uid: uidOf(line.uid),
    executable: clip(executable),
    executablePartial: executable !== null && isPartial(executable),
    ancestors: clipAll(ancestorsOf(line, done, own)),
  }
}

/** The program and its arguments, where one was started. */
export function commandLineIn(done: Done): string | null {
  return startedBy(done) === null ? null : commandLineOf(done)
}

function startedBy({ action, target }: Done): string | null {
  return action === 'exec' && target?.type === 'binary' ? target.path : null
}

/**
 * Neither generation names the node: `hostName` is a container's own name for itself, cut to 15 characters, and whoever may make a namespace
 * for it chooses it.
 */
export const instance = { sensor: 'tracee', node: null } as const

/** Where it acted. */
export function placeIn(line: Line): Place {
  return {
    ...newPart(),
    instance,
    cluster: null,
    node: null,
    namespace: clip(line.namespace),
    workload: null,
    pod: clip(line.pod),
    container: clip(line.container),
    image: clip(imageOf(line)),
    onHost: onHost(line),
  }
}

function imageOf({ image, imageDigest }: Line): string | null {
  return image === null || imageDigest === null || image.includes('@') ? image : `${image}@${imageDigest}`
}

/** The first PID namespace of every Linux since 3.8. */
const HOST_PID_NAMESPACE = 4_026_531_836

/**
 * False in a container; true only where the event says so by its PID namespace, or by one process id within and without. No container on
 * an event is no proof of the host: Tracee may not have learned of it, and an act must not leave the scope for that.
 */
function onHost(line: Line): boolean | null {
  const { container, pod, containerStarted, pidNamespace } = line
  if (container !== null || pod !== null) return false
  if (containerStarted) return null
  if (pidNamespace !== null && pidNamespace > 0) return pidNamespace === HOST_PID_NAMESPACE ? true : null
  const outer = countOf(line.hostPid)
  return outer !== null && outer > 0 && outer === countOf(line.pid) ? true : null
}

function commandLineOf({ args }: Done): string | null {
  const argv = argOf(args, 'argv') ?? argOf(args, 'binary.arguments')
  const words = itemsOf(argv).filter((word) => typeof word === 'string') as readonly string[]
  return words.length > 0 ? words.join(' ') : textOf(argv)
}

/** Ancestors come by number only, unless somebody enriched them. */
function ancestorsOf(line: Line, { action, target, args }: Done, own: string | null): readonly string[] {
  const found: string[] = []
  if (action === 'exec' && target?.type === 'binary') {
    const before = textArg(args, ['prev_comm']) ?? (own === target.path ? null : own)
    if (before !== null) found.push(before)
  }
  for (const ancestor of listOf(line.ancestors)) {
    const process = objectOf(ancestor)
    const name = textOf(objectOf(process?.['executable'])?.['path']) ?? textOf(objectOf(process?.['thread'])?.['name'])
    if (name !== null) found.push(name)
  }
  return found
}
