import { RunproofError } from '../../../core/model/errors.ts'
import { jcs } from '../../../core/proof/jcs.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import type { Mode } from '../model.ts'
import { families } from './families.ts'
import { policyLimits, type GuardPolicy, type Matching, type NetworkList, type PathList, type ProcessPolicy } from './model.ts'
import { networkEntry, type NetworkEntry } from './network-entry.ts'
import { compileNetwork, type NetworkSet } from './network-set.ts'
import { pathForms, type PathForm } from './path-pattern.ts'
import { compilePaths, type PathSet } from './path-set.ts'
import { SyscallSet } from './syscall-set.ts'

/** A policy as checks ask it, and as sensors load it: every entry with what it stands for. */
export type CompiledPolicy = {
  readonly policy: GuardPolicy
  readonly digest: string
  readonly matching: Matching
  readonly mode: Mode
  /** In the order of the policy. */
  readonly processes: readonly CompiledProcess[]
  /**
   * The entry for a process: by its name, then by those of its ancestors, nearest first, whose entries are for descendants too. Names
   * may be paths of executables. Null: the policy does not list it.
   */
  readonly processFor: (name: string, ancestors?: readonly string[]) => CompiledProcess | null
}

export type CompiledProcess = {
  readonly name: string
  readonly index: number
  /** Every name that it is for, its own first. */
  readonly names: readonly string[]
  readonly descendants: boolean
  readonly policy: ProcessPolicy
  /** Null: the list is absent. */
  readonly allowedExec: List<PathSet, readonly PathForm[]> | null
  readonly allowedFiles: List<PathSet, readonly PathForm[]> | null
  readonly blockedFiles: List<PathSet, readonly PathForm[]> | null
  readonly allowedNetwork: List<NetworkSet, NetworkEntry> | null
  readonly blockedNetwork: List<NetworkSet, NetworkEntry> | null
  readonly blockedSyscalls: List<SyscallSet, readonly string[]> | null
  readonly maxMemoryMb: number | null
  readonly maxCpuPercent: number | null
}

/** `rules[i]`: what entry i is called in a violation; `stands[i]`: what it stands for. */
export type List<S, T> = {
  readonly set: S
  readonly count: number
  readonly rule: string
  readonly rules: readonly string[]
  readonly written: readonly string[]
  readonly stands: readonly T[]
}

/**
 * Makes a policy ready for checks.
 * @throws RunproofError `format.malformed` or `format.too_large`, naming the entry, for a policy that `readPolicy` would refuse
 */
export function compilePolicy(policy: GuardPolicy, options: { readonly matching?: Matching } = {}): CompiledPolicy {
  const matching = options.matching ?? policy.matching
  const processes = Object.entries(policy.processes).map(([name, process], index) =>
    compiledProcess(name, index, process, matching),
  )
  return { policy, digest: policyDigest(policy), matching, mode: policy.mode, processes, processFor: finder(processes) }
}

/** SHA-256 of the policy's RFC 8785 form: what is in force, whoever wrote it in whatever order. */
export function policyDigest(policy: GuardPolicy): string {
  return sha256Hex(jcs(policy))
}

function compiledProcess(name: string, index: number, policy: ProcessPolicy, matching: Matching): CompiledProcess {
  const paths = (list: PathList): CompiledProcess['allowedFiles'] =>
    listOf(
      name,
      list,
      policy[list],
      (entry) => pathForms(entry, matching),
      (stands) => compilePaths(withinLimits(stands)),
    )
  // The original never looked into an entry of a network list; what cannot be read stands for nothing there.
  const network = (list: NetworkList): CompiledProcess['allowedNetwork'] =>
    matching === 'compat'
      ? listOf(
          name,
          list,
          policy[list],
          () => ({ blocks: [], ports: [] }),
          () => compileNetwork([]),
        )
      : listOf(name, list, policy[list], networkEntry, compileNetwork)
  return {
    name,
    index,
    names: [...new Set([name, ...(policy.names ?? [])])],
    descendants: policy.descendants ?? false,
    policy,
    allowedExec: paths('allowed_exec'),
    allowedFiles: paths('allowed_files'),
    blockedFiles: paths('blocked_files'),
    allowedNetwork: network('allowed_network'),
    blockedNetwork: network('blocked_network'),
    blockedSyscalls: listOf(
      name,
      'blocked_syscalls',
      policy.blocked_syscalls,
      (entry) => syscallsOf(entry, matching),
      (_, entries) => new SyscallSet(entries, matching),
    ),
    maxMemoryMb: policy.max_memory_mb ?? null,
    maxCpuPercent: policy.max_cpu_percent ?? null,
  }
}

function listOf<S, T>(
  process: string,
  list: string,
  entries: readonly string[] | undefined,
  read: (entry: string) => T,
  compile: (stands: readonly T[], entries: readonly string[]) => S,
): List<S, T> | null {
  if (entries === undefined) return null
  const rule = `${process}.${list}`
  const naming = <R>(at: string, work: () => R): R => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof RunproofError)) throw error
      throw new RunproofError(error.code, `${at}: ${error.message}`, { cause: error })
    }
  }
  const stands = entries.map((entry, index) => naming(`${rule}[${index}] ${JSON.stringify(entry)}`, () => read(entry)))
  const set = naming(rule, () => compile(stands, entries))
  return { set, count: entries.length, rule, rules: entries.map((_, index) => `${rule}[${index}]`), written: entries, stands }
}

function syscallsOf(entry: string, matching: Matching): readonly string[] {
  const names = families(entry, matching)
  if (names.length === 0) throw new RunproofError('format.malformed', 'is no system call; see runproof guard check')
  return names
}

/** Braces make many entries of one: what they all become is bounded too. */
function withinLimits(entries: readonly (readonly PathForm[])[]): readonly (readonly PathForm[])[] {
  let [forms, characters] = [0, 0]
  for (const form of entries.flat()) {
    forms++
    characters += form.kind === 'glob' ? form.text.length + 8 * form.tokens.length : form.text.length
  }
  if (forms > 2 * policyLimits.entries || characters > policyLimits.bytes)
    throw new RunproofError('format.too_large', 'its entries and their alternatives are too many, or too long')
  return entries
}

/** As much of a name as the kernel keeps (TASK_COMM_LEN without its end), in bytes. */
const COMM_BYTES = 15

function finder(processes: readonly CompiledProcess[]): CompiledPolicy['processFor'] {
  const exact = new Map<string, CompiledProcess>()
  const cut = new Map<string, CompiledProcess>()
  for (const process of processes) {
    for (const name of process.names) {
      if (!exact.has(name)) exact.set(name, process)
      const short = commOf(name)
      if (short !== name && !cut.has(short)) cut.set(short, process)
    }
  }
  const byName = (name: string): CompiledProcess | null => exact.get(name) ?? cut.get(name) ?? byFile(exact, name)
  const inherited = processes.some(({ descendants }) => descendants)
  return (name, ancestors) => {
    const own = byName(name)
    if (own !== null || !inherited || ancestors === undefined) return own
    for (const ancestor of ancestors) {
      const process = byName(ancestor)
      if (process?.descendants) return process
    }
    return null
  }
}

/** A path stands for its file's name. */
function byFile(exact: ReadonlyMap<string, CompiledProcess>, name: string): CompiledProcess | null {
  const slash = name.lastIndexOf('/')
  return slash < 0 ? null : (exact.get(name.slice(slash + 1)) ?? null)
}

/** The name as the kernel cuts it where it knows no more than that. */
export function commOf(name: string): string {
  const bytes = new TextEncoder().encode(name)
  return bytes.length <= COMM_BYTES ? name : new TextDecoder().decode(bytes.subarray(0, COMM_BYTES))
}
