import type { Access, Action, Target } from '../../../core/model/act.ts'
import { addressTarget, fileTarget } from '../subject.ts'
import type { Args } from './args.ts'

export type Done = { readonly action: Action | null; readonly target: Target | null; readonly access: Access | null }

const nothingDone: Done = { action: null, target: null, access: null }

/**
 * The act behind a kernel hook: a kprobe or LSM function, or a tracepoint as `subsys/event`. A hook that the table does not know and that
 * is no system call says nothing: its action is null, and only the policy's name tells what it is about.
 */
export function doneAt(hook: string | null, args: Args): Done {
  if (hook === null) return nothingDone
  const { name, isSyscall } = nameOf(hook)
  const kind = kinds.get(name)
  if (kind !== undefined) return kind(args, name)
  return isSyscall ? syscall(name) : nothingDone
}

/** `__x64_sys_openat` and `syscalls/sys_enter_openat` → `openat`. */
function nameOf(hook: string): { readonly name: string; readonly isSyscall: boolean } {
  const call =
    /^(?:__(?:x64|ia32|ia32_compat|arm64|se|do|s390x|riscv)_(?:compat_)?)?sys_(\w+)$/.exec(hook) ??
    /^syscalls\/sys_(?:enter|exit)_(\w+)$/.exec(hook)
  return call?.[1] === undefined ? { name: hook, isSyscall: false } : { name: call[1], isSyscall: true }
}

type Kind = (args: Args, name: string) => Done

const syscall = (name: string): Done => ({ ...nothingDone, action: 'syscall', target: { type: 'syscall', name } })

const byExec: Kind = ({ file, text }) => ({ ...nothingDone, action: 'exec', target: fileTarget('binary', file ?? text) })

const byOpen: Kind = ({ file, text, flags }) => ({
  action: 'open',
  target: fileTarget('path', file ?? text),
  access: flags[0] === undefined ? null : openAccess(flags[0]),
})

const touching =
  (access: Access | null): Kind =>
  ({ file, text }) => ({ action: 'open', target: fileTarget('path', file ?? text), access })

/** `MAY_WRITE` and `MAY_READ` of the kernel. */
const byPermission: Kind = ({ file, text, flags: [mask = 0] }) => ({
  action: 'open',
  target: fileTarget('path', file ?? text),
  access: (mask & 2) !== 0 ? 'write' : (mask & 4) !== 0 ? 'read' : null,
})

const byConnection =
  (direction: 'out' | 'in' | 'listen'): Kind =>
  ({ socket, text }) => ({ ...nothingDone, action: 'connect', target: endOf(socket, text, direction) })

const byPrivilege: Kind = ({ capability }, name) => ({
  ...nothingDone,
  action: 'privilege_change',
  target:
    capability === null ? { type: 'syscall', name: privilegeCalls.get(name) ?? name } : { type: 'capability', name: capability },
})

const as =
  (call: string): Kind =>
  () =>
    syscall(call)

/** A kernel function that stands for a system call is named after it, so that sensors agree. */
const privilegeCalls: ReadonlyMap<string, string> = new Map([
  ['security_task_fix_setuid', 'setuid'],
  ['task_fix_setuid', 'setuid'],
  ['security_task_fix_setgid', 'setgid'],
  ['task_fix_setgid', 'setgid'],
  ['security_capset', 'capset'],
])

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...hooks(byExec, 'execve execveat do_execve do_execveat do_execveat_common bprm_execve sched/sched_process_exec'),
  ...hooks(
    byExec,
    'security_bprm_check bprm_check_security security_bprm_creds_for_exec bprm_creds_for_exec security_bprm_creds_from_file',
  ),
  ...hooks(byOpen, 'open openat do_sys_open do_sys_openat2'),
  ...hooks(
    touching(null),
    'openat2 do_filp_open vfs_open fd_install security_file_open file_open security_mmap_file mmap_file security_inode_getattr',
  ),
  ...hooks(touching('write'), 'creat write pwrite64 pwritev writev vfs_write'),
  ...hooks(touching('read'), 'read pread64 preadv readv vfs_read security_kernel_read_file kernel_read_file'),
  ...hooks(byPermission, 'security_file_permission file_permission security_inode_permission inode_permission'),
  ...hooks(
    touching('change'),
    'chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat rename renameat renameat2 unlink unlinkat',
  ),
  ...hooks(
    touching('change'),
    'rmdir mkdir mkdirat link linkat symlink symlinkat mknod mknodat truncate ftruncate setxattr lsetxattr',
  ),
  ...hooks(
    touching('change'),
    'fsetxattr removexattr lremovexattr fremovexattr utimensat do_truncate vfs_truncate vfs_unlink vfs_rename',
  ),
  ...security(
    touching('change'),
    'path_truncate path_unlink path_rename path_mkdir path_rmdir path_mknod path_link path_symlink path_chmod path_chown',
  ),
  ...security(
    touching('change'),
    'inode_create inode_unlink inode_rename inode_mkdir inode_rmdir inode_link inode_symlink inode_setattr inode_setxattr',
  ),
  ...hooks(
    byConnection('out'),
    'connect sendto sendmsg sendmmsg tcp_connect tcp_v4_connect tcp_v6_connect udp_sendmsg udpv6_sendmsg',
  ),
  ...hooks(byConnection('out'), 'ip4_datagram_connect ip6_datagram_connect'),
  ...security(byConnection('out'), 'socket_connect socket_sendmsg'),
  ...hooks(byConnection('in'), 'accept accept4 inet_csk_accept security_socket_accept socket_accept'),
  ...hooks(byConnection('listen'), 'bind listen inet_bind inet6_bind inet_listen inet_csk_listen_start'),
  ...security(byConnection('listen'), 'socket_bind socket_listen'),
  ...hooks(
    byPrivilege,
    'setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset commit_creds cap_capable',
  ),
  ...security(byPrivilege, 'task_fix_setuid task_fix_setgid capset capable'),
  ...security(as('ptrace'), 'ptrace_access_check ptrace_traceme'),
  ...hooks(as('init_module'), 'do_init_module load_module find_module_sections module/module_load'),
  ...security(as('init_module'), 'kernel_module_request'),
  ...hooks(as('delete_module'), 'free_module module/module_free'),
  ...security(as('bpf'), 'bpf bpf_map bpf_prog bpf_map_alloc bpf_prog_alloc'),
  ...hooks(as('bpf'), 'bpf_check'),
  ...security(as('perf_event_open'), 'perf_event_alloc perf_event_open'),
  ...security(as('mount'), 'sb_mount move_mount'),
  ...security(as('umount2'), 'sb_umount'),
  ...security(as('pivot_root'), 'sb_pivotroot'),
])

function hooks(kind: Kind, names: string): readonly (readonly [string, Kind])[] {
  return names.split(' ').map((name) => [name, kind])
}

/** A hook of the security framework, as a kprobe (`security_…`) and as an LSM program. */
function security(kind: Kind, names: string): readonly (readonly [string, Kind])[] {
  return names.split(' ').flatMap((name) => [[`security_${name}`, kind] as const, [name, kind] as const])
}

/** The low two bits of open's flags: 0 is reading only. `O_CREAT` and `O_TRUNC` change the file in any mode. */
function openAccess(flags: number): Access {
  return (flags & 3) === 0 && (flags & 0o1100) === 0 ? 'read' : 'write'
}

/** The service's end; for an incoming connection the peer's address with the service's port. */
function endOf(socket: Args['socket'], text: string | null, direction: 'out' | 'in' | 'listen'): Target | null {
  if (socket === null) return text?.startsWith('/') === true ? fileTarget('path', text) : null
  if (socket.path !== null) return fileTarget('path', socket.path)
  return addressTarget(direction, {
    address: direction === 'listen' ? socket.localAddress : socket.remoteAddress,
    port: direction === 'out' ? socket.remotePort : socket.localPort,
    protocol: socket.protocol,
  })
}
