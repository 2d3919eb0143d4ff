import { inClass, loops, type GlobTrie } from './glob-trie.ts'
import { NONE } from './radix.ts'

/** Follows all ways through the automaton at once: a set of nodes, each once. */
export class Walker {
  readonly #trie: GlobTrie
  /** The round in which a node was last put into a set. */
  readonly #seen: Int32Array
  #round = 0
  #now: Int32Array
  #next: Int32Array
  #count = 0

  constructor(trie: GlobTrie) {
    this.#trie = trie
    this.#seen = new Int32Array(trie.size)
    this.#now = new Int32Array(trie.size)
    this.#next = new Int32Array(trie.size)
  }

  /** Where one is before the first character, sorted. */
  start(anchor: number): Int32Array {
    this.#open()
    this.#put(this.#trie.roots[anchor] as number)
    return this.#next.slice(0, this.#count).sort()
  }

  /** Where the character leads from these nodes, sorted. */
  step(members: Int32Array, code: number): Int32Array {
    this.#advance(members, members.length, code)
    return this.#next.slice(0, this.#count).sort()
  }

  find(members: Int32Array, text: string, from: number): number {
    const { atEnd, atOnce } = this.#trie
    this.#now.set(members)
    let count = members.length
    let best = lowest(atOnce, members)
    for (let at = from; at < text.length && count > 0;) {
      const code = codeAt(text, at)
      at += code > 0xffff ? 2 : 1
      this.#advance(this.#now, count, code)
      const spare = this.#now
      this.#now = this.#next
      this.#next = spare
      count = this.#count
      for (let i = 0; i < count; i++) best = Math.min(best, atOnce[this.#now[i] as number] as number)
    }
    for (let i = 0; i < count; i++) best = Math.min(best, atEnd[this.#now[i] as number] as number)
    return best
  }

  #advance(members: Int32Array, count: number, code: number): void {
    const { loop, edgeStart, edgeCodes, edgeTo, setStart, sets, setTo, classes } = this.#trie
    this.#open()
    for (let i = 0; i < count; i++) {
      const node = members[i] as number
      const stays = loop[node] as number
      if (stays === loops.any || (stays === loops.inSegment && code !== SLASH)) this.#put(node)
      const edge = indexOf(edgeCodes, edgeStart[node] as number, edgeStart[node + 1] as number, code)
      if (edge >= 0) this.#put(edgeTo[edge] as number)
      const last = setStart[node + 1] as number
      for (let s = setStart[node] as number; s < last; s++) {
        const characters = classes[sets[s] as number]
        if (characters && inClass(characters, code)) this.#put(setTo[s] as number)
      }
    }
  }

  #open(): void {
    this.#count = 0
    if (++this.#round < 0x7fffffff) return
    this.#seen.fill(0)
    this.#round = 1
  }

  /** The node and all that one reaches from it without a character; at most two steps follow one another for each wildcard. */
  #put(node: number): void {
    if (this.#seen[node] === this.#round) return
    this.#seen[node] = this.#round
    this.#next[this.#count++] = node
    const { skipStart, skips } = this.#trie
    const last = skipStart[node + 1] as number
    for (let s = skipStart[node] as number; s < last; s++) this.#put(skips[s] as number)
  }
}

/** The code point at a place. By hand: V8's own, optimised, takes what lies behind a cut text for the second half of its last character. */
export function codeAt(text: string, at: number): number {
  const high = text.charCodeAt(at)
  if ((high & 0xfc00) !== 0xd800 || at + 1 >= text.length) return high
  const low = text.charCodeAt(at + 1)
  return (low & 0xfc00) === 0xdc00 ? ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000 : high
}

/** The lowest rule that any of the nodes has. */
export function lowest(rules: Int32Array, members: Int32Array): number {
  let best = NONE
  for (const node of members) best = Math.min(best, rules[node] as number)
  return best
}

function indexOf(sorted: Int32Array, from: number, to: number, wanted: number): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >> 1
    const found = sorted[middle] as number
    if (found === wanted) return middle
    if (found < wanted) low = middle + 1
    else high = middle
  }
  return -1
}

const SLASH = 0x2f
