import type { Behaviour } from '../model/behaviour.ts'
import { workloadsOf } from './match.ts'
import type { Resolved } from './resolve.ts'

/** Shorter runs of hex digits are no container's id: Falco's short form has twelve. */
const hexRun = /(?<![0-9a-f])[0-9a-f]{12,64}(?![0-9a-f])/g
/** Whole, as Tetragon gives it outside Kubernetes, as it once did, and Falco's and Docker's short form. */
const idLengths = [64, 31, 24, 12] as const

/**
 * Ties the scope of a throttle (a cgroup's name, a container, `namespace/pod`) to the one declared workload that it can concern: by the
 * container ids and pods in the samples of what was seen of that workload. Null where nothing ties it, or more than one does: then it
 * may concern any, also one of which nothing else was seen.
 */
export function scopeTies(
  resolved: Pick<Resolved, 'workloads'>,
  behaviours: Iterable<Pick<Behaviour, 'identity' | 'samples'>>,
): (scope: string | null) => string | null {
  // Throttling is rare and behaviours are many: they are looked through when first a scope is asked for.
  let owners: ReadonlyMap<string, ReadonlySet<string>> | null = null
  return (scope) => {
    if (scope === null) return null
    owners ??= ownersOf(resolved, behaviours)
    const found = new Set(namesIn(scope).flatMap((name) => [...(owners?.get(name) ?? [])]))
    const [only, ...others] = found
    return only !== undefined && others.length === 0 ? only : null
  }
}

/** Container ids and pods → the workloads in whose samples they are. */
function ownersOf(
  resolved: Pick<Resolved, 'workloads'>,
  behaviours: Iterable<Pick<Behaviour, 'identity' | 'samples'>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const owners = new Map<string, Set<string>>()
  const own = (name: string, workload: string): void => void (owners.get(name) ?? fresh(owners, name)).add(workload)
  for (const { identity, samples } of behaviours) {
    const [workload, ...others] = identity.workload === null ? [] : workloadsOf(identity, resolved)
    if (workload === undefined || others.length > 0) continue
    for (const { container, pod } of samples) {
      if (container !== null && container.length >= 12) own(container.toLowerCase(), workload)
      if (pod !== null && identity.namespace !== null) own(`${identity.namespace}/${pod}`, workload)
    }
  }
  return owners
}

function namesIn(scope: string): string[] {
  const ids = scope.toLowerCase().match(hexRun) ?? []
  const pods = scope.split(/\s+/).filter((word) => word.includes('/'))
  return [...ids.flatMap((id) => idLengths.map((length) => id.slice(0, length))), ...pods]
}

function fresh(owners: Map<string, Set<string>>, name: string): Set<string> {
  const none = new Set<string>()
  owners.set(name, none)
  return none
}
