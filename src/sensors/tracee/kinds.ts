import type { Access, Action, Target } from '../../../core/model/act.ts'
import { countOf, textOf, type Field } from '../fields.ts'
import { clip, fileTarget } from '../subject.ts'
import { argOf, textArg } from './args.ts'
import { capabilityOf } from './capability.ts'
import { flowEnd, packetEnd, peerOf, type End } from './network.ts'

/** One event of Tracee's own: the line itself, or the one that set a detection off. */
export type Native = {
  readonly name: string
  readonly data: Field
  readonly returned: Field
  readonly isSyscall: boolean
  /** The system call within which it happened. */
  readonly call: string | null
}

/** What an event says was done. `assumed`: the direction of a connection is a guess. */
export type Read = {
  readonly action: Action | null
  readonly target: Target | null
  readonly access: Access | null
  readonly assumed: boolean
}
type Kind = (native: Native) => Read

/** No act, or none that we know. */
export const nothingRead: Read = { action: null, target: null, access: null, assumed: false }

/** Reads an event by its name; null for one that is no act, or that we do not know. A system call without a row is an act by its name. */
export function readNative(native: Native): Read | null {
  const kind = kinds.get(native.name)
  return kind !== undefined ? kind(native) : native.isSyscall ? bySyscall(native) : null
}

/** True or false for a name that the table has; null for any other. */
export function isKnownSyscall(name: string): boolean | null {
  return kinds.has(name) ? syscalls.has(name) : null
}

const programArgs = ['pathname', 'path', 'cmdpath', 'binary.path'] as const
const pathArgs = [
  'pathname',
  'file_path',
  'path',
  'new_path',
  'newpath',
  'linkpath',
  'file_name',
  'filename',
  'old_path',
  'oldpath',
] as const

const byExec: Kind = ({ data }) => ({
  ...nothingRead,
  action: 'exec',
  target: fileTarget('binary', textArg(data, programArgs)),
})

const bySyscall: Kind = ({ name }) => ({ ...nothingRead, action: 'syscall', target: named('syscall', name) })

const as =
  (call: string): Kind =>
  () => ({ ...nothingRead, action: 'syscall', target: { type: 'syscall', name: call } })

const byPrivilege: Kind = ({ name }) => ({ ...nothingRead, action: 'privilege_change', target: named('syscall', name) })

const byCapability: Kind = ({ data }) => {
  const capability = capabilityOf(argOf(data, 'cap'))
  return { ...nothingRead, action: 'privilege_change', target: capability === null ? null : named('capability', capability) }
}

function named(type: 'syscall' | 'capability', name: string): Target {
  return { type, name: clip(name) }
}

function byPath({ data }: Native, access: Access | null): Read {
  return { action: 'open', target: fileTarget('path', textArg(data, pathArgs)), access, assumed: false }
}

const byOpen: Kind = (native) => byPath(native, accessOf(argOf(native.data, 'flags')))

const touching =
  (access: Access | null): Kind =>
  (native) =>
    byPath(native, access)

/** A call that was given a descriptor says of itself that it was made, and no more. */
const byDescriptor: Kind = (native) => (textArg(native.data, pathArgs) === null ? bySyscall(native) : byPath(native, 'change'))

/** Flags as Tracee was told to print them: names, or open's number, whose low two bits are 0 for reading only. */
function accessOf(flags: Field): Access | null {
  const text = textOf(flags)
  if (text !== null && /\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)\b/.test(text)) return 'write'
  if (text !== null && /\bO_RDONLY\b/.test(text)) return 'read'
  const bits = countOf(flags)
  if (bits === null) return null
  return (bits & 3) === 0 && (bits & 0o1100) === 0 ? 'read' : 'write'
}

function connect({ target, assumed }: End): Read {
  return { action: 'connect', target, access: null, assumed }
}

/** A socket of another family (netlink, packets) or without a name reaches nobody by an address: that call was made, and no more. */
const bySocket =
  (call: string, direction: 'out' | 'in' | 'listen', isOptional = false): Kind =>
  (native) => {
    const peer = peerOf(native.data, direction)
    if (peer === null) return isOptional ? bySyscall(native) : connect({ target: null, assumed: false })
    return peer === 'unaddressed' ? as(call)(native) : connect({ target: peer, assumed: false })
  }

/** What a process hands to the kernel, so that the packet is on its way out while the call lasts. */
const sending: ReadonlySet<string> = new Set('connect sendto sendmsg sendmmsg write writev'.split(' '))

const byPacket: Kind = ({ name, data, call }) => connect(packetEnd(name, data, call !== null && sending.has(call)))
const byFlow: Kind = ({ name, data }) => connect(flowEnd(name, data))

const callKinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...events(byExec, 'execve execveat'),
  ...events(byOpen, 'open openat open_by_handle_at'),
  ...events(touching(null), 'openat2'),
  ...events(touching('write'), 'creat'),
  ...events(
    touching('change'),
    'chmod fchmodat fchmodat2 chown lchown fchownat rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat',
  ),
  ...events(
    touching('change'),
    'link linkat symlink symlinkat mknod mknodat truncate setxattr lsetxattr removexattr lremovexattr utime utimes',
  ),
  ...events(byDescriptor, 'fchmod fchown ftruncate fsetxattr fremovexattr utimensat futimesat'),
  ...events(bySocket('connect', 'out'), 'connect'),
  ...events(bySocket('bind', 'listen'), 'bind'),
  ...events(bySocket('accept', 'in'), 'accept accept4'),
  ...events(bySocket('sendto', 'out', true), 'sendto'),
  ...events(bySocket('recvfrom', 'in', true), 'recvfrom'),
  ...events(byPrivilege, 'setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset'),
  // Any other is known by its number or by standing as its own system call; of these a cause may give the name alone.
  ...events(
    bySyscall,
    'ptrace process_vm_readv process_vm_writev init_module finit_module delete_module bpf mount umount umount2',
  ),
  ...events(bySyscall, 'pivot_root move_mount mount_setattr setns unshare chroot kexec_load kexec_file_load perf_event_open'),
  ...events(bySyscall, 'userfaultfd memfd_create keyctl add_key request_key kill tgkill tkill prctl io_uring_setup mprotect'),
  ...events(bySyscall, 'socket listen dup dup2 dup3 clone clone3 fork vfork iopl ioperm reboot syslog setsockopt'),
])
const syscalls: ReadonlySet<string> = new Set(callKinds.keys())

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...callKinds,
  ...events(byExec, 'sched_process_exec security_bprm_check security_bprm_creds_for_exec call_usermodehelper'),
  ...events(byExec, 'process_execute_failed process_execution_failed'),
  ...events(byOpen, 'security_file_open'),
  ...events(touching(null), 'security_file_permission security_mmap_file do_mmap'),
  ...events(touching('read'), 'vfs_read vfs_readv shared_object_loaded load_elf_phdrs security_kernel_read_file'),
  ...events(touching('read'), 'security_kernel_post_read_file security_post_read_file'),
  ...events(touching('write'), 'vfs_write vfs_writev __kernel_write magic_write file_modification file_write'),
  ...events(touching('change'), 'security_inode_unlink security_inode_rename security_inode_symlink security_inode_mknod'),
  ...events(
    touching('change'),
    'security_path_chmod security_path_chown security_inode_setattr chmod_common vfs_utimes do_truncate',
  ),
  ...events(bySocket('connect', 'out'), 'security_socket_connect'),
  ...events(bySocket('bind', 'listen'), 'security_socket_bind'),
  ...events(bySocket('listen', 'listen'), 'security_socket_listen'),
  ...events(bySocket('accept', 'in'), 'security_socket_accept socket_accept'),
  ...events(byFlow, 'net_tcp_connect net_flow_tcp_begin net_flow_tcp_end net_flow_udp_begin net_flow_udp_end'),
  ...events(byPacket, 'net_packet_ipv4 net_packet_ipv6 net_packet_tcp net_packet_udp net_packet_icmp net_packet_icmpv6'),
  ...events(byPacket, 'net_packet_dns net_packet_dns_request net_packet_dns_response dns_request dns_response'),
  ...events(byPacket, 'net_packet_http net_packet_http_request net_packet_http_response'),
  ...events(byPrivilege, 'commit_creds'),
  ...events(byCapability, 'cap_capable'),
  ...events(as('socket'), 'security_socket_create'),
  ...events(as('setsockopt'), 'security_socket_setsockopt'),
  ...events(as('dup'), 'socket_dup'),
  ...events(as('bpf'), 'security_bpf security_bpf_map security_bpf_prog bpf_attach'),
  ...events(as('init_module'), 'do_init_module module_load'),
  ...events(as('delete_module'), 'module_free'),
  ...events(as('mount'), 'security_sb_mount'),
  ...events(as('umount2'), 'security_sb_umount'),
  ...events(as('mprotect'), 'security_file_mprotect mem_prot_alert'),
  ...events(as('prctl'), 'security_task_prctl'),
  ...events(as('prlimit64'), 'security_task_setrlimit'),
  ...events(as('clock_settime'), 'security_settime64'),
  ...events(as('chdir'), 'set_fs_pwd'),
])

function events(kind: Kind, names: string): readonly (readonly [string, Kind])[] {
  return names.split(' ').map((name) => [name, kind])
}
