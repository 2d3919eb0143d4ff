import type { ViolationType } from '../model.ts'
import type { CompiledPolicy } from '../policy/compile.ts'
import type { Coverage, Tier } from '../probes/probe.ts'

/** What kinds of violation a policy speaks of at all. */
export function neededTypes({ processes, matching }: CompiledPolicy): readonly ViolationType[] {
  const some = (has: (process: CompiledPolicy['processes'][number]) => unknown): boolean =>
    processes.some((each) => has(each) !== null)
  const needed: readonly (readonly [ViolationType, boolean])[] = [
    ['exec', some(({ allowedExec }) => allowedExec)],
    ['syscall', some(({ blockedSyscalls }) => blockedSyscalls)],
    ['file', some(({ allowedFiles }) => allowedFiles) || some(({ blockedFiles }) => blockedFiles)],
    [
      'network',
      matching === 'compat' || some(({ allowedNetwork }) => allowedNetwork) || some(({ blockedNetwork }) => blockedNetwork),
    ],
    ['resource', some(({ maxMemoryMb }) => maxMemoryMb) || some(({ maxCpuPercent }) => maxCpuPercent)],
  ]
  return needed.filter(([, isNeeded]) => isNeeded).map(([type]) => type)
}

export type Shortfall = { readonly type: ViolationType; readonly tier: Tier }

/** What a policy needs to be prevented and a probe cannot prevent here. Limits of memory and time are nobody's to prevent: they end in a kill. */
export function notPrevented(policy: CompiledPolicy, { tiers }: Coverage): readonly Shortfall[] {
  return neededTypes(policy)
    .filter((type) => type !== 'resource' && tiers[type] !== 'prevent')
    .map((type) => ({ type, tier: tiers[type] }))
}
