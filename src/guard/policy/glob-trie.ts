import type { Token } from './path-pattern.ts'
import { NONE } from './radix.ts'

export type GlobRule = { readonly rule: number; readonly tokens: readonly Token[] }

export const loops = { none: 0, inSegment: 1, any: 2 } as const

/**
 * The globs of one list as one nondeterministic automaton in typed arrays. Globs that start alike share their nodes, so that ten
 * thousand of the form `**` + `/name` are in one loop and not in ten thousand.
 */
export type GlobTrie = {
  readonly size: number
  /** By anchor. */
  readonly roots: Int32Array
  /** What a node stays for. */
  readonly loop: Uint8Array
  /** Where it also is, without a character: `edge ε`, from `skipStart[n]` to `skipStart[n + 1]`. */
  readonly skipStart: Int32Array
  readonly skips: Int32Array
  /** Characters (sorted) and where they lead. */
  readonly edgeStart: Int32Array
  readonly edgeCodes: Int32Array
  readonly edgeTo: Int32Array
  /** Classes of characters, and where they lead: indices into `classes`. */
  readonly setStart: Int32Array
  readonly sets: Int32Array
  readonly setTo: Int32Array
  readonly classes: readonly CharacterClass[]
  /** The rule that matches when the text ends here, and the one that matches whatever follows. */
  readonly atEnd: Int32Array
  readonly atOnce: Int32Array
}

/** Never `/`, however it is written. */
export type CharacterClass = { readonly negated: boolean; readonly ranges: readonly (readonly [from: number, to: number])[] }

export function inClass({ negated, ranges }: CharacterClass, code: number): boolean {
  return code !== SLASH && ranges.some(([from, to]) => code >= from && code <= to) !== negated
}

/** One tree per anchor: the globs whose literal start is the same. */
export function buildTrie(anchors: readonly (readonly GlobRule[])[]): GlobTrie {
  const draft = new Draft()
  const roots = Int32Array.from(anchors, (rules) => {
    const root = draft.node(loops.none)
    for (const { rule, tokens } of rules) draft.add(root, tokens, rule)
    return root
  })
  return draft.packed(roots)
}

type DraftNode = {
  readonly loop: number
  /** Where it is too, without a character. */
  skips: number[] | null
  /** The first character that leads on; most nodes have no other. */
  code: number
  to: number
  more: Map<number, number> | null
  sets: { readonly set: number; readonly to: number }[] | null
  /** By what leads there: the nodes of wildcards, so that the next glob with the same one shares them. */
  wild: Map<string, number> | null
  atEnd: number
  atOnce: number
}

class Draft {
  readonly #nodes: DraftNode[] = []
  readonly #classes: CharacterClass[] = []
  readonly #classOf = new Map<string, number>()

  node(loop: number): number {
    const [skips, more, sets, wild] = [null, null, null, null]
    return this.#nodes.push({ loop, skips, code: -1, to: -1, more, sets, wild, atEnd: NONE, atOnce: NONE }) - 1
  }

  add(root: number, tokens: readonly Token[], rule: number): void {
    let at = root
    for (const token of tokens) {
      if (token.kind === 'rest') {
        this.#at(at).atOnce = Math.min(this.#at(at).atOnce, rule)
        return
      }
      at = this.#after(at, token)
    }
    this.#at(at).atEnd = Math.min(this.#at(at).atEnd, rule)
  }

  #at(index: number): DraftNode {
    return this.#nodes[index] as DraftNode
  }

  #after(at: number, token: Exclude<Token, { readonly kind: 'rest' }>): number {
    switch (token.kind) {
      case 'char':
        return this.#over(at, token.code)
      case 'one':
        return this.#set(at, { negated: true, ranges: [] })
      case 'class':
        return this.#set(at, token)
      case 'star':
        return this.#loop(at, 'star', loops.inSegment)
      case 'globstar':
        return this.#loop(at, 'globstar', loops.any)
      case 'folders':
        return this.#folders(at)
    }
  }

  #over(at: number, code: number): number {
    const node = this.#at(at)
    if (node.code === code) return node.to
    const known = node.more?.get(code)
    if (known !== undefined) return known
    const to = this.node(loops.none)
    if (node.code < 0) [node.code, node.to] = [code, to]
    else (node.more ??= new Map()).set(code, to)
    return to
  }

  #set(at: number, { negated, ranges }: CharacterClass): number {
    const key = `${negated ? '^' : ''}${ranges.map((range) => range.join('-')).join(',')}`
    return this.#shared(at, key, (node) => {
      const to = this.node(loops.none)
      ;(node.sets ??= []).push({ set: this.#class(key, { negated, ranges }), to })
      return to
    })
  }

  #class(key: string, characters: CharacterClass): number {
    const index = this.#classOf.get(key) ?? this.#classes.push(characters) - 1
    this.#classOf.set(key, index)
    return index
  }

  #loop(at: number, key: string, loop: number): number {
    return this.#shared(at, key, (node) => {
      const to = this.node(loop)
      ;(node.skips ??= []).push(to)
      return to
    })
  }

  /** Behind the folders one is at once, or after any slash while waiting within their names. */
  #folders(at: number): number {
    return this.#shared(at, 'folders', (node) => {
      const [within, behind] = [this.node(loops.any), this.node(loops.none)]
      const waiting = this.#at(within)
      ;[waiting.code, waiting.to] = [SLASH, behind]
      ;(node.skips ??= []).push(within, behind)
      return behind
    })
  }

  #shared(at: number, key: string, make: (node: DraftNode) => number): number {
    const node = this.#at(at)
    const known = node.wild?.get(key)
    if (known !== undefined) return known
    const to = make(node)
    ;(node.wild ??= new Map()).set(key, to)
    return to
  }

  packed(roots: Int32Array): GlobTrie {
    const nodes = this.#nodes
    const edges = nodes.map(edgesOf)
    const sets = nodes.map((node) => node.sets ?? [])
    const skips = nodes.map((node) => node.skips ?? [])
    return {
      size: nodes.length,
      roots,
      loop: Uint8Array.from(nodes, ({ loop }) => loop),
      skipStart: starts(skips),
      skips: Int32Array.from(skips.flat()),
      edgeStart: starts(edges),
      edgeCodes: Int32Array.from(edges.flat(), ([code]) => code),
      edgeTo: Int32Array.from(edges.flat(), ([, to]) => to),
      setStart: starts(sets),
      sets: Int32Array.from(sets.flat(), ({ set }) => set),
      setTo: Int32Array.from(sets.flat(), ({ to }) => to),
      classes: this.#classes,
      atEnd: Int32Array.from(nodes, ({ atEnd }) => atEnd),
      atOnce: Int32Array.from(nodes, ({ atOnce }) => atOnce),
    }
  }
}

function edgesOf({ code, to, more }: DraftNode): readonly (readonly [code: number, to: number])[] {
  if (code < 0) return []
  return more === null ? [[code, to]] : [[code, to] as const, ...more].sort(([a], [b]) => a - b)
}

/** Where each list starts when all of them lie one after another. */
function starts(lists: readonly (readonly unknown[])[]): Int32Array {
  const at = new Int32Array(lists.length + 1)
  for (const [n, list] of lists.entries()) at[n + 1] = (at[n] as number) + list.length
  return at
}

const SLASH = 0x2f
