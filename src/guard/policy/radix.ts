/** No rule: larger than every index, so that the lower one of two is their minimum. */
export const NONE = 0x7fffffff

/** A text with what ends there. Several may have the same text. */
export type RadixKey = {
  readonly text: string
  readonly kind: 'exact' | 'prefix' | 'glob'
  /** Of an exact text or a prefix: the rule. Of a glob: where its automaton starts. */
  readonly value: number
}

/**
 * A path-compressed tree of texts in typed arrays. What is known of a node lies together, in the fields of `at`, because a walk needs it
 * all and each array elsewhere is another line of the cache. The children of a node follow one another in the order of their first
 * characters, which are in `heads`. Characters are UTF-16 code units, each in a cell of its own: nothing is packed, so nothing collides.
 */
export type Radix = {
  readonly nodes: Int32Array
  readonly labels: Uint16Array
  readonly heads: Uint16Array
}

/** The fields of a node: it has the cells from `NODE * n` on. */
export const NODE = 8
export const at = { labelStart: 0, labelEnd: 1, prefix: 2, globs: 3, exact: 4, firstChild: 5, childCount: 6 } as const

/** Level by level over the sorted keys, so that the children of a node lie together. */
export function buildRadix(keys: readonly RadixKey[]): Radix {
  const sorted = [...keys].sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
  const nodes: Node[] = [{ from: 0, to: sorted.length, start: 0, end: 0 }]
  const links: { first: number; count: number; exact: number; prefix: number; globs: number }[] = []
  for (let n = 0; n < nodes.length; n++) {
    const { from, to, end } = nodes[n] as Node
    const link = { first: nodes.length, count: 0, exact: NONE, prefix: NONE, globs: -1 }
    let at = from
    for (; at < to && sorted[at]?.text.length === end; at++) settle(link, sorted[at] as RadixKey)
    while (at < to) {
      const child = childFrom(sorted, at, to, end)
      nodes.push(child)
      link.count++
      at = child.to
    }
    links.push(link)
  }
  return packed(sorted, nodes, links)
}

type Node = { readonly from: number; readonly to: number; readonly start: number; readonly end: number }

function settle(link: { exact: number; prefix: number; globs: number }, { kind, value }: RadixKey): void {
  if (kind === 'glob') link.globs = value
  else link[kind] = Math.min(link[kind], value)
}

/** The keys that go on with the same character, and how far they go on together. */
function childFrom(sorted: readonly RadixKey[], from: number, limit: number, start: number): Node {
  const first = sorted[from]?.text ?? ''
  const head = first.charCodeAt(start)
  let [low, high] = [from + 1, limit]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]?.text.charCodeAt(start) === head) low = middle + 1
    else high = middle
  }
  // In order, so what the first and the last have in common all have.
  const last = sorted[low - 1]?.text ?? ''
  let end = start + 1
  while (end < first.length && first.charCodeAt(end) === last.charCodeAt(end)) end++
  return { from, to: low, start, end }
}

function packed(
  sorted: readonly RadixKey[],
  nodes: readonly Node[],
  links: readonly { first: number; count: number; exact: number; prefix: number; globs: number }[],
): Radix {
  const labels = new Uint16Array(nodes.reduce((sum, { start, end }) => sum + end - start, 0))
  const heads = new Uint16Array(nodes.length)
  const cells = new Int32Array(nodes.length * NODE)
  let filled = 0
  for (const [n, { from, start, end }] of nodes.entries()) {
    const text = sorted[from]?.text ?? ''
    const { first, count, exact, prefix, globs } = links[n] as (typeof links)[number]
    heads[n] = text.charCodeAt(start)
    cells.set([filled, filled + end - start, prefix, globs, exact, first, count], n * NODE)
    for (let i = start; i < end; i++) labels[filled++] = text.charCodeAt(i)
  }
  return { nodes: cells, labels, heads }
}

/** The child that starts with the character, or -1. `cell`: where the node's fields are. */
export function childOf({ nodes, heads }: Radix, cell: number, head: number): number {
  let low = nodes[cell + at.firstChild] as number
  let high = low + (nodes[cell + at.childCount] as number)
  while (high - low > 4) {
    const middle = (low + high) >> 1
    if ((heads[middle] as number) <= head) low = middle
    else high = middle
  }
  for (; low < high; low++) if (heads[low] === head) return low
  return -1
}
