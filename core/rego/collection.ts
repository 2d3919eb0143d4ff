import { compare } from './compare.ts'
import { keyOf, type Key } from './key.ts'
import { type Composite, isArray, type Value } from './value.ts'

export type Entry = readonly [key: Value, value: Value]

/** A set, iterated in OPA's order whatever the order of insertion. */
export class RegoSet {
  readonly #members = new Map<Key, Value>()
  #sorted: readonly Value[] | null = null

  static of(values: Iterable<Value>): RegoSet {
    const set = new RegoSet()
    for (const value of values) set.add(value)
    return set
  }

  get size(): number {
    return this.#members.size
  }

  /** Returns the work done, in steps: a nested value is written out to be recognised. */
  add(value: Value): number {
    const key = keyOf(value)
    if (!this.#members.has(key)) {
      this.#members.set(key, value)
      this.#sorted = null
    }
    return workOf(key)
  }

  has(value: Value): boolean {
    return this.#members.has(keyOf(value))
  }

  get(value: Value): Value | undefined {
    return this.#members.get(keyOf(value))
  }

  values(): readonly Value[] {
    this.#sorted ??= [...this.#members.values()].sort(compare)
    return this.#sorted
  }
}

/** An object that a policy builds: keys may be any value, and iterate in OPA's order. */
export class RegoObject {
  readonly #entries = new Map<Key, Entry>()
  #sorted: readonly Entry[] | null = null

  static of(entries: Iterable<Entry>): RegoObject {
    const object = new RegoObject()
    for (const [key, value] of entries) object.set(key, value)
    return object
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1]
  }

  has(key: Value): boolean {
    return this.#entries.has(keyOf(key))
  }

  /** Returns the work done, in steps. */
  set(key: Value, value: Value): number {
    const known = keyOf(key)
    this.#entries.set(known, [key, value])
    this.#sorted = null
    return workOf(known)
  }

  entries(): readonly Entry[] {
    this.#sorted ??= [...this.#entries.values()].sort(([a], [b]) => compare(a, b))
    return this.#sorted
  }
}

/** How many members a collection has. */
export function sizeOf(value: Composite): number {
  if (isArray(value)) return value.length
  return value instanceof RegoSet || value instanceof RegoObject ? value.size : Object.keys(value).length
}

const CHARACTERS_PER_STEP = 16

function workOf(key: Key): number {
  return typeof key === 'string' ? (key.length / CHARACTERS_PER_STEP) | 0 : 0
}
