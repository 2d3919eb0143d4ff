import type { Attempt, GuardSeverity, ViolationType } from '../model.ts'
import type { CompiledProcess } from './compile.ts'
import { syscallSeverity } from './families.ts'
import type { Matching } from './model.ts'
import { NO_ADDRESS } from './network-set.ts'
import { isAbsolute, normalisePath } from './normalise-path.ts'

/** What a policy says against an attempt. */
export type Ruling = {
  readonly type: ViolationType
  /** `payments.blocked_files[2]`; the list's name where nothing in it matched. */
  readonly rule: string
  readonly severity: GuardSeverity
  readonly detail: string
}

/**
 * Null: nothing against it. `unresolved`: nothing against it as far as anybody knows, because what is meant cannot be said: a path
 * without its start, an address that is none.
 */
export type Outcome = Ruling | 'unresolved' | null

/** Blocked beats allowed; a list that is there and allows something denies the rest. */
export function rulingOnFile(process: CompiledProcess, path: string, matching: Matching): Outcome {
  const { blockedFiles, allowedFiles } = process
  if (blockedFiles === null && allowedFiles === null) return null
  const text = matching === 'strict' ? normalisePath(path) : path
  if (blockedFiles !== null) {
    const entry = blockedFiles.set.find(text)
    if (entry >= 0)
      return {
        type: 'file',
        rule: ruleAt(blockedFiles, entry),
        severity: 'HIGH',
        detail: `${path} is blocked by ${blockedFiles.written[entry]}`,
      }
  }
  if (allowedFiles === null || allowedFiles.count === 0 || allowedFiles.set.find(text) >= 0)
    return matching === 'strict' && !isAbsolute(path) ? 'unresolved' : null
  return { type: 'file', rule: allowedFiles.rule, severity: 'MEDIUM', detail: `${path} is not among the allowed files` }
}

/** In `compat` nothing: the original had no check of it. */
export function rulingOnExec(process: CompiledProcess, path: string, matching: Matching): Ruling | null {
  if (matching === 'compat') return null
  const { blockedSyscalls, allowedExec } = process
  if (blockedSyscalls !== null) {
    // A program cannot be run without the call.
    const entry = blockedSyscalls.set.find('execve')
    if (entry >= 0)
      return {
        type: 'exec',
        rule: ruleAt(blockedSyscalls, entry),
        severity: 'HIGH',
        detail: `${path} was to be run, and ${blockedSyscalls.written[entry]} is blocked`,
      }
  }
  if (allowedExec === null || allowedExec.count === 0 || allowedExec.set.find(normalisePath(path)) >= 0) return null
  return { type: 'exec', rule: allowedExec.rule, severity: 'HIGH', detail: `${path} is not among the programs that it may run` }
}

export function rulingOnSyscall(process: CompiledProcess, name: string, matching: Matching): Ruling | null {
  const { blockedSyscalls } = process
  if (blockedSyscalls === null) return null
  const entry = blockedSyscalls.set.find(name)
  if (entry < 0) return null
  const severity = syscallSeverity(name, matching)
  return {
    type: 'syscall',
    rule: ruleAt(blockedSyscalls, entry),
    severity,
    detail: `${name} is blocked by ${blockedSyscalls.written[entry]}`,
  }
}

/**
 * `strict`: an absent `allowed_network` restricts nothing, an empty one denies all. `compat`: absent and empty deny all, one entry of
 * whatever kind allows all, and nobody reads `blocked_network`.
 */
export function rulingOnNetwork(process: CompiledProcess, address: string, port: number, matching: Matching): Outcome {
  const { blockedNetwork, allowedNetwork, name } = process
  if (matching === 'compat') return allowedNetwork !== null && allowedNetwork.count > 0 ? null : noneAllowed(name, address, port)
  let unresolved = false
  if (blockedNetwork !== null && blockedNetwork.count > 0) {
    const entry = blockedNetwork.set.find(address, port)
    unresolved = entry === NO_ADDRESS
    if (entry >= 0)
      return {
        type: 'network',
        rule: ruleAt(blockedNetwork, entry),
        severity: 'HIGH',
        detail: `${placeText(address, port)} is blocked by ${blockedNetwork.written[entry]}`,
      }
  }
  if (allowedNetwork === null) return unresolved ? 'unresolved' : null
  if (allowedNetwork.count === 0) return noneAllowed(name, address, port)
  if (allowedNetwork.set.find(address, port) >= 0) return null
  return {
    type: 'network',
    rule: allowedNetwork.rule,
    severity: 'HIGH',
    detail: `${placeText(address, port)} is not among the allowed destinations`,
  }
}

/** What is exactly at the limit is within it. */
export function rulingOnMemory(process: CompiledProcess, megabytes: number): Ruling | null {
  const { maxMemoryMb: limit, name } = process
  if (limit === null || limit === 0 || !(megabytes > limit)) return null
  return {
    type: 'resource',
    rule: `${name}.max_memory_mb`,
    severity: 'HIGH',
    detail: `${megabytes} MB of memory, above the limit of ${limit} MB`,
  }
}

/** In `compat` nothing: the original never looked. */
export function rulingOnCpu(process: CompiledProcess, percent: number, matching: Matching): Ruling | null {
  const { maxCpuPercent: limit, name } = process
  if (matching === 'compat' || limit === null || limit === 0 || !(percent > limit)) return null
  return {
    type: 'resource',
    rule: `${name}.max_cpu_percent`,
    severity: 'HIGH',
    detail: `${percent} % of a CPU, above the limit of ${limit} %`,
  }
}

/** What the kernel found by means of its own (an inode, say), in the words that the policy's own check would have used. */
export function rulingOfKernel(rule: string, attempt: Attempt): Ruling {
  const type = attempt.type === 'memory' || attempt.type === 'cpu' ? 'resource' : attempt.type
  const severity =
    attempt.type === 'syscall' ? syscallSeverity(attempt.name, 'strict') : rule.endsWith('.allowed_files') ? 'MEDIUM' : 'HIGH'
  return { type, rule, severity, detail: `${subjectOf(attempt)} matched ${rule} in the kernel` }
}

function subjectOf(attempt: Attempt): string {
  switch (attempt.type) {
    case 'exec':
    case 'file':
      return attempt.path
    case 'syscall':
      return attempt.name
    case 'network':
      return placeText(attempt.address, attempt.port)
    case 'memory':
      return `${attempt.megabytes} MB of memory`
    case 'cpu':
      return `${attempt.percent} % of a CPU`
  }
}

function noneAllowed(name: string, address: string, port: number): Ruling {
  return {
    type: 'network',
    rule: `${name}.allowed_network`,
    severity: 'CRITICAL',
    detail: `${placeText(address, port)}, and no destination is allowed`,
  }
}

function placeText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function ruleAt({ rules, rule }: { readonly rules: readonly string[]; readonly rule: string }, entry: number): string {
  return rules[entry] ?? rule
}
