import type { Sighting } from '../model/behaviour.ts'
import { sightingKey } from './merge.ts'

/** The sightings of a behaviour that was seen in one way alone, as most are: a map of one entry that makes its key when asked for it. */
export class OneSighting implements ReadonlyMap<string, Sighting> {
  readonly size = 1
  private readonly only: Sighting

  constructor(only: Sighting) {
    this.only = only
  }

  get(key: string): Sighting | undefined {
    return this.has(key) ? this.only : undefined
  }

  has(key: string): boolean {
    return key === sightingKey(this.only)
  }

  forEach(act: (sighting: Sighting, key: string, all: ReadonlyMap<string, Sighting>) => void): void {
    act(this.only, sightingKey(this.only), this)
  }

  keys(): MapIterator<string> {
    return [sightingKey(this.only)].values()
  }

  values(): MapIterator<Sighting> {
    return [this.only].values()
  }

  entries(): MapIterator<[string, Sighting]> {
    const only: [string, Sighting] = [sightingKey(this.only), this.only]
    return [only].values()
  }

  [Symbol.iterator](): MapIterator<[string, Sighting]> {
    return this.entries()
  }
}
