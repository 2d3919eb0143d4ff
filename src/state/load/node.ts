/** A value of a gossfile with its place, before Go's types are laid over it. Rows and columns count from 1. */
export type Node = ScalarNode | MapNode | ListNode | AliasNode

export type ScalarNode = {
  readonly kind: 'scalar'
  /** `!!str`, `!!int` …; of an unquoted scalar what it resolves to, an explicit tag as written. */
  readonly tag: string
  readonly value: string
  /** Quoted or block text: never a number. */
  readonly isQuoted: boolean
  readonly isTagged: boolean
  readonly row: number
  readonly column: number
}

export type MapNode = {
  readonly kind: 'map'
  readonly tag: string
  readonly pairs: (readonly [key: Node, value: Node])[]
  readonly row: number
  readonly column: number
}

export type ListNode = {
  readonly kind: 'list'
  readonly tag: string
  readonly items: Node[]
  readonly row: number
  readonly column: number
}

export type AliasNode = {
  readonly kind: 'alias'
  readonly name: string
  readonly target: Node
  readonly row: number
  readonly column: number
}

/** What an alias stands for. An alias of an alias cannot be written. */
export function targetOf(node: Node): Exclude<Node, AliasNode> {
  return node.kind === 'alias' ? targetOf(node.target) : node
}

export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.tag === '!!null'
}
