import type { Sighting } from '../model/behaviour.ts'
import { minuteMs, MINUTE_MS, minuteAt, type Minute } from '../model/time.ts'
import { sightingKey } from './merge.ts'

type Form = Omit<Sighting, 'minute' | 'count' | 'first' | 'last'>

/**
 * Numbers of one row, 32 bits each: its form with the upper four bits of either time, its minute, its count, and the lower bits of the
 * times of its first and last act, in nanoseconds within the minute. There are never 2^24 forms: no map holds as many.
 */
const WIDTH = 5
const MOST = 2 ** 32
const SECOND = 1_000_000_000
/** Room for so many rows is made at first. */
const ROOM = 8
const NONE = new Uint32Array(0)

/** What sightings have in common but for when and how often, each once for a whole window. */
export class Forms {
  private readonly forms: Form[] = []
  private readonly numbers = new Map<string, number>()

  numberOf(sighting: Form): number {
    const key = sightingKey({ ...sighting, minute: null })
    const known = this.numbers.get(key)
    if (known !== undefined) return known
    const { class: kind, sensor, rule, severity, confidence, effect, access, actionTaken, toKill } = sighting
    this.numbers.set(key, this.forms.length)
    return this.forms.push({ class: kind, sensor, rule, severity, confidence, effect, access, actionTaken, toKill }) - 1
  }

  at(number: number): Form {
    const form = this.forms[number]
    if (form === undefined) throw new RangeError(`no form ${number}`)
    return form
  }
}

/**
 * Sightings of one behaviour in minutes that are over: a window of hours has one for each, and as objects they would be most of what
 * folding holds. Twenty bytes each, exact, where they do not weigh on the collection of garbage.
 */
export class PastRows {
  private readonly forms: Forms
  private rows: Uint32Array
  private count: number

  constructor(forms: Forms, rows: Uint32Array = NONE) {
    this.forms = forms
    this.rows = rows
    this.count = rows.length / WIDTH
  }

  get size(): number {
    return this.count
  }

  /** Whether a sighting can be kept so: it has a time, and its end is not awaited. */
  static canKeep({ minute, first, last, toKill, count }: Sighting): boolean {
    return minute !== null && first !== null && last !== null && toKill === null && count < MOST
  }

  add(sighting: Sighting): void {
    const { minute, count, first, last } = sighting
    if (minute === null || first === null || last === null) throw new RangeError('only what has a time can be kept as a row')
    const [from, to] = [nanosWithin(first), nanosWithin(last)]
    const at = WIDTH * this.count++
    if (at === this.rows.length) this.grow()
    const { rows } = this
    rows[at] = 256 * this.forms.numberOf(sighting) + 16 * Math.floor(from / MOST) + Math.floor(to / MOST)
    rows[at + 1] = minuteMs(minute) / MINUTE_MS
    rows[at + 2] = count
    rows[at + 3] = from % MOST
    rows[at + 4] = to % MOST
  }

  /** Takes the sighting of that form and minute out again; null when there is none. */
  take(form: Form, minute: Minute): Sighting | null {
    const { rows } = this
    if (this.count === 0) return null
    const [number, when] = [this.forms.numberOf(form), minuteMs(minute) / MINUTE_MS]
    // From the end: what comes late is most often a little late.
    for (let at = WIDTH * (this.count - 1); at >= 0; at -= WIDTH) {
      if (rows[at + 1] !== when || formOf(rows[at]) !== number) continue
      const found = this.sightingAt(at)
      rows.copyWithin(at, at + WIDTH, WIDTH * this.count--)
      return found
    }
    return null
  }

  *[Symbol.iterator](): Generator<Sighting, void, undefined> {
    for (let at = 0; at < WIDTH * this.count; at += WIDTH) yield this.sightingAt(at)
  }

  /** None, of the same forms. */
  emptied(): PastRows {
    return new PastRows(this.forms)
  }

  copied(): PastRows {
    return new PastRows(this.forms, this.rows.slice(0, WIDTH * this.count))
  }

  private grow(): void {
    const { rows } = this
    this.rows = new Uint32Array(Math.max(WIDTH * ROOM, WIDTH * Math.ceil((1.5 * rows.length) / WIDTH)))
    this.rows.set(rows)
  }

  private sightingAt(at: number): Sighting {
    const [head = 0, when = 0, count = 0, first = 0, last = 0] = this.rows.subarray(at, at + WIDTH)
    const minute = minuteAt(when * MINUTE_MS)
    const [from, to] = [first + MOST * ((head >>> 4) & 15), last + MOST * (head & 15)]
    return { ...this.forms.at(formOf(head)), minute, count, first: timeOf(minute, from), last: timeOf(minute, to) }
  }
}

function formOf(head = 0): number {
  return head >>> 8
}

function nanosWithin(time: string): number {
  return Number(time.slice(17, 19)) * SECOND + Number(time.slice(20, 29))
}

function timeOf(minute: Minute, nanos: number): string {
  const seconds = Math.floor(nanos / SECOND)
  return `${minute}:${String(seconds).padStart(2, '0')}.${String(nanos - seconds * SECOND).padStart(9, '0')}Z`
}
