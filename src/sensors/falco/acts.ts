import type { Access, Action, Target } from '../../../core/model/act.ts'
import type { JsonObject } from '../connector.ts'
import { portOf } from '../fields.ts'
import { addressTarget, fileTarget } from '../subject.ts'
import { known } from './known.ts'

/** What a rule's fields say was done, and to what. `assumed`: the direction of a connection is a guess. */
export type Done = {
  readonly action: Action | null
  readonly target: Target | null
  readonly access: Access | null
  readonly assumed: boolean
}

const nothingDone: Done = { action: null, target: null, access: null, assumed: false }

/**
 * The act behind an alert: from `evt.type`, else from the file descriptor's own fields. A rule's name, its tags and its text are never
 * used: a rule may be called anything, and names of processes and files in the text are chosen by whoever runs them.
 */
export function doneOf(fields: JsonObject, source: string | null): Done {
  if (!isHostSource(source)) return nothingDone
  const type = known(fields['evt.type'])
  if (type === null) return byDescriptor(fields)
  const kind = kinds.get(type)
  if (kind !== undefined) return kind(fields, type)
  return pseudoEvents.has(type) ? nothingDone : bySyscall(fields, type)
}

/** Only system calls are acts on a host; other sources (audit logs) describe something else. falcosidekick writes `syscalls`. */
export function isHostSource(source: string | null): boolean {
  return source === null || source === 'syscall' || source === 'syscalls'
}

type Kind = (fields: JsonObject, type: string) => Done

const byExec: Kind = (fields) => {
  // A failed execve leaves the old program running: its path is not what was asked for.
  const failed = known(fields['evt.res']) !== null && known(fields['evt.res']) !== 'SUCCESS'
  const asked = known(fields['evt.arg.filename']) ?? known(fields['evt.arg.pathname'])
  const path = failed ? asked : (known(fields['proc.exepath']) ?? asked ?? known(fields['proc.name']))
  return { ...nothingDone, action: 'exec', target: fileTarget('binary', path, isCut(path)) }
}

const byOpen: Kind = (fields, type) => ({
  ...nothingDone,
  action: 'open',
  target: pathOf(fields),
  access: accessOf(fields) ?? accessByCall.get(type) ?? null,
})

const byChange: Kind = (fields) => ({ ...nothingDone, action: 'open', target: pathOf(fields), access: 'change' })

const bySyscall: Kind = (_fields, type) => ({ ...nothingDone, action: 'syscall', target: { type: 'syscall', name: type } })

const byPrivilege: Kind = (_fields, type) => ({
  ...nothingDone,
  action: 'privilege_change',
  target: { type: 'syscall', name: type },
})

const byOutgoing: Kind = (fields) => ({ ...nothingDone, action: 'connect', target: socketOf(fields, 'out') })
const byIncoming: Kind = (fields) => ({ ...nothingDone, action: 'connect', target: socketOf(fields, 'in') })
const byListening: Kind = (fields) => ({ ...nothingDone, action: 'connect', target: socketOf(fields, 'listen') })

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...entries(byExec, 'execve execveat'),
  ...entries(byOpen, 'open openat openat2 open_by_handle_at creat read pread preadv readv write pwrite pwritev writev'),
  ...entries(
    byChange,
    'chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat rename renameat renameat2 unlink unlinkat rmdir',
  ),
  ...entries(
    byChange,
    'mkdir mkdirat link linkat symlink symlinkat mknod mknodat truncate ftruncate setxattr lsetxattr fsetxattr',
  ),
  ...entries(byChange, 'removexattr lremovexattr fremovexattr utime utimes utimensat'),
  ...entries(byOutgoing, 'connect sendto sendmsg sendmmsg'),
  ...entries(byIncoming, 'accept accept4 recvfrom recvmsg recvmmsg'),
  ...entries(byListening, 'bind listen'),
  ...entries(byPrivilege, 'setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset'),
])

/** What Falco reports beside system calls: no act of a process. */
const pseudoEvents: ReadonlySet<string> = new Set(
  'container asyncevent pluginevent notification infra procinfo procexit switch signaldeliver page_fault drop k8s mesos tracer'.split(
    ' ',
  ),
)

const accessByCall: ReadonlyMap<string, Access> = new Map<string, Access>([
  ...'read pread preadv readv'.split(' ').map((call) => [call, 'read'] as const),
  ...'creat write pwrite pwritev writev'.split(' ').map((call) => [call, 'write'] as const),
])

function entries(kind: Kind, calls: string): readonly (readonly [string, Kind])[] {
  return calls.split(' ').map((call) => [call, kind])
}

/** Old and hand-written rules do not print the event's type; what kind of file was touched still shows. */
function byDescriptor(fields: JsonObject): Done {
  const name = known(fields['fd.name'])
  const type = known(fields['fd.typechar'])
  const isSocket = type === '4' || type === '6' || (type === null && name !== null && tuple.test(name))
  if (isSocket || (name === null && known(fields['fd.sip']) !== null)) {
    const direction = directionOf(fields)
    const target = socketOf(fields, direction ?? 'out')
    return { ...nothingDone, action: 'connect', target, assumed: direction === null }
  }
  // A name that is an absolute path is a file or a folder: sockets print a tuple, pipes and the like no path.
  if (name?.startsWith('/') !== true || (type !== null && type !== 'f' && type !== 'd')) return nothingDone
  return { ...nothingDone, action: 'open', target: pathOf(fields), access: accessOf(fields) }
}

function directionOf(fields: JsonObject): 'out' | 'in' | null {
  const port = portOf(fields['fd.sport'])
  if (port === null) return null
  if (portOf(fields['fd.rport']) === port) return 'out'
  return portOf(fields['fd.lport']) === port ? 'in' : null
}

const pathFields = [
  'fs.path.name',
  'fd.name',
  'evt.abspath',
  'fs.path.target',
  'evt.arg.target',
  'evt.arg.path',
  'evt.arg.pathname',
  'evt.arg.name',
  'evt.arg.filename',
  'evt.arg.newpath',
  'evt.arg.oldpath',
] as const

function pathOf(fields: JsonObject): Target | null {
  for (const field of pathFields) {
    const path = known(fields[field])
    if (path !== null) return fileTarget('path', path, isCut(path))
  }
  return null
}

function accessOf(fields: JsonObject): Access | null {
  if (isTrue(fields['evt.is_open_write']) || isTrue(fields['evt.is_open_create'])) return 'write'
  const flags = known(fields['evt.arg.flags']) ?? ''
  if (/\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)\b/.test(flags)) return 'write'
  return isTrue(fields['evt.is_open_read']) || /\bO_RDONLY\b/.test(flags) ? 'read' : null
}

function isTrue(value: JsonObject[string] | undefined): boolean {
  return value === true || value === 'true'
}

/** `client:port->server:port`, also for IPv6 whose address holds colons itself. */
const tuple = /^([0-9a-fA-F.:]{2,45}):(\d{1,5})->([0-9a-fA-F.:]{2,45}):(\d{1,5})$/
const unixPath = /(?:^|\s)(\/\S{1,4096})$/

/** The service's end of a connection; for an incoming one the peer's address with the service's port. */
function socketOf(fields: JsonObject, direction: 'out' | 'in' | 'listen'): Target | null {
  const name = known(fields['fd.name'])
  const [, client = null, , server = null, serverPort] = (name !== null && tuple.exec(name)) || []
  const unix = name === null ? null : unixPath.exec(name)
  if (unix && known(fields['fd.sip']) === null) return fileTarget('path', unix[1] ?? null, isCut(name))
  const serverAddress =
    known(fields['fd.sip']) ?? (direction === 'out' ? known(fields['fd.rip']) : known(fields['fd.lip'])) ?? server
  const peerAddress = known(fields['fd.cip']) ?? known(fields['fd.rip']) ?? client
  const port =
    portOf(fields['fd.sport']) ?? portOf(direction === 'out' ? fields['fd.rport'] : fields['fd.lport']) ?? portOf(serverPort)
  return addressTarget(direction, {
    address: direction === 'in' ? peerAddress : serverAddress,
    name: direction === 'in' || isCut(known(fields['fd.sip.name'])) ? null : known(fields['fd.sip.name']),
    port,
    protocol: known(fields['fd.l4proto']),
  })
}

/** falcosidekick's mark at the end of a text that it shortened. */
export const CUT = '[...]'

export function isCut(text: string | null): boolean {
  return text?.endsWith(CUT) === true
}
