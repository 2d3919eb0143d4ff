import type { GoValue } from '../model/value.ts'
import { GossfileError } from './failure.ts'
import { jsonScalar } from './json.ts'
import { targetOf, type MapNode, type Node } from './node.ts'
import { Decoder } from './decode.ts'

/**
 * Go's `encoding/json` over the same nodes: numbers are float64, nothing is converted, and the first mistake of type is the one that is
 * told. `field` names what is being read for that message.
 */
export class JsonDecoder extends Decoder {
  override readonly ignoresCase = true
  #field: string | null = null

  /** Go goes on behind a fault, but it tells the first one alone. */
  override raise(fault: GossfileError): never {
    this.finish()
    throw fault
  }

  override reading(field: string | null): void {
    this.#field = field
  }

  override finish(): void {
    const [error] = this.errors
    if (error !== undefined) throw new GossfileError(error, this.place)
  }

  override wrongType(node: Node, goType: string): void {
    const plain = targetOf(node)
    const value = plain.kind === 'scalar' ? jsonKinds[plain.tag] : plain.kind === 'map' ? 'object' : 'array'
    const where = this.#field === null ? 'Go value' : `Go struct field ${this.#field}`
    this.note(node, `json: cannot unmarshal ${value} into ${where} of type ${goType}`)
  }

  override any(node: Node): GoValue {
    if (node.kind === 'scalar') return jsonScalar(node)
    if (node.kind === 'list') return node.items.map((item) => this.any(item))
    return new Map((node as MapNode).pairs.map(([key, value]) => [(key as { value: string }).value, this.any(value)]))
  }

  override string(node: Node): string | undefined {
    if (isNullNode(node)) return ''
    if (node.kind === 'scalar' && node.isQuoted) return node.value
    return this.refused(node, 'string')
  }

  override int(node: Node): bigint | undefined {
    if (isNullNode(node)) return 0n
    if (node.kind !== 'scalar' || node.tag !== '!!float') return this.refused(node, 'int')
    if (/^-?\d{1,19}$/.test(node.value)) return BigInt(node.value)
    this.note(
      node,
      `json: cannot unmarshal number ${node.value} into ${this.#field === null ? 'Go value' : `Go struct field ${this.#field}`} of type int`,
    )
    return undefined
  }

  override bool(node: Node): boolean | undefined {
    if (isNullNode(node)) return false
    if (node.kind === 'scalar' && node.tag === '!!bool') return node.value === 'true'
    return this.refused(node, 'bool')
  }

  override pairs(node: MapNode): readonly (readonly [Node, Node])[] {
    return node.pairs
  }
}

const jsonKinds: Readonly<Record<string, string>> = { '!!str': 'string', '!!float': 'number', '!!bool': 'bool' }

function isNullNode(node: Node): boolean {
  return node.kind === 'scalar' && node.tag === '!!null'
}
