import { RunproofError } from '../../../core/model/errors.ts'
import { readAddress } from './address-words.ts'
import type { NetworkEntry } from './network-entry.ts'
import { NONE } from './radix.ts'

export const NO_ADDRESS = -2

/** How many (range of ports × entry) pairs are laid out; a list whose ranges all overlap differently would need their square. */
const MAX_CELLS = 500_000

/**
 * For each stretch of ports that no entry divides the sorted, disjoint intervals of addresses with the first entry that holds each;
 * entries for every port lie in a table of their own.
 * @throws RunproofError `format.too_large` when the ranges of ports overlap in too many ways
 */
export function compileNetwork(entries: readonly NetworkEntry[]): NetworkSet {
  const indexed = entries.map(({ blocks, ports }, rule) => ({ blocks, ports, rule }))
  const everywhere = tableOf(indexed.filter(({ ports }) => ports.length === 0))
  const { cuts, tables } = byPorts(indexed.filter(({ ports }) => ports.length > 0))
  return new NetworkSet(everywhere, cuts, tables)
}

export class NetworkSet {
  readonly #everywhere: Table
  readonly #cuts: Int32Array
  readonly #tables: readonly Table[]

  constructor(everywhere: Table, cuts: Int32Array, tables: readonly Table[]) {
    this.#everywhere = everywhere
    this.#cuts = cuts
    this.#tables = tables
  }

  /** The first entry for the address and port, -1 for none, {@link NO_ADDRESS} when the text is no IP address. Makes nothing on the way. */
  find(address: string, port: number): number {
    const family = readAddress(address, words)
    if (family === 0) return NO_ADDRESS
    const table = this.#tables[stretchOf(this.#cuts, port)]
    const always = lookUp(this.#everywhere, family)
    const here = table === undefined ? NONE : lookUp(table, family)
    const best = here < always ? here : always
    return best === NONE ? -1 : best
  }
}

/** The address that is being looked up. */
const words = new Uint32Array(4)

type Indexed = NetworkEntry & { readonly rule: number }
/** Interval i of a family: the four words from 4i, inclusive. */
type Intervals = { readonly count: number; readonly first: Uint32Array; readonly last: Uint32Array; readonly rules: Int32Array }
type Table = { readonly v4: Intervals; readonly v6: Intervals }

function byPorts(entries: readonly Indexed[]): { readonly cuts: Int32Array; readonly tables: readonly Table[] } {
  const cuts = Int32Array.from(
    new Set([0, ...entries.flatMap(({ ports }) => ports.flatMap(({ from, to }) => [from, to + 1]))]),
  ).sort()
  const inside: Indexed[][] = Array.from(cuts, () => [])
  let cells = 0
  for (const entry of entries) {
    for (const { from, to } of entry.ports) {
      for (let stretch = stretchOf(cuts, from); stretch < cuts.length && (cuts[stretch] as number) <= to; stretch++) {
        if (++cells > MAX_CELLS) throw new RunproofError('format.too_large', 'the ranges of ports overlap in too many ways')
        inside[stretch]?.push(entry)
      }
    }
  }
  // Stretches with the same entries share their table.
  const known = new Map<string, Table>()
  const tables = inside.map((list) => {
    const key = list.map(({ rule }) => rule).join(' ')
    const table = known.get(key) ?? tableOf(list)
    known.set(key, table)
    return table
  })
  return { cuts, tables }
}

function stretchOf(cuts: Int32Array, port: number): number {
  let low = 0
  let high = cuts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((cuts[middle] as number) <= port) low = middle
    else high = middle
  }
  return low
}

function tableOf(entries: readonly Indexed[]): Table {
  const of = (family: 4 | 6): Intervals =>
    intervalsOf(
      entries.flatMap(({ blocks, rule }) =>
        blocks.filter((block) => block.family === family).map(({ first, last }) => ({ first, last, rule })),
      ),
    )
  return { v4: of(4), v6: of(6) }
}

/** Paints the line of addresses, the entries in their order, each only where nothing is painted yet. */
function intervalsOf(blocks: readonly { readonly first: bigint; readonly last: bigint; readonly rule: number }[]): Intervals {
  const edges = [...new Set(blocks.flatMap(({ first, last }) => [first, last + 1n]))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const indexOf = new Map(edges.map((edge, index) => [edge, index]))
  const colour = new Int32Array(edges.length).fill(NONE)
  /** The next piece at or after this one that is not painted. */
  const next = Int32Array.from({ length: edges.length + 1 }, (_, index) => index)
  const free = (from: number): number => {
    let at = from
    while (next[at] !== at) at = next[at] = next[next[at] as number] as number
    return at
  }
  for (const { first, last, rule } of blocks.toSorted((a, b) => a.rule - b.rule)) {
    const end = indexOf.get(last + 1n) ?? 0
    for (let piece = free(indexOf.get(first) ?? 0); piece < end; piece = free(piece)) {
      colour[piece] = rule
      next[piece] = piece + 1
    }
  }
  const pieces = [...colour.entries()].filter(([, rule]) => rule !== NONE)
  const [firsts, lasts] = [new Uint32Array(pieces.length * 4), new Uint32Array(pieces.length * 4)]
  for (const [at, [piece]] of pieces.entries()) {
    spread(edges[piece] ?? 0n, firsts, at * 4)
    spread((edges[piece + 1] ?? 0n) - 1n, lasts, at * 4)
  }
  return { count: pieces.length, first: firsts, last: lasts, rules: Int32Array.from(pieces, ([, rule]) => rule) }
}

function spread(value: bigint, into: Uint32Array, at: number): void {
  for (let word = 0; word < 4; word++) into[at + word] = Number((value >> BigInt(96 - 32 * word)) & 0xffffffffn)
}

function lookUp({ v4, v6 }: Table, family: 4 | 6): number {
  const intervals = family === 4 ? v4 : v6
  const { count, first, last, rules } = intervals
  if (count === 0) return NONE
  const start = family === 4 ? 3 : 0
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (reached(first, middle * 4, start)) low = middle + 1
    else high = middle
  }
  return low > 0 && !passed(last, (low - 1) * 4, start) ? (rules[low - 1] as number) : NONE
}

/** Whether the address is at the bound or beyond. The words before `start` are the same in every address of a family. */
function reached(bounds: Uint32Array, at: number, start: number): boolean {
  for (let word = start; word < 4; word++) {
    const bound = bounds[at + word] as number
    const own = words[word] as number
    if (own !== bound) return own > bound
  }
  return true
}

/** Whether the address is beyond the bound. */
function passed(bounds: Uint32Array, at: number, start: number): boolean {
  for (let word = start; word < 4; word++) {
    const bound = bounds[at + word] as number
    const own = words[word] as number
    if (own !== bound) return own > bound
  }
  return false
}
