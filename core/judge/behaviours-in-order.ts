import type { Behaviour, Fingerprint } from '../model/behaviour.ts'

/** Behaviours as they come one after the other, each under its fingerprint. They are looked up only when somebody asks for one. */
export class BehavioursInOrder implements ReadonlyMap<Fingerprint, Behaviour> {
  private readonly all: readonly Behaviour[]
  #byPrint: ReadonlyMap<Fingerprint, Behaviour> | null = null

  /** No two of one fingerprint. */
  constructor(all: readonly Behaviour[]) {
    this.all = all
  }

  get size(): number {
    return this.all.length
  }

  get(fingerprint: Fingerprint): Behaviour | undefined {
    return this.#map().get(fingerprint)
  }

  has(fingerprint: Fingerprint): boolean {
    return this.#map().has(fingerprint)
  }

  forEach(act: (behaviour: Behaviour, fingerprint: Fingerprint, all: ReadonlyMap<Fingerprint, Behaviour>) => void): void {
    for (const behaviour of this.all) act(behaviour, behaviour.fingerprint, this)
  }

  keys(): MapIterator<Fingerprint> {
    return this.#map().keys()
  }

  values(): MapIterator<Behaviour> {
    return this.all.values()
  }

  entries(): MapIterator<[Fingerprint, Behaviour]> {
    return this.#map().entries()
  }

  [Symbol.iterator](): MapIterator<[Fingerprint, Behaviour]> {
    return this.entries()
  }

  #map(): ReadonlyMap<Fingerprint, Behaviour> {
    return (this.#byPrint ??= new Map(this.all.map((behaviour) => [behaviour.fingerprint, behaviour])))
  }
}
