import { alphabetOf, type Alphabet } from './alphabet.ts'
import { buildTrie, loops, type GlobRule, type GlobTrie } from './glob-trie.ts'
import { codeAt, lowest, Walker } from './glob-walker.ts'
import { NONE } from './radix.ts'

export type Globs = {
  /** The lowest rule of the anchor's globs that match the text from `at` to its end, else {@link NONE}. */
  readonly find: (anchor: number, text: string, at: number) => number
}

/** What one automaton may remember. 2^20 steps are 4 MiB; sets are what a step is worked out from. */
const LIMITS = { steps: 2 ** 20, states: 8192, members: 2 ** 20, forgottenAfter: 20_000 }
type Limits = Readonly<typeof LIMITS>

/**
 * Globs with a deterministic automaton that is worked out as far as texts ask for it: known steps are one look into a table, and make
 * nothing. Where its memory ends, texts are followed as sets of nodes, slower and just as right, until so many have been that it starts
 * afresh: a list that is written to defeat the table costs time per text in proportion to its size, never more.
 */
export function buildGlobs(anchors: readonly (readonly GlobRule[])[], limits: Partial<Limits> = {}): Globs {
  const automaton = new Automaton(buildTrie(anchors), { ...LIMITS, ...limits })
  return { find: (anchor, text, at) => automaton.find(anchor, text, at) }
}

const DEAD = 0
const UNKNOWN = -1
const FULL = -1
/** A state in which some glob matches whatever follows, and one that nothing but a slash changes. */
const MATCHES = 1
const WAITS = 2

class Automaton {
  readonly #trie: GlobTrie
  readonly #alphabet: Alphabet
  readonly #limits: Limits
  readonly #walker: Walker
  readonly #byMembers = new Map<string, number>()
  #members: Int32Array[] = []
  #held = 0
  #missed = 0
  /** By anchor: its first state, or -1. */
  readonly #starts: Int32Array
  #table = new Int32Array(0)
  #traits = new Uint8Array(0)
  #atEnd = new Int32Array(0)
  #atOnce = new Int32Array(0)

  constructor(trie: GlobTrie, limits: Limits) {
    this.#trie = trie
    this.#alphabet = alphabetOf(trie)
    this.#limits = limits
    this.#walker = new Walker(trie)
    this.#starts = new Int32Array(trie.roots.length)
    this.#forget()
  }

  find(anchor: number, text: string, from: number): number {
    let state = this.#starts[anchor] as number
    if (state < 0) state = this.#begin(anchor)
    if (state < 0) return this.#followed(this.#walker.start(anchor), text, from)
    const { size, ascii } = this.#alphabet
    const { length } = text
    let table = this.#table
    let traits = this.#traits
    let best = NONE
    let at = from
    while (state !== DEAD) {
      const trait = traits[state] as number
      if (trait === MATCHES) best = Math.min(best, this.#atOnce[state] as number)
      // Where only a slash leads on, the rest of the name is passed by.
      else if (trait === WAITS) while (at < length && text.charCodeAt(at) !== SLASH) at++
      if (at >= length) return Math.min(best, this.#atEnd[state] as number)
      const start = at
      const code = text.charCodeAt(at++)
      let letter: number
      if (code < 128) letter = ascii[code] as number
      else {
        const whole = codeAt(text, start)
        if (whole > 0xffff) at++
        letter = this.#alphabet.letterOf(whole)
      }
      let next = table[state * size + letter] as number
      if (next === UNKNOWN) {
        next = this.#grow(state, letter)
        if (next === FULL) return Math.min(best, this.#followed(this.#members[state] as Int32Array, text, start))
        table = this.#table
        traits = this.#traits
      }
      state = next
    }
    return best
  }

  #begin(anchor: number): number {
    const state = this.#intern(this.#walker.start(anchor))
    this.#starts[anchor] = state
    return state
  }

  #grow(state: number, letter: number): number {
    const members = this.#walker.step(this.#members[state] as Int32Array, this.#alphabet.sample[letter] as number)
    const next = this.#intern(members)
    if (next !== FULL) this.#table[state * this.#alphabet.size + letter] = next
    return next
  }

  /** The state of a set of nodes, a new one where there is room. */
  #intern(members: Int32Array): number {
    const key = members.join(' ')
    const known = this.#byMembers.get(key)
    if (known !== undefined) return known
    const { states, steps, members: most } = this.#limits
    const count = this.#members.length
    if (count >= states || (count + 1) * this.#alphabet.size > steps || this.#held + members.length > most) return FULL
    if (count >= this.#atEnd.length) this.#enlarge(Math.max(16, count * 2))
    this.#byMembers.set(key, count)
    this.#members.push(members)
    this.#held += members.length
    this.#atEnd[count] = lowest(this.#trie.atEnd, members)
    this.#atOnce[count] = lowest(this.#trie.atOnce, members)
    this.#traits[count] = this.#atOnce[count] !== NONE ? MATCHES : members.every((node) => this.#waits(node)) ? WAITS : 0
    return count
  }

  /** Any character but a slash leaves it where it is. */
  #waits(node: number): boolean {
    const { loop, edgeStart, edgeCodes, setStart } = this.#trie
    const edges = edgeStart[node] as number
    const onlySlash = edges === edgeStart[node + 1] || (edges + 1 === edgeStart[node + 1] && edgeCodes[edges] === SLASH)
    return loop[node] !== loops.none && onlySlash && setStart[node] === setStart[node + 1]
  }

  #enlarge(states: number): void {
    const table = new Int32Array(states * this.#alphabet.size).fill(UNKNOWN)
    table.set(this.#table)
    const [atEnd, atOnce] = [new Int32Array(states), new Int32Array(states)]
    atEnd.set(this.#atEnd)
    atOnce.set(this.#atOnce)
    const traits = new Uint8Array(states)
    traits.set(this.#traits)
    this.#table = table
    this.#traits = traits
    this.#atEnd = atEnd
    this.#atOnce = atOnce
  }

  #followed(members: Int32Array, text: string, at: number): number {
    const found = this.#walker.find(members, text, at)
    // Other texts than those it learnt from: what they need may fit.
    if (++this.#missed > this.#limits.forgottenAfter) this.#forget()
    return found
  }

  #forget(): void {
    this.#byMembers.clear()
    this.#members = []
    this.#held = 0
    this.#missed = 0
    this.#starts.fill(UNKNOWN)
    this.#table = new Int32Array(0)
    this.#traits = new Uint8Array(0)
    this.#atEnd = new Int32Array(0)
    this.#atOnce = new Int32Array(0)
    this.#intern(new Int32Array(0))
    this.#table.fill(DEAD, 0, this.#alphabet.size)
  }
}

const SLASH = 0x2f
