import type { JsonObject } from '../connector.ts'
import type { CurrentLine, Onlooker } from './current-line.ts'
import { MOST_SLOTS } from './learner.ts'
import { remember, type Make, type Memory } from './memory.ts'

/** So many parts are at hand; a power of two. */
const PLACES = 65_536
/** Words of four bytes to compare with; when they are used up, everything is forgotten. */
const KEPT = 2 * 1024 * 1024
/** What looks at more than this is made anew each time. */
const LONGEST = 4_096
/** Every so many tries it is seen whether remembering pays, which it does from a quarter of them on; else it rests for as many blocks. */
const BLOCK = 4_096
const REST = 16

/** What stands at a place, in this order: the hash of a key, the number of its way, where the key is kept and how many words it is. */
const FIELDS = 4
const [ID, OFFSET, LENGTH] = [1, 2, 3]

/** What a part looks at depends on what it sees there: so many ways are told apart, further ones are thrown together. */
const MOST_WAYS = 4

type Ending = { readonly slot: number; readonly ending: string }

/** What a part looks at in some lines of a form. */
type Way = {
  readonly id: number
  readonly slots: readonly number[]
  /** Texts of which only the ending is looked at. */
  readonly endings: readonly Ending[]
}

/** How a part is found in lines of one form, and whether remembering it pays. */
class Recipe {
  ways: readonly Way[] = []
  private tries = 0
  private hits = 0
  /** Tries to let pass. */
  private rest = 0

  get isResting(): boolean {
    if (this.rest > 0) {
      this.rest--
      return true
    }
    if (++this.tries < BLOCK) return false
    if (this.hits * 4 < this.tries) this.rest = REST * BLOCK
    this.tries = 0
    this.hits = 0
    return false
  }

  hit(): void {
    this.hits++
  }

  /**
   * The way that looks at just what was looked at; one that looks at more would find the part in fewer lines. `id` for a new one. When there
   * are too many, one that looks at more.
   */
  wayOf({ slots, endings }: Looks, id: () => number): Way {
    const covering = this.ways.filter((way) => covers(way, slots, endings))
    const known = covering.find((way) => way.slots.length === slots.length)
    if (known !== undefined) return known
    const last = this.ways[MOST_WAYS - 1]
    if (last !== undefined && covering[0] !== undefined) return covering[0]
    const added = last === undefined ? { id: id(), slots, endings } : joined(last, slots, endings, id())
    this.ways = [...this.ways.slice(0, MOST_WAYS - 1), added]
    return added
  }
}

function covers({ slots, endings }: Way, others: readonly number[], otherEndings: readonly Ending[]): boolean {
  const has = ({ slot, ending }: Ending): boolean =>
    slots.includes(slot) || endings.some((known) => known.slot === slot && known.ending === ending)
  return others.every((slot) => slots.includes(slot)) && otherEndings.every(has)
}

function joined(way: Way, slots: readonly number[], endings: readonly Ending[], id: number): Way {
  return { id, slots: [...new Set([...way.slots, ...slots])], endings: [...way.endings, ...endings] }
}

/** Notes down what is looked at while a part is made. */
class Looks implements Onlooker {
  slots: number[] = []
  endings: Ending[] = []
  /** The run in which a slot was looked at last. */
  private readonly seenIn = new Int32Array(MOST_SLOTS)
  private run = 0

  begin(): void {
    this.run++
    this.slots = []
    this.endings = []
  }

  slot(slot: number): void {
    if (this.seenIn[slot] === this.run) return
    this.seenIn[slot] = this.run
    this.slots.push(slot)
  }

  ending(slot: number, ending: string): void {
    this.endings.push({ slot, ending })
  }
}

/**
 * Events repeat: whoever made a part of a reading from some values of a line need not make it again from the same values. What a part looks
 * at is written down while it is made; lines of the same form that agree in the bytes of all of it get the same part.
 */
export class PartMemory {
  private readonly line: CurrentLine
  private readonly key = new Int32Array(LONGEST)
  private readonly looks = new Looks()
  /** Made with the first part. */
  private values: unknown[] = []
  private places = new Int32Array(0)
  private kept = new Int32Array(0)
  private used = 0
  private lastId = 0

  constructor(line: CurrentLine) {
    this.line = line
  }

  /** Makes parts of this event, which is the current line of its form, remembered. */
  serve(event: JsonObject): Memory {
    const recipes = new Map<Make<unknown>, Recipe>()
    const memory: Memory = {
      part: <T>(make: Make<T>): T => {
        const known = recipes.get(make)
        if (known !== undefined) return this.part(known, make, event)
        const recipe = new Recipe()
        recipes.set(make, recipe)
        return this.part(recipe, make, event)
      },
      isShared: true,
    }
    remember(event, memory)
    return memory
  }

  private part<T>(recipe: Recipe, make: Make<T>, event: JsonObject): T {
    // A part of a part: whoever makes the whole looks at what this one looks at.
    if (this.line.onlooker !== null || recipe.isResting) return make(event)
    for (const way of recipe.ways) {
      const length = this.writeKey(way)
      const place = length < 0 ? -1 : this.find(hashOf(this.key, length, way.id), way.id, length)
      if (place < 0) continue
      recipe.hit()
      return this.values[place] as T
    }
    const value = this.watched(make, event)
    this.keep(
      recipe.wayOf(this.looks, () => ++this.lastId),
      value,
    )
    return value
  }

  /** Writes what stands in the current line where the way looks, texts with their lengths; below zero when that is too much. */
  private writeKey({ slots, endings }: Way): number {
    const { line, key } = this
    const { starts, ends, view } = line
    let to = 0
    for (const slot of slots) {
      let at = starts[slot] ?? 0
      const end = ends[slot] ?? 0
      if (to + ((end - at) >> 2) + 2 > LONGEST) return -1
      key[to++] = end - at
      for (const last = end - 3; at < last; at += 4) key[to++] = view.getInt32(at, true)
      let rest = 0
      while (at < end) rest = (rest << 8) | view.getUint8(at++)
      key[to++] = rest
    }
    if (to + endings.length > LONGEST) return -1
    for (const { slot, ending } of endings) key[to++] = line.endsWith(slot, ending) ? 1 : 0
    return to
  }

  private find(hash: number, id: number, length: number): number {
    if (this.values.length === 0) return -1
    const first = hash & (PLACES - 1)
    if (this.isAt(first, hash, id, length)) return first
    return this.isAt(first ^ 1, hash, id, length) ? first ^ 1 : -1
  }

  private isAt(place: number, hash: number, id: number, length: number): boolean {
    const { key, kept, places } = this
    const at = place * FIELDS
    if (places[at] !== hash || places[at + ID] !== id || places[at + LENGTH] !== length) return false
    const offset = places[at + OFFSET] ?? 0
    for (let index = 0; index < length; index++) if (key[index] !== kept[offset + index]) return false
    return true
  }

  /** Makes the part and notes down what it looks at. */
  private watched<T>(make: Make<T>, event: JsonObject): T {
    this.looks.begin()
    this.line.onlooker = this.looks
    try {
      return make(event)
    } finally {
      this.line.onlooker = null
    }
  }

  private keep(way: Way, value: unknown): void {
    const length = this.writeKey(way)
    if (length < 0) return
    const hash = hashOf(this.key, length, way.id)
    if (this.values.length === 0) this.begin()
    if (this.used + length > KEPT) this.forget()
    const first = hash & (PLACES - 1)
    const place = this.isFree(first) || !this.isFree(first ^ 1) ? first : first ^ 1
    this.kept.set(this.key.subarray(0, length), this.used)
    this.values[place] = value
    this.places.set([hash, way.id, this.used, length], place * FIELDS)
    this.used += length
  }

  private isFree(place: number): boolean {
    return this.places[place * FIELDS + ID] === 0
  }

  private begin(): void {
    this.values = Array.from({ length: PLACES }, () => undefined)
    this.places = new Int32Array(PLACES * FIELDS)
    this.kept = new Int32Array(KEPT)
  }

  private forget(): void {
    this.values.fill(undefined)
    this.places.fill(0)
    this.used = 0
  }
}

function hashOf(key: Int32Array, length: number, id: number): number {
  let [odd, even] = [id, length]
  for (let index = 1; index < length; index += 2) {
    odd = Math.imul(odd ^ (key[index - 1] ?? 0), 0x9e37_79b1)
    even = Math.imul(even ^ (key[index] ?? 0), 0x85eb_ca6b)
    odd ^= odd >>> 13
    even ^= even >>> 15
  }
  if (length % 2 === 1) odd = Math.imul(odd ^ (key[length - 1] ?? 0), 0x9e37_79b1)
  const hash = odd ^ Math.imul(even, 0xc2b2_ae35)
  return hash ^ (hash >>> 16)
}
