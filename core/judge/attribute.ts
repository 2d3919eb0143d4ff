import type { Subject } from '../model/act.ts'

/** A declared workload, as far as attribution needs it. */
export type DeclaredWorkload = {
  readonly name: string
  readonly namespace: string | null
  readonly class: 'kubernetes' | 'vm' | 'serverless'
  readonly nodes: readonly string[] | null
}

/**
 * Whose act it was. `workload` null: it cannot be told, and so it concerns every declared workload that it could belong to.
 * `outside`: it belongs to something that the manifest does not speak of.
 */
export type Attribution =
  | { readonly outside: null; readonly namespace: string | null; readonly workload: string | null }
  | { readonly outside: 'other_namespace' | 'undeclared_workload' | 'host' }

/**
 * The sensor's own word first; else the longest declared workload name that prefixes the pod's name; else nobody in particular.
 * A missing field never narrows.
 */
export function attribute(subject: Subject, declared: readonly DeclaredWorkload[]): Attribution {
  const { namespace, workload, pod } = subject
  // Where only machines are declared, an event that names no container speaks of its machine.
  const onlyMachines = declared.every(({ class: kind }) => kind === 'vm')
  const inContainer = subject.onHost === false || subject.container !== null || pod !== null || namespace !== null
  if (subject.onHost === true || (onlyMachines && !inContainer)) return onHost(subject, declared)
  const here = namespace === null ? declared : declared.filter((candidate) => mayLiveIn(namespace, candidate))
  if (here.length === 0) return { outside: 'other_namespace' }
  const owners = workload === null ? ownersOf(pod, here) : here.filter(({ name }) => name === workload)
  if (workload !== null && owners.length === 0) return { outside: 'undeclared_workload' }
  const owner = onlyOne(owners, namespace)
  return { outside: null, namespace: owner?.namespace ?? namespace, workload: owner?.name ?? null }
}

/** The declared workloads that an unattributed behaviour could belong to. */
export function candidates<W extends DeclaredWorkload>(
  identity: { readonly namespace: string | null },
  declared: readonly W[],
): readonly W[] {
  return declared.filter((candidate) => identity.namespace === null || mayLiveIn(identity.namespace, candidate))
}

/** Who acts in a Kubernetes namespace is no machine; a declared workload without a namespace may be in any. */
function mayLiveIn(namespace: string, candidate: DeclaredWorkload): boolean {
  return candidate.namespace === namespace || (candidate.namespace === null && candidate.class !== 'vm')
}

function onHost(subject: Subject, declared: readonly DeclaredWorkload[]): Attribution {
  const machines = declared.filter(
    ({ class: kind, nodes }) => kind === 'vm' && (nodes === null || subject.node === null || nodes.includes(subject.node)),
  )
  const [only, ...others] = machines
  if (!only) return { outside: 'host' }
  return { outside: null, namespace: null, workload: others.length === 0 ? only.name : null }
}

/** The declared workloads with the longest name that prefixes the pod's. */
function ownersOf(pod: string | null, declared: readonly DeclaredWorkload[]): readonly DeclaredWorkload[] {
  const owners = declared.filter(({ name }) => pod !== null && (pod === name || pod.startsWith(`${name}-`)))
  const longest = Math.max(...owners.map(({ name }) => name.length))
  return owners.filter(({ name }) => name.length === longest)
}

/** Workloads of one name in several namespaces: the one of the act's own namespace, else it cannot be told which. */
function onlyOne(owners: readonly DeclaredWorkload[], namespace: string | null): DeclaredWorkload | undefined {
  const own = owners.filter((owner) => namespace !== null && owner.namespace === namespace)
  const [only, ...others] = own.length > 0 ? own : owners
  return others.length === 0 ? only : undefined
}
