import type { Act, Subject, Target } from '../model/act.ts'
import { attribute, type Attribution, type DeclaredWorkload } from './attribute.ts'

/** So many answers are remembered; then all are forgotten and worked out again. Some megabytes at most with texts of usual length. */
const REMEMBERED = 32_768

/** A map that forgets everything when it is full: what comes often is soon back. */
export class Recall<V> {
  private readonly known = new Map<string, V>()

  get(key: string): V | undefined {
    return this.known.get(key)
  }

  set(key: string, value: V): V {
    if (this.known.size >= REMEMBERED) this.known.clear()
    this.known.set(key, value)
    return value
  }

  clear(): void {
    this.known.clear()
  }
}

/** An attribution with a number of its own, so that it can be part of a key. */
export type Owner = { readonly id: number; readonly attributed: Attribution }

/** `attribute` for one manifest, asked once for each different subject. */
export function attributor(declared: readonly DeclaredWorkload[]): (subject: Subject) => Owner {
  const owners = new Recall<Owner>()
  const machines = declared.some(({ class: kind }) => kind === 'vm')
  let id = 0
  return (subject) => {
    const key = subjectKey(subject, machines)
    return owners.get(key) ?? owners.set(key, { id: id++, attributed: attribute(subject, declared) })
  }
}

/** All that `attribute` looks at. The pod matters where no workload is named, the node where machines are declared. */
function subjectKey({ namespace, workload, pod, node, onHost, container }: Subject, machines: boolean): string {
  const place = onHost === null ? 'u' : onHost ? 'h' : 'c'
  const who = `${place}${spelled(namespace)}${spelled(workload)}`
  if (machines) return `${who}${container === null ? 'n' : 'c'}${spelled(pod)}${spelled(node)}`
  return workload === null ? `${who}${spelled(pod)}` : who
}

/** All that the identity of an act is made of, as it was before it was normalised. */
export function actKey(owner: Owner, { action, subject: { cluster, executable }, target }: Act): string {
  return `${owner.id}/${spelled(cluster)}${spelled(action)}${spelled(executable)}${targetKey(target)}`
}

function targetKey(target: Target | null): string {
  if (target === null) return '-'
  if (target.type === 'binary' || target.type === 'path') return `${target.type}${target.partial ? '~' : '='}${target.path}`
  if (target.type !== 'address') return `${target.type}=${target.name}`
  const { address, name, port, protocol, direction } = target
  return `${direction}${spelled(address)}${spelled(name)}${spelled(protocol)}${port ?? '-'}`
}

/** With its length before it, so that no two lists of texts are spelled alike; null differs from every text. */
function spelled(text: string | null): string {
  return text === null ? '-' : `${text.length}:${text}`
}
