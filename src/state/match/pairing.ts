/**
 * As many pairs of left and right as can be made where `fits(left, right)`, each used once (Hopcroft and Karp). Which of several best pairings
 * is taken shows in goss's missing elements, so the layers are walked in its order: from the left, in the order given, and back from the last.
 */
export function pair(
  left: number,
  right: number,
  fits: (left: number, right: number) => boolean,
): { readonly freeLeft: readonly number[]; readonly freeRight: readonly number[] } {
  const pairing = new Pairing(left, right, fits)
  pairing.solve()
  return { freeLeft: free(pairing.ofLeft), freeRight: free(pairing.ofRight) }
}

function free(partners: readonly number[]): readonly number[] {
  return partners.flatMap((partner, index) => (partner === -1 ? [index] : []))
}

class Pairing {
  readonly ofLeft: number[]
  readonly ofRight: number[]
  readonly #edges: readonly (readonly boolean[])[]

  constructor(left: number, right: number, fits: (left: number, right: number) => boolean) {
    this.ofLeft = Array<number>(left).fill(-1)
    this.ofRight = Array<number>(right).fill(-1)
    this.#edges = this.ofLeft.map((_, l) => this.ofRight.map((_, r) => fits(l, r)))
  }

  solve(): void {
    for (let paths = this.#paths(); paths.length > 0; paths = this.#paths()) for (const path of paths) this.#turn(path)
  }

  /** A path goes right, left, right … left: what was paired is parted, and the other way round. */
  #turn(path: readonly number[]): void {
    for (let at = 0; at + 1 < path.length; at += 2) {
      const [right = 0, left = 0] = path.slice(at, at + 2)
      this.ofLeft[left] = right
      this.ofRight[right] = left
    }
  }

  #paths(): readonly (readonly number[])[] {
    const layers = this.#layers()
    const used = [new Set<number>(), new Set<number>()] as const
    const found: number[][] = []
    for (const start of layers.at(-1) ?? []) {
      const path = this.#walk(start, layers.length - 1, layers, used)
      if (path !== null) found.push(path)
    }
    return found
  }

  #walk(
    node: number,
    level: number,
    layers: readonly (readonly number[])[],
    used: readonly [Set<number>, Set<number>],
  ): number[] | null {
    const [side, other] = level % 2 === 0 ? [used[0], used[1]] : [used[1], used[0]]
    side.add(node)
    if (level === 0) return [node]
    for (const next of layers[level - 1] ?? []) {
      if (other.has(next) || !this.#leads(node, next, level)) continue
      const rest = this.#walk(next, level - 1, layers, used)
      if (rest !== null) return [node, ...rest]
    }
    side.delete(node)
    return null
  }

  /** Odd levels are of the right and go on by an edge that is not taken, even ones by the taken edge. */
  #leads(node: number, next: number, level: number): boolean {
    if (level % 2 === 0) return this.ofLeft[node] === next
    return this.#edges[next]?.[node] === true && this.ofLeft[next] !== node
  }

  /** Layer 0 is the free left; the last layer holds the free right that was reached first; none where nothing can be reached. */
  #layers(): readonly (readonly number[])[] {
    const layers: number[][] = [free(this.ofLeft).slice()]
    const used = [new Set(layers[0]), new Set<number>()] as const
    if (layers[0]?.length === 0) return []
    for (;;) {
      const isRight = layers.length % 2 === 1
      const next = isRight ? this.#toRight(layers.at(-1) ?? [], used[1]) : this.#toLeft(layers.at(-1) ?? [], used[0])
      if (next.length === 0) return []
      const ends = isRight ? next.filter((right) => this.ofRight[right] === -1) : []
      layers.push(ends.length > 0 ? ends : next)
      if (ends.length > 0) return layers
    }
  }

  #toRight(from: readonly number[], used: Set<number>): number[] {
    const next: number[] = []
    for (const left of from)
      for (let right = 0; right < this.ofRight.length; right += 1) {
        if (used.has(right) || this.#edges[left]?.[right] !== true || this.ofLeft[left] === right) continue
        used.add(right)
        next.push(right)
      }
    return next
  }

  #toLeft(from: readonly number[], used: Set<number>): number[] {
    const next: number[] = []
    for (const right of from) {
      const left = this.ofRight[right] ?? -1
      if (left === -1 || used.has(left)) continue
      used.add(left)
      next.push(left)
    }
    return next
  }
}
