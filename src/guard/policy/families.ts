import type { GuardSeverity } from '../model.ts'
import type { Matching } from './model.ts'
import { syscall } from './syscalls.ts'

/**
 * What a name in `blocked_syscalls` stands for: the name itself and every other call that does the same, because a list with `fork`
 * alone misses what glibc's fork calls (clone). A word that is no call, `module`, stands for its family. `compat`: the name alone.
 * Empty for a name that no kernel knows. Names are compared without regard to case.
 */
export function families(name: string, matching: Matching = 'strict'): readonly string[] {
  const word = foldSyscall(name, matching)
  const family = matching === 'compat' ? undefined : FAMILIES.get(word)
  return family ?? (syscall(word) ? [word] : [])
}

/** Words that stand for a family and are no call themselves. */
export function familyWords(): readonly string[] {
  return [...FAMILIES.keys()].filter((word) => !syscall(word))
}

/**
 * The severity of a blocked call that was seen. In `compat` it depends on how the name is written, as it always did: only exact
 * lower-case names have one of their own.
 */
export function syscallSeverity(name: string, matching: Matching): GuardSeverity {
  if (matching === 'compat') return ORIGINAL_SEVERITIES.get(name) ?? 'MEDIUM'
  return SEVERITIES.get(foldSyscall(name, 'strict')) ?? 'MEDIUM'
}

/**
 * A name as it is compared: letters without regard to case. `compat` also takes the two characters beyond ASCII whose simple case
 * folding (Unicode, CaseFolding.txt) is an ASCII letter: U+017F for s and U+212A for k.
 */
export function foldSyscall(name: string, matching: Matching): string {
  if (/^[a-z0-9_]*$/.test(name)) return name
  const plain = matching === 'compat' ? name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k') : name
  return plain.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

const together = (...names: readonly string[]): readonly [string, readonly string[]][] => names.map((name) => [name, names])

/** docs/formats/guard-policy.md shows this table and says why. */
const FAMILIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['fork', ['fork', 'vfork', 'clone', 'clone3']],
  ['vfork', ['vfork', 'fork', 'clone', 'clone3']],
  ...(['exec', 'execve', 'fexecve'] as const).map((word): [string, readonly string[]] => [
    word,
    ['execve', 'execveat', 'memfd_create'],
  ]),
  ['execveat', ['execveat', 'execve', 'memfd_create']],
  ['ptrace', ['ptrace', 'process_vm_readv', 'process_vm_writev']],
  ['module', ['init_module', 'finit_module']],
  ...together('init_module', 'finit_module'),
  ['kexec', ['kexec_load', 'kexec_file_load']],
  ...together('kexec_load', 'kexec_file_load'),
  ['open', ['open', 'openat', 'openat2', 'creat', 'open_by_handle_at', 'io_uring_setup', 'io_uring_enter', 'io_uring_register']],
  ['io_uring', ['io_uring_setup', 'io_uring_enter', 'io_uring_register']],
  ...together('setuid', 'setreuid', 'setresuid', 'setfsuid'),
  ...together('setgid', 'setregid', 'setresgid', 'setfsgid', 'setgroups'),
  ['mount', ['mount', 'move_mount', 'fsmount', 'open_tree', 'open_tree_attr', 'mount_setattr']],
  ...together('unlink', 'unlinkat'),
  ['rmdir', ['rmdir', 'unlinkat']],
  ...together('rename', 'renameat', 'renameat2'),
  ...together('link', 'linkat'),
  ...together('symlink', 'symlinkat'),
  ...together('mkdir', 'mkdirat'),
  ...together('mknod', 'mknodat'),
  ...together('chmod', 'fchmod', 'fchmodat', 'fchmodat2'),
  ...together('chown', 'fchown', 'lchown', 'fchownat'),
])

const rated = (severity: GuardSeverity, ...names: readonly string[]): readonly [string, GuardSeverity][] =>
  names.map((name) => [name, severity])

const SEVERITIES: ReadonlyMap<string, GuardSeverity> = new Map([
  ...rated('CRITICAL', 'ptrace', 'process_vm_readv', 'process_vm_writev'),
  ...rated('CRITICAL', 'kexec_load', 'kexec_file_load'),
  ...rated('CRITICAL', 'init_module', 'finit_module', 'delete_module'),
  ...rated('HIGH', 'execve', 'execveat', 'memfd_create'),
  ...rated('HIGH', 'fork', 'vfork', 'clone', 'clone3'),
  // What the original rated like any other call although each of them gives away the host.
  ...rated('HIGH', 'setuid', 'setreuid', 'setresuid', 'setfsuid', 'setgid', 'setregid', 'setresgid', 'setfsgid', 'setgroups'),
  ...rated('HIGH', 'capset', 'bpf', 'unshare', 'setns', 'pivot_root', 'chroot', 'open_by_handle_at', 'pidfd_getfd'),
  ...rated('HIGH', 'mount', 'move_mount', 'fsmount', 'open_tree', 'open_tree_attr', 'mount_setattr', 'umount2'),
])

/** Reference of the original, §4.1 item 20: case-sensitive, everything else MEDIUM. */
const ORIGINAL_SEVERITIES: ReadonlyMap<string, GuardSeverity> = new Map([
  ...rated('CRITICAL', 'ptrace', 'process_vm_readv', 'process_vm_writev', 'kexec_load', 'init_module', 'finit_module'),
  ...rated('HIGH', 'execve', 'fork', 'clone'),
])
