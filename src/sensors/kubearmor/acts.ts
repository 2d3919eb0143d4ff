import type { Access, Action, Target } from '../../../core/model/act.ts'
import { fileTarget } from '../subject.ts'
import { detailOf, firstWord, valueOf, wordOf, type Line } from './line.ts'
import { networkOf, packetOf } from './network.ts'

/** What a line says was done, and to what. */
export type Done = { readonly action: Action | null; readonly target: Target | null; readonly access: Access | null }

const nothingDone: Done = { action: null, target: null, access: null }

/**
 * The act behind a line, from its operation and the system call or kernel hook in its data. What a process chooses itself (arguments,
 * names of files) is never searched for either.
 */
export function doneOf(line: Line): Done {
  const resource = wordOf(line, 'resource')
  const operation = wordOf(line, 'operation')
  const call = callOf(line, operation === 'Network' || operation === 'Capabilities' ? resource : null)
  switch (operation) {
    case 'Process':
      return call === null || execs.has(call) ? { ...nothingDone, action: 'exec', target: programOf(line) } : byCall(line, call)
    case 'File':
      return byFile(line, call, resource)
    case 'Network':
      return networkOf(line, call, resource) ?? bySyscall(call)
    case 'NetworkFirewall':
      return { ...nothingDone, action: 'connect', target: packetOf(line, resource) }
    case 'Capabilities':
      return { ...nothingDone, action: 'privilege_change', target: capabilityOf(resource) }
    case null:
    default:
      return byCall(line, call)
  }
}

const execs: ReadonlySet<string> = new Set(['execve', 'execveat', 'bprm_check'])
const opens: ReadonlySet<string> = new Set('open openat openat2 open_by_handle_at creat permission'.split(' '))
const changes: ReadonlySet<string> = new Set(
  (
    'chmod fchmod fchmodat chown lchown fchown fchownat rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat link linkat ' +
    'symlink symlinkat mknod mknodat truncate ftruncate setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr utime ' +
    'utimes utimensat'
  ).split(' '),
)
const privileges: ReadonlySet<string> = new Set(
  'setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset'.split(' '),
)

/** `syscall=SYS_UNLINKAT`, `lsm=FILE_UNLINK`, `kprobe=tcp_connect` → the call's plain name. Before 0.3 it stood in the resource. */
function callOf(line: Line, resource: string | null): string | null {
  const syscall = detailOf(line, 'syscall') ?? valueOf(resource, 'syscall')
  if (syscall !== null) return /^(?:SYS_)?(\w{1,64})$/.exec(syscall)?.[1]?.toLowerCase() ?? null
  const hook = detailOf(line, 'lsm') ?? detailOf(line, 'kprobe')
  if (hook === 'SOCKET_CREATE') return 'socket'
  return /^(?:SECURITY_)?(?:FILE_|SOCKET_)?(\w{1,64})$/.exec(hook ?? '')?.[1]?.toLowerCase() ?? null
}

/** An operation of its own name for no kind of act: what the call says. */
function byCall(line: Line, call: string | null): Done {
  if (call === null) return nothingDone
  const resource = wordOf(line, 'resource')
  if (execs.has(call)) return { ...nothingDone, action: 'exec', target: programOf(line) }
  if (resource !== null && (opens.has(call) || changes.has(call))) return byFile(line, call, resource)
  return bySyscall(call)
}

function bySyscall(call: string | null): Done {
  if (call === null) return nothingDone
  return {
    ...nothingDone,
    action: privileges.has(call) ? 'privilege_change' : 'syscall',
    target: { type: 'syscall', name: call },
  }
}

function byFile(line: Line, call: string | null, path: string | null): Done {
  if (path === null && call !== null) return bySyscall(call)
  const access = call !== null && changes.has(call) ? 'change' : accessOf(detailOf(line, 'flags'), call)
  return { action: 'open', target: fileTarget('path', path), access }
}

const writing = /\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)\b/

function accessOf(flags: string | null, call: string | null): Access | null {
  if (call === 'creat' || (flags !== null && writing.test(flags))) return 'write'
  return flags !== null && /\bO_RDONLY\b/.test(flags) ? 'read' : null
}

/** The program that was started. A preset (a program without a file, say) names it in the resource; the process is who started it. */
function programOf(line: Line): Target | null {
  const resource = firstWord(wordOf(line, 'resource'))
  const process = wordOf(line, 'process')
  const isPreset = wordOf(line, 'enforcer')?.startsWith('PRESET-') === true
  if (isPreset && resource !== null) return fileTarget('binary', resource)
  const isBare = process !== null && !process.startsWith('/') && resource?.startsWith('/') === true
  return fileTarget('binary', isBare ? resource : (process ?? resource))
}

/** `CAP_NET_RAW`, also from `net_raw` and from before 0.3 `capability=NET_RAW syscall=…`. */
function capabilityOf(resource: string | null): Target | null {
  const name = valueOf(resource, 'capability') ?? firstWord(resource)
  if (name === null || !/^\w{1,64}$/.test(name)) return null
  return { type: 'capability', name: `CAP_${name.toUpperCase().replace(/^CAP_/, '')}` }
}
