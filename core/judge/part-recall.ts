import type { ActParts, Note, Part, Subject } from '../model/act.ts'
import type { DeclaredWorkload } from './attribute.ts'
import { Recall, spelled, subjectKey } from './recall.ts'

/** Deeds of more kinds of subjects than these are forgotten and noted again. */
const MOST_SUBJECTS = 16
/** So many values are remembered; then all are forgotten. */
const REMEMBERED = 131_072

/**
 * What was worked out for a deed of a kind of subject, found again by the parts of the act themselves. Parts outlive a window: they hold only
 * where the value lies, not the value.
 */
export class PartRecall<V> {
  private readonly machines: boolean
  /** The author of the notes on parts; a new one takes no notice of what was noted before. */
  private author = {}
  private values: V[] = []
  /** One object for all places that are one to {@link attribute} and to an act's confidence. */
  private readonly subjects = new Recall<object>()

  constructor(declared: readonly DeclaredWorkload[]) {
    this.machines = declared.some(({ class: kind }) => kind === 'vm')
  }

  get({ deed, place }: ActParts): V | undefined {
    const whose = place.known
    if (whose === null || whose.by !== this.author) return undefined
    for (let note = deed.known; note !== null; note = note.next)
      if (note.of === whose.of && note.by === this.author) return this.values[note.at]
    return undefined
  }

  /** `subject` is that of an act of these parts. */
  set(subject: Subject, { deed, place }: ActParts, value: V): void {
    if (this.values.length >= REMEMBERED) this.clear()
    const of = this.whoseIs(subject, place)
    const next = deed.known?.by === this.author && lengthOf(deed.known) < MOST_SUBJECTS ? deed.known : null
    deed.known = { by: this.author, of, at: this.values.push(value) - 1, next }
  }

  clear(): void {
    this.author = {}
    this.values = []
  }

  private whoseIs(subject: Subject, place: Part): object {
    if (place.known?.by === this.author) return place.known.of
    const key = `${subjectKey(subject, this.machines)}${spelled(subject.cluster)}${subject.pod === null ? 'n' : 'p'}`
    const of = this.subjects.get(key) ?? this.subjects.set(key, {})
    place.known = { by: this.author, of, at: 0, next: null }
    return of
  }
}

function lengthOf(notes: Note): number {
  let length = 0
  for (let note: Note | null = notes; note !== null; note = note.next) length++
  return length
}
