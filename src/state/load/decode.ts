import type { Place } from '../model/resource.ts'
import { typedAs, withKeys, type GoMap, type GoValue } from '../model/value.ts'
import { quoted } from '../template/quote.ts'
import { formatValue, noFlags, printV } from '../template/print.ts'
import { GossfileError } from './failure.ts'
import { isNull, targetOf, type AliasNode, type ListNode, type MapNode, type Node, type ScalarNode } from './node.ts'
import { resolveScalar } from './scalars.ts'

/** Below the first number of values nearly all may come from aliases, above the second hardly any: go-yaml's guard against bombs. */
const aliasRange = { from: 400_000, to: 4_000_000 }
/** A key that is repeated more often is only told for its first occurrences. */
const maxRepeats = 20

/** Lays Go's types over nodes. Mistakes of type are collected, as go-yaml does, and thrown together by `finish`. */
export class Decoder {
  /** Names of top-level keys match whatever their case. */
  readonly ignoresCase: boolean = false
  readonly errors: string[] = []
  readonly #file: string
  readonly #open = new Set<AliasNode>()
  readonly #pairs = new Map<MapNode, readonly (readonly [Node, Node])[] | undefined>()
  #values = 0
  #aliased = 0
  #first: { readonly row: number; readonly column: number } | null = null

  constructor(file: string) {
    this.#file = file
  }

  /** @throws GossfileError with every mistake of type that was met */
  finish(): void {
    if (this.errors.length === 0) return
    throw new GossfileError(`yaml: unmarshal errors:\n${this.errors.map((error) => `  ${error}`).join('\n')}`, this.place)
  }

  /** Where the first mistake is. */
  get place(): Place | null {
    return this.#first === null ? null : { file: this.#file, ...this.#first }
  }

  fault(node: Node, text: string): void {
    this.note(node, `line ${node.row}: ${text}`)
  }

  note(node: Node, text: string): void {
    this.#first ??= { row: node.row, column: node.column }
    this.errors.push(text)
  }

  /** Names the field that is read next, for messages that name it. */
  reading(_field: string | null): void {}

  wrongType(node: Node, goType: string): void {
    const plain = targetOf(node)
    const shown = plain.kind === 'scalar' ? ` \`${plain.value.length > 10 ? `${plain.value.slice(0, 7)}...` : plain.value}\`` : ''
    this.fault(plain, `cannot unmarshal ${plain.tag}${shown} into ${goType}`)
  }

  /** Into `interface {}`. */
  any(node: Node): GoValue {
    this.#count(node)
    if (node.kind === 'alias') return this.through(node, (target) => this.any(target))
    if (node.kind === 'scalar') return this.scalar(node)
    if (node.kind === 'list') return this.#list(node)
    return this.#map(node)
  }

  /** Into `string`: whatever was written, unresolved. Undefined: of another type, which was noted. */
  string(node: Node): string | undefined {
    const plain = targetOf(node)
    if (plain.kind !== 'scalar') return this.refused(plain, 'string')
    return isNull(plain) ? '' : plain.value
  }

  int(node: Node): bigint | undefined {
    const plain = targetOf(node)
    if (plain.kind !== 'scalar') return this.refused(plain, 'int')
    const value = this.scalar(plain)
    if (value === null) return 0n
    if (typeof value === 'bigint' && value < 2n ** 63n) return value
    if (typeof value === 'number' && value <= 2 ** 63 && !Number.isNaN(value)) return BigInt(Math.trunc(value))
    return this.refused(plain, 'int')
  }

  /** Into `bool`, where go-yaml takes the words of YAML 1.1 too, even quoted ones. */
  bool(node: Node): boolean | undefined {
    const plain = targetOf(node)
    if (plain.kind !== 'scalar') return this.refused(plain, 'bool')
    const value = this.scalar(plain)
    if (value === null) return false
    if (typeof value === 'boolean') return value
    if (typeof value === 'string' && yes.has(value)) return true
    if (typeof value === 'string' && no.has(value)) return false
    return this.refused(plain, 'bool')
  }

  strings(node: Node): readonly string[] | undefined {
    const plain = targetOf(node)
    if (isNull(plain)) return []
    if (plain.kind !== 'list') return this.refused(plain, '[]string')
    return plain.items.map((item) => this.string(item)).filter((item) => item !== undefined)
  }

  /** The resolved value of a scalar. */
  scalar(node: ScalarNode): GoValue {
    if (node.isQuoted && !node.isTagged) return node.value
    if (!node.isTagged) return resolveScalar(node.value).value
    return this.#tagged(node)
  }

  /** Keys and values of a map after merges, in order; `undefined`: its keys are not unique, which was noted. */
  pairs(node: MapNode): readonly (readonly [Node, Node])[] | undefined {
    if (!this.#pairs.has(node)) this.#pairs.set(node, this.#pairsOf(node))
    return this.#pairs.get(node)
  }

  #pairsOf(node: MapNode): readonly (readonly [Node, Node])[] | undefined {
    if (!this.#areUnique(node)) return undefined
    const merge = node.pairs.findLast(([key]) => isMerge(key))
    if (merge === undefined) return node.pairs
    return this.#merged(
      node.pairs.filter(([key]) => !isMerge(key)),
      merge[1],
    )
  }

  /** Follows an alias, refusing one that lies within what it stands for. */
  through<T>(alias: AliasNode, read: (target: Node) => T): T {
    if (this.#open.has(alias)) throw this.stop(`yaml: anchor '${alias.name}' value contains itself`, alias)
    this.#open.add(alias)
    try {
      return read(alias.target)
    } finally {
      this.#open.delete(alias)
    }
  }

  /** Ends the decoding with a fault that is no mistake of type. @throws GossfileError */
  raise(fault: GossfileError): never {
    throw fault
  }

  /** A fault that ends the decoding. */
  stop(text: string, node: Node): GossfileError {
    return new GossfileError(text, { file: this.#file, row: node.row, column: node.column })
  }

  refused(node: Node, goType: string): undefined {
    this.wrongType(node, goType)
    return undefined
  }

  #count(node: Node): void {
    this.#values += 1
    if (this.#open.size > 0) this.#aliased += 1
    if (this.#aliased <= 100 || this.#values <= 1000) return
    const share = (this.#values - aliasRange.from) / (aliasRange.to - aliasRange.from)
    const allowed = 0.99 - 0.89 * Math.min(Math.max(share, 0), 1)
    if (this.#aliased > allowed * this.#values) throw this.stop('yaml: document contains excessive aliasing', node)
  }

  #list(node: ListNode): GoValue {
    const values: GoValue[] = []
    for (const item of node.items) {
      const before = this.errors.length
      const value = this.any(item)
      if (this.errors.length === before) values.push(value)
    }
    return values
  }

  #map(node: MapNode): GoMap {
    const values = new Map<string, GoValue>()
    const keys = new Map<string, GoValue>()
    let isOfStrings = true
    for (const [name, item] of this.pairs(node) ?? []) {
      const key = this.any(name)
      if (typeof key === 'object' && key !== null && !('kind' in key)) {
        throw this.stop(`yaml: invalid map key: ${formatValue(key, 'v', { ...noFlags, sharpV: true })}`, name)
      }
      const text = typeof key === 'string' ? key : printV(key)
      if (targetOf(name).tag !== '!!str') isOfStrings = false
      keys.set(text, key)
      values.set(text, this.any(item))
    }
    return isOfStrings ? values : withKeys(typedAs(values, 'map[interface {}]interface {}'), keys)
  }

  /** Every pair of equal keys is told, in the order of the first of the two. */
  #areUnique(node: MapNode): boolean {
    if (new Set(node.pairs.map(([key]) => writtenName(key))).size === node.pairs.length) return true
    const seen = new Map<string, { readonly key: Node; readonly order: number }[]>()
    const found: { readonly first: number; readonly second: number; readonly key: Node; readonly text: string }[] = []
    node.pairs.forEach(([key], order) => {
      const name = writtenName(key)
      const value = name.slice(key.kind.length + 1)
      const earlier = seen.get(name) ?? []
      for (const before of earlier.slice(0, maxRepeats)) {
        const text = `mapping key ${quoted(value)} already defined at line ${before.key.row}`
        found.push({ first: before.order, second: order, key, text })
      }
      earlier.push({ key, order })
      seen.set(name, earlier)
    })
    for (const { key, text } of found.toSorted((a, b) => a.first - b.first || a.second - b.second)) this.fault(key, text)
    return found.length === 0
  }

  /** Keys of the map itself come first and win; then those of each merged map, the first of them winning. */
  #merged(own: readonly (readonly [Node, Node])[], merge: Node): readonly (readonly [Node, Node])[] {
    const taken = new Set(own.map(([key]) => nameOf(key)))
    const all = [...own]
    for (const source of this.#mergeSources(merge)) {
      for (const [key, value] of this.#pairsThrough(source)) {
        if (taken.has(nameOf(key))) continue
        taken.add(nameOf(key))
        all.push([key, value])
      }
    }
    return all
  }

  #mergeSources(merge: Node): readonly Node[] {
    const sources = merge.kind === 'list' ? merge.items : [merge]
    for (const source of sources) {
      const isMap = source.kind === 'map' || (source.kind === 'alias' && source.target.kind === 'map')
      if (!isMap) throw this.stop('yaml: map merge requires map or sequence of maps as the value', source)
    }
    return sources
  }

  #pairsThrough(source: Node): readonly (readonly [Node, Node])[] {
    this.#count(source)
    if (source.kind === 'alias') return this.through(source, (target) => this.#pairsThrough(target))
    return source.kind === 'map' ? (this.pairs(source) ?? []) : []
  }

  /** A scalar with an explicit tag: `!!str 1`, `!!float 1`, `!!binary …`; a tag of its own means text. */
  #tagged(node: ScalarNode): GoValue {
    if (node.tag === '!!binary') return binary(node, this)
    if (!resolvable.has(node.tag) || node.tag === '!!str') return node.value
    const { tag, value } = resolveScalar(node.value)
    if (tag === node.tag) return value
    if (node.tag === '!!float' && typeof value === 'bigint') return Number(value)
    throw this.stop(`yaml: cannot decode ${tag} \`${node.value}\` as a ${node.tag}`, node)
  }
}

const yes = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'])
const no = new Set(['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'])
const resolvable = new Set(['!!str', '!!bool', '!!int', '!!float', '!!null', '!!timestamp'])

function isMerge(key: Node): boolean {
  return key.kind === 'scalar' && key.value === '<<' && !key.isQuoted && (!key.isTagged || key.tag === '!!merge')
}

/** Keys that are written alike are one key. */
function writtenName(key: Node): string {
  return `${key.kind}:${key.kind === 'scalar' ? key.value : key.kind === 'alias' ? key.name : ''}`
}

function nameOf(key: Node): string {
  const plain = targetOf(key)
  return plain.kind === 'scalar' ? `${plain.tag === '!!str' ? 's' : plain.tag}:${plain.value}` : ''
}

function binary(node: ScalarNode, decoder: Decoder): string {
  const text = node.value.replaceAll(/[\r\n]/g, '')
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
  if (!isBase64) throw decoder.stop('yaml: !!binary value contains invalid base64 data', node)
  return Buffer.from(text, 'base64').toString('utf8')
}
