import type { JsonObject } from '../connector.ts'
import { CurrentLine, DOUBTFUL_DIGITS } from './current-line.ts'
import { formOf, type Form, type Part, type SlotKind } from './learner.ts'
import type { Limits } from './limits.ts'
import { PartMemory } from './part-memory.ts'
import { isSame } from './text-pool.ts'

const QUOTE = 0x22
const MINUS = 0x2d
const ZERO = 0x30
const BACKSLASH = 0x5c

/** What is written up to the next slot, and what stands in that. Siblings are what else was seen in this place. */
type Step = {
  /** Where its bytes are kept, and how many they are. */
  readonly offset: number
  readonly length: number
  readonly kind: SlotKind
  sibling: Step | null
  next: Step | null
  /** Of an end. */
  readonly form: Form | null
}

const MOST_FORMS = 512
const MOST_SIBLINGS = 32
/** All stretches of all forms. */
const KEPT = 1024 * 1024
/** A form longer than this is not worth a place. */
const LONGEST = 32 * 1024
/**
 * A line that is known at a glance gives one of credit, one that is learned costs so much, and more where its form was known and something
 * in it was not: where few lines are alike, learning would only cost.
 */
const MOST_CREDIT = 2_000
const NEW = 2
const KNOWN = 50

/** 1 where a byte ends the plain part of a string: a quote, a backslash, a control character, anything beyond ASCII. */
const special = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
)
/** 1 for what a backslash may stand before, but for `u`, which can write half a character. */
const escapable = Uint8Array.from({ length: 256 }, (_, byte) => ('"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0))

/**
 * Sensors write lines of a few forms again and again: the same keys in the same order, other values. A line that differs from one that
 * was read strictly in nothing but strings, whole numbers and the words true, false and null is as strict JSON as that one. So only those
 * are looked at, and only those that somebody asks for are made into values. A line that has anything else (an escape by number, a byte
 * beyond ASCII, a fraction, another key) is not known here and is read the careful way.
 */
export class Skeletons {
  private readonly limits: Limits
  private readonly exactKeys: ReadonlySet<string>
  private readonly line = new CurrentLine()
  private readonly memory = new PartMemory(this.line)

  /** Made when something is learned: most short streams teach nothing. */
  private kept = new Uint8Array(0)
  private keptView = new DataView(this.kept.buffer)
  private used = 0
  private first: Step | null = null
  private forms = 0
  private credit = MOST_CREDIT

  /** Where the object ends that was matched last. */
  end = 0

  constructor(limits: Limits, exactKeys: ReadonlySet<string>) {
    this.limits = limits
    this.exactKeys = exactKeys
  }

  /** The object that starts at `from`, when its form is known; null otherwise. It stands for another line after the next call. */
  match(bytes: Uint8Array, from: number): JsonObject | null {
    if (this.first === null) return null
    this.line.lieIn(bytes)
    const form = this.follow(from)
    if (form === null || this.end - from > this.limits.eventBytes) return null
    this.line.next()
    if (this.credit < MOST_CREDIT) this.credit++
    return form.event
  }

  /** False: so many lines were of no use lately that no more are learned. */
  get isLearning(): boolean {
    return this.credit >= 0
  }

  /** Remembers the form of an object that was read strictly. */
  learn(raw: Uint8Array): void {
    if (raw.length > LONGEST) return
    const form = formOf(raw, this.exactKeys, this.line)
    if (form === null) return
    if (this.kept.length === 0) {
      this.kept = new Uint8Array(KEPT)
      this.keptView = new DataView(this.kept.buffer)
    }
    if (this.forms === MOST_FORMS || this.used + raw.length > KEPT) this.forget()
    const before = this.forms
    let last: Step | null = null
    for (const part of form.parts) {
      last = this.stepAfter(last, raw, part, form)
      if (last === null) break
    }
    if (this.forms > before) this.memory.serve(form.event)
    this.credit -= this.forms > before ? NEW : KNOWN
  }

  private stepAfter(last: Step | null, raw: Uint8Array, part: Part, form: Form): Step | null {
    const length = part.to - part.from
    let siblings = 0
    let sibling = last === null ? this.first : last.next
    for (let step = sibling; step !== null; step = step.sibling) {
      if (step.kind === part.kind && step.length === length && this.isKept(step, raw, part.from)) return step
      sibling = step
      siblings++
    }
    if (siblings === MOST_SIBLINGS) return null
    this.kept.set(raw.subarray(part.from, part.to), this.used)
    const isEnd = part.kind === 'end'
    if (isEnd) this.forms++
    const step: Step = { offset: this.used, length, kind: part.kind, sibling: null, next: null, form: isEnd ? form : null }
    this.used += length
    if (sibling !== null) sibling.sibling = step
    else if (last !== null) last.next = step
    else this.first = step
    return step
  }

  private isKept({ offset, length }: Step, raw: Uint8Array, from: number): boolean {
    for (let index = 0; index < length; index++) if (raw[from + index] !== this.kept[offset + index]) return false
    return true
  }

  private forget(): void {
    this.first = null
    this.forms = 0
    this.used = 0
  }

  private follow(from: number): Form | null {
    const { bytes, starts, ends } = this.line
    let [at, slot, long] = [from, 0, 0]
    for (let step = this.first; step !== null;) {
      const start = at + step.length
      const { kind } = step
      const end = start <= bytes.length && this.isWritten(step, at) ? this.slotEnd(kind, start, slot) : -1
      if (end < 0) {
        step = step.sibling
        continue
      }
      if (kind === 'end') {
        this.end = end
        return long === 0 || this.isUnambiguous(step.form) ? step.form : null
      }
      if (kind === 'number' && end - start >= DOUBTFUL_DIGITS) long++
      starts[slot] = start
      ends[slot] = end
      slot++
      at = end
      step = step.next
    }
    return null
  }

  private isWritten({ offset, length }: Step, at: number): boolean {
    if (length >= 4) return isSame(this.line.view, at, this.keptView, offset, length)
    for (let index = 0; index < length; index++) if (this.line.bytes[at + index] !== this.kept[offset + index]) return false
    return true
  }

  /** Where what stands at `start` ends; below zero when it is nothing of that kind, or needs the careful look. */
  private slotEnd(kind: SlotKind, start: number, slot: number): number {
    if (kind === 'text') return this.textEnd(start, slot)
    if (kind === 'number') return this.numberEnd(start)
    return kind === 'word' ? this.wordEnd(start) : start
  }

  private textEnd(start: number, slot: number): number {
    const { bytes, view, isEscaped } = this.line
    const last = bytes.length - 1
    let end = start
    isEscaped[slot] = 0
    for (;;) {
      while (end <= last - 4 && arePlain(view.getInt32(end, true))) end += 4
      while (end < last && special[bytes[end] ?? 0] === 0) end++
      if (end >= last) return -1
      if (bytes[end] === QUOTE) return end
      if (bytes[end] !== BACKSLASH || escapable[bytes[end + 1] ?? 0] === 0) return -1
      isEscaped[slot] = 1
      end += 2
    }
  }

  /** Whole numbers, and not -0. Zeros before other digits, fractions and exponents do not fit what comes next. */
  private numberEnd(start: number): number {
    const { bytes } = this.line
    const first = bytes[start] === MINUS ? start + 1 : start
    if (bytes[first] === ZERO) return first > start ? -1 : first + 1
    let end = first
    while (end < bytes.length && isDigit(bytes[end] ?? 0)) end++
    return end > first ? end : -1
  }

  private wordEnd(start: number): number {
    const { bytes } = this.line
    const word = bytes[start] === 0x74 ? words.true : bytes[start] === 0x66 ? words.false : words.null
    for (let index = 0; index < word.length; index++) if (bytes[start + index] !== word[index]) return -1
    return start + word.length
  }

  /** The careful reader makes more than the exact one exact when several are beyond 2^53; with 16 digits they may be. */
  private isUnambiguous(form: Form | null): boolean {
    if (form === null) return false
    let [long, exact] = [0, 0]
    for (const slot of form.numbers) {
      const digits = this.line.digits(slot)
      if (digits === DOUBTFUL_DIGITS) return false
      if (digits < DOUBTFUL_DIGITS) continue
      long++
      if (form.exact.has(slot)) exact++
    }
    return exact === 0 || long === 1
  }
}

const words = {
  true: new TextEncoder().encode('true'),
  false: new TextEncoder().encode('false'),
  null: new TextEncoder().encode('null'),
}

/**
 * Whether none of four bytes is {@link special}. In each sum and difference the highest bit of a byte tells: not ASCII, below a blank, DEL,
 * a quote, a backslash. Bits run over into the next byte only from one that is special.
 */
function arePlain(word: number): boolean {
  const special =
    word |
    (word - 0x2020_2020) |
    (word + 0x0101_0101) |
    ((word ^ 0x2222_2222) - 0x0101_0101) |
    ((word ^ 0x5c5c_5c5c) - 0x0101_0101)
  return (special & 0x8080_8080) === 0
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39
}
