import type { Subject } from '../../../core/model/act.ts'
import { countOf, listOf, objectOf, textOf, uidOf } from '../fields.ts'
import { clip, clipAll, COMMAND_LINE_LIMIT, isPartial } from '../subject.ts'
import type { Done } from './acts.ts'
import { argOf, itemsOf, textArg } from './args.ts'
import type { Line } from './line.ts'

/**
 * Who acted. Where a program was started it is that program, and what the process ran until then its nearest ancestor. No node: Tracee
 * names the machine as the process sees it, which whoever may make a namespace for it chooses.
 */
export function subjectOf(line: Line, done: Done): Subject {
  const own = line.executable ?? (line.comm === '' ? null : line.comm)
  const started = done.action === 'exec' && done.target?.type === 'binary' ? done.target.path : null
  const executable = started ?? own
  return {
    cluster: null,
    node: null,
    namespace: clip(line.namespace),
    workload: null,
    pod: clip(line.pod),
    container: clip(line.container),
    image: clip(imageOf(line)),
    onHost: onHost(line),
    pid: countOf(line.hostPid) || null,
    uid: uidOf(line.uid),
    executable: clip(executable),
    executablePartial: executable !== null && isPartial(executable),
    commandLine: started === null ? null : clip(commandLineOf(done), COMMAND_LINE_LIMIT),
    ancestors: clipAll(ancestorsOf(line, done, own)),
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
function onHost({ container, pod, containerStarted, pidNamespace, pid, hostPid }: Line): boolean | null {
  if (container !== null || pod !== null) return false
  if (containerStarted) return null
  if (pidNamespace !== null && pidNamespace > 0) return pidNamespace === HOST_PID_NAMESPACE ? true : null
  const outer = countOf(hostPid)
  return outer !== null && outer > 0 && outer === countOf(pid) ? true : null
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
