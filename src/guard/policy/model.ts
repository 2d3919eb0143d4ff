import type { Mode } from '../model.ts'

export const matchings = ['strict', 'compat'] as const
export type Matching = (typeof matchings)[number]

export const enforcements = ['prevent', 'best_effort'] as const
export type Enforcement = (typeof enforcements)[number]

/**
 * A guard policy that is in force: what its documents say with `extends` resolved and the defaults of the top filled in, under the
 * document's own names (docs/formats/guard-policy.md). Plain JSON, so that it has one digest.
 */
export type GuardPolicy = {
  readonly version: string
  readonly mode: Mode
  readonly enforce: Enforcement
  readonly matching: Matching
  /** Keep refusing after the guard has ended: only in mode enforce, and only where the kernel can. */
  readonly persist: boolean
  /** By entry: the process's name. */
  readonly processes: Readonly<Record<string, ProcessPolicy>>
  readonly alerts: Alerts
}

/** A field that is absent restricts nothing; in `compat`, as ever, an absent `allowed_network` allows none. */
export type ProcessPolicy = {
  readonly description?: string
  /** Further names that the entry is for. */
  readonly names?: readonly string[]
  /** The entry is also for whatever such a process starts, unless that has an entry of its own. */
  readonly descendants?: boolean
  readonly allowed_exec?: readonly string[]
  readonly blocked_syscalls?: readonly string[]
  readonly allowed_files?: readonly string[]
  readonly blocked_files?: readonly string[]
  readonly allowed_network?: readonly string[]
  readonly blocked_network?: readonly string[]
  readonly max_memory_mb?: number
  readonly max_cpu_percent?: number
}

/** Where violations are told, beside the records: `log`, `file:PATH`, `webhook:URL`. */
export type Alerts = { readonly on_violation: readonly string[]; readonly on_critical: readonly string[] }

export type AlertTarget =
  | { readonly kind: 'log' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'webhook'; readonly url: string }

export const pathLists = ['allowed_exec', 'allowed_files', 'blocked_files'] as const
export type PathList = (typeof pathLists)[number]
export const networkLists = ['allowed_network', 'blocked_network'] as const
export type NetworkList = (typeof networkLists)[number]

/** What people can review; together with the limits of the YAML reader they bound what a hostile document can cost. */
export const policyLimits = {
  bytes: 4 * 1024 * 1024,
  processes: 1000,
  names: 64,
  entries: 10_000,
  /** Of all lists of a policy, after `extends`. */
  allEntries: 100_000,
  entryLength: 4096,
  nameLength: 255,
  extends: 8,
  documents: 32,
} as const
