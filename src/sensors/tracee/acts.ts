import type { Effect } from '../../../core/model/act.ts'
import type { JsonObject } from '../connector.ts'
import { countOf, integerOf, objectOf, textOf, type Field } from '../fields.ts'
import { argOf } from './args.ts'
import { isKnownSyscall, nothingRead, readNative, type Native, type Read } from './kinds.ts'
import type { Line } from './line.ts'

/** What a line says was done, what became of it, and the arguments of the event that this was read from. */
export type Done = Read & { readonly effect: Effect; readonly args: Field }

const nothingDone: Done = { ...nothingRead, effect: 'observed', args: undefined }
const MAX_CAUSES = 8

/**
 * The act behind a line. A detection's is that of the event which set it off, or which set that one off; a detection's own name and
 * description are never used: whoever writes a signature chooses them.
 */
export function doneOf(line: Line): Done {
  if (line.kind !== 'detection') return doneBy(nativeOf(line.name, line.id, line.data, line.returned, line.call))
  let cause = line.cause
  for (let depth = 0; cause !== null && depth < MAX_CAUSES; depth++) {
    const done = doneBy(causeOf(cause, line))
    // The detection repeats what it is about, under a name of its own, and not every build sends the cause's data along.
    if (done.action !== null) return done.target === null ? { ...done, target: againWith(cause, line).target } : done
    cause = objectOf(cause['parent'])
  }
  return nothingDone
}

function causeOf(cause: JsonObject, line: Line, data: Field = cause['data'] ?? cause['args']): Native | null {
  const name = textOf(cause['name']) ?? textOf(cause['event_name'])
  const id = line.dialect === 'classic' ? countOf(cause['id']) : null
  return nativeOf(name, id, data, cause['returnValue'] ?? argOf(data, 'returnValue'), line.call)
}

function againWith(cause: JsonObject, line: Line): Done {
  return doneBy(causeOf(cause, line, line.data))
}

/** System calls have the first numbers in the classic dialect; Tracee's own events start at 700. */
const FIRST_OTHER_ID = 512

function nativeOf(name: string | null, id: number | null, data: Field, returned: Field, call: string | null): Native | null {
  if (name === null) return null
  const isSyscall = isKnownSyscall(name) ?? (name === call || (id !== null && id < FIRST_OTHER_ID))
  return { name, data, returned, isSyscall, call }
}

function doneBy(native: Native | null): Done {
  const read = native === null ? null : readNative(native)
  return native === null || read === null ? nothingDone : { ...read, effect: effectOf(native), args: native.data }
}

const EPERM = -1
const EACCES = -13
const failures: ReadonlySet<string> = new Set(['process_execute_failed', 'process_execution_failed'])

/** Tracee only watches. What a system call returned tells whether the kernel said no; what a kernel function's event returns tells nothing. */
function effectOf({ name, returned, isSyscall }: Native): Effect {
  const code = isSyscall || failures.has(name) ? integerOf(returned) : null
  return code === EPERM || code === EACCES ? 'prevented' : 'observed'
}
