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

/** `attribute` for one manifest, asked once for each different subject. */
export function attributor(declared: readonly DeclaredWorkload[]): (subject: Subject) => Attribution {
  const owners = new Recall<Attribution>()
  const machines = declared.some(({ class: kind }) => kind === 'vm')
  return (subject) => {
    const key = subjectKey(subject, machines)
    return owners.get(key) ?? owners.set(key, attribute(subject, declared))
  }
}

/** All that `attribute` looks at. The pod matters where no workload is named, the node where machines are declared. */
export function subjectKey({ namespace, workload, pod, node, onHost, container }: Subject, machines: boolean): string {
  const place = onHost === null ? 'u' : onHost ? 'h' : 'c'
  const who = `${place}${spelled(namespace)}${spelled(workload)}`
  if (machines) return `${who}${container === null ? 'n' : 'c'}${spelled(pod)}${spelled(node)}`
  return workload === null ? `${who}${spelled(pod)}` : who
}

/** With its length before it, so that no two lists of texts are spelled alike; null differs from every text. */
export function spelled(text: string | null): string {
  return text === null ? '-' : `${text.length}:${text}`
}

/** All that decides whose act it was and which behaviour it is, as it was before it was normalised. */
type Remembered<V> = {
  readonly namespace: string | null
  readonly workload: string | null
  readonly pod: string | null
  readonly node: string | null
  readonly onHost: boolean | null
  readonly isContained: boolean
  readonly cluster: string | null
  readonly action: Act['action']
  readonly executable: string | null
  readonly target: Target | null
  readonly value: V
}

/** Acts that differ in nothing but their subject (pods of no named workload, say) and are remembered apart. */
const MOST_ALIKE = 16

/**
 * What was worked out for an act, found again without writing a key: by one text that it has, then field by field. Equal texts that were
 * read by the same reader are the same string, so that comparing them costs nothing.
 */
export class ActRecall<V> {
  private readonly machines: boolean
  private readonly byText = new Map<string, Remembered<V>[]>()
  private size = 0

  constructor(declared: readonly DeclaredWorkload[]) {
    this.machines = declared.some(({ class: kind }) => kind === 'vm')
  }

  get(act: Act): V | undefined {
    const alike = this.byText.get(textOf(act))
    if (alike === undefined) return undefined
    for (const known of alike) if (this.isSame(known, act)) return known.value
    return undefined
  }

  set(act: Act, value: V): V {
    if (this.size >= REMEMBERED) this.clear()
    const { namespace, workload, pod, node, onHost, container, cluster, executable } = act.subject
    const isContained = container !== null
    const { action, target } = act
    const known = { namespace, workload, pod, node, onHost, isContained, cluster, action, executable, target, value }
    const text = textOf(act)
    const alike = this.byText.get(text)
    if (alike === undefined) this.byText.set(text, [known])
    else if (alike.length < MOST_ALIKE) alike.push(known)
    else alike[this.size % MOST_ALIKE] = known
    this.size++
    return value
  }

  clear(): void {
    this.byText.clear()
    this.size = 0
  }

  /** The pod matters where no workload is named, the node where machines are declared, as for `attribute`. */
  private isSame(known: Remembered<V>, { action, subject, target }: Act): boolean {
    return (
      known.executable === subject.executable &&
      known.action === action &&
      known.workload === subject.workload &&
      known.namespace === subject.namespace &&
      known.cluster === subject.cluster &&
      known.onHost === subject.onHost &&
      (known.workload !== null && !this.machines ? true : known.pod === subject.pod) &&
      (!this.machines || (known.node === subject.node && known.isContained === (subject.container !== null))) &&
      isSameTarget(known.target, target)
    )
  }
}

/** One of the texts that tell acts apart best. */
function textOf({ target, subject }: Act): string {
  if (target === null) return subject.executable ?? ''
  if (target.type === 'binary' || target.type === 'path') return target.path
  return target.type === 'address' ? (target.address ?? target.name ?? '') : target.name
}

function isSameTarget(a: Target | null, b: Target | null): boolean {
  if (a === null || b === null) return a === b
  if (a.type === 'binary' || a.type === 'path') return a.type === b.type && a.path === b.path && a.partial === b.partial
  if (a.type !== 'address') return a.type === b.type && a.name === b.name
  return (
    b.type === 'address' &&
    a.address === b.address &&
    a.name === b.name &&
    a.port === b.port &&
    a.protocol === b.protocol &&
    a.direction === b.direction
  )
}
