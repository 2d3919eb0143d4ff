import type { GuardPolicy, ProcessPolicy } from './model.ts'
import { VERSION, type PolicyDocument } from './schema.ts'

/**
 * A document with what it extends: bases first, in their order, then its own word. Blocked lists and names add up, so that nobody
 * loses a prohibition by building on it; whatever else a later document says replaces what an earlier one said.
 */
export function merged<D>(
  document: D,
  basesOf: (document: D) => readonly D[],
  contentOf: (document: D) => PolicyDocument,
): PolicyDocument {
  const done = new Map<D, PolicyDocument>()
  const resolve = (each: D): PolicyDocument => {
    const known = done.get(each)
    if (known) return known
    const result = [...basesOf(each).map(resolve), contentOf(each)].reduce(over, {})
    done.set(each, result)
    return result
  }
  return resolve(document)
}

/** What nobody said. */
export function withDefaults({ version, mode, enforce, matching, persist, processes, alerts }: PolicyDocument): GuardPolicy {
  return {
    version: version ?? VERSION,
    mode: mode ?? 'audit',
    enforce: enforce ?? 'best_effort',
    matching: matching ?? 'strict',
    persist: persist ?? false,
    processes: Object.fromEntries(Object.entries(processes ?? {}).map(([name, process]) => [name, withoutUndefined(process)])),
    alerts: { on_violation: alerts?.on_violation ?? [], on_critical: alerts?.on_critical ?? [] },
  }
}

function over(base: PolicyDocument, own: PolicyDocument): PolicyDocument {
  const names = [...new Set([...Object.keys(base.processes ?? {}), ...Object.keys(own.processes ?? {})])]
  const of = (document: PolicyDocument, name: string): ProcessDocument =>
    document.processes && Object.hasOwn(document.processes, name) ? (document.processes[name] ?? {}) : {}
  return {
    ...base,
    ...own,
    processes: Object.fromEntries(names.map((name) => [name, processOver(of(base, name), of(own, name))])),
    alerts: { ...base.alerts, ...own.alerts },
  }
}

type ProcessDocument = NonNullable<PolicyDocument['processes']>[string]

function processOver(base: ProcessDocument, own: ProcessDocument): ProcessDocument {
  const together: Record<string, readonly string[]> = {}
  for (const list of ['names', 'blocked_syscalls', 'blocked_files', 'blocked_network'] as const) {
    const [before, after] = [base[list], own[list]]
    if (before !== undefined && after !== undefined) together[list] = [...new Set([...before, ...after])]
  }
  return { ...base, ...own, ...together }
}

function withoutUndefined(process: ProcessDocument): ProcessPolicy {
  return Object.fromEntries(Object.entries(process).filter(([, value]) => value !== undefined)) as ProcessPolicy
}
