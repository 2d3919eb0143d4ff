import type { Sighting } from '../model/behaviour.ts'
import { minuteMs, MINUTE_MS, minuteAt, type Minute } from '../model/time.ts'
import { sightingKey } from './merge.ts'

type Form = Omit<Sighting, 'minute' | 'count' | 'first' | 'last'>

/** Numbers of one row: its form, minute, count, and the nanoseconds of its first and last act within the minute. */
const WIDTH = 5
const SECOND = 1_000_000_000

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
 * folding holds. Five numbers each, exact: a minute's nanoseconds fit into a double.
 */
export class PastRows {
  private readonly forms: Forms
  private readonly rows: number[]

  constructor(forms: Forms, rows: number[] = []) {
    this.forms = forms
    this.rows = rows
  }

  get size(): number {
    return this.rows.length / WIDTH
  }

  /** Whether a sighting can be kept so: it has a time, and its end is not awaited. */
  static canKeep({ minute, first, last, toKill }: Sighting): boolean {
    return minute !== null && first !== null && last !== null && toKill === null
  }

  add(sighting: Sighting): void {
    const { minute, count, first, last } = sighting
    if (minute === null || first === null || last === null) throw new RangeError('only what has a time can be kept as a row')
    this.rows.push(this.forms.numberOf(sighting), minuteMs(minute) / MINUTE_MS, count, nanosWithin(first), nanosWithin(last))
  }

  /** Takes the sighting of that form and minute out again; null when there is none. */
  take(form: Form, minute: Minute): Sighting | null {
    const { rows } = this
    if (rows.length === 0) return null
    const [number, when] = [this.forms.numberOf(form), minuteMs(minute) / MINUTE_MS]
    // From the end: what comes late is most often a little late.
    for (let at = rows.length - WIDTH; at >= 0; at -= WIDTH) {
      if (rows[at + 1] !== when || rows[at] !== number) continue
      const found = this.sightingAt(at)
      rows.splice(at, WIDTH)
      return found
    }
    return null
  }

  *[Symbol.iterator](): Generator<Sighting, void, undefined> {
    for (let at = 0; at < this.rows.length; at += WIDTH) yield this.sightingAt(at)
  }

  /** None, of the same forms. */
  emptied(): PastRows {
    return new PastRows(this.forms)
  }

  copied(): PastRows {
    return new PastRows(this.forms, this.rows.slice())
  }

  private sightingAt(at: number): Sighting {
    const [number = 0, when = 0, count = 0, first = 0, last = 0] = this.rows.slice(at, at + WIDTH)
    const minute = minuteAt(when * MINUTE_MS)
    return { ...this.forms.at(number), minute, count, first: timeOf(minute, first), last: timeOf(minute, last) }
  }
}

function nanosWithin(time: string): number {
  return Number(time.slice(17, 19)) * SECOND + Number(time.slice(20, 29))
}

function timeOf(minute: Minute, nanos: number): string {
  const seconds = Math.floor(nanos / SECOND)
  return `${minute}:${String(seconds).padStart(2, '0')}.${String(nanos - seconds * SECOND).padStart(9, '0')}Z`
}
