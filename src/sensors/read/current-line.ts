import { MOST_SLOTS, type SlotKind, type Slots } from './learner.ts'
import { TextPool } from './text-pool.ts'

const MINUS = 0x2d
const ZERO = 0x30

/** Integers of fewer digits are exact in a double, those of more are not. */
export const DOUBTFUL_DIGITS = 16

/** Is told what somebody looks at. */
export type Onlooker = {
  readonly slot: (slot: number) => void
  readonly ending: (slot: number, ending: string) => void
}

/** The line that was matched last: where its values lie, and those of them that somebody asked for. */
export class CurrentLine implements Slots {
  bytes: Uint8Array = new Uint8Array(0)
  view = new DataView(this.bytes.buffer)
  readonly starts = new Int32Array(MOST_SLOTS)
  readonly ends = new Int32Array(MOST_SLOTS)
  readonly isEscaped = new Uint8Array(MOST_SLOTS)

  onlooker: Onlooker | null = null

  private readonly pool = new TextPool()
  /** The values that were asked for, and in which line. */
  private readonly made: unknown[] = Array.from({ length: MOST_SLOTS }, () => null)
  private readonly madeIn = new Float64Array(MOST_SLOTS)
  private line = 0

  /** The bytes that lines are matched in. */
  lieIn(bytes: Uint8Array): void {
    if (bytes === this.bytes) return
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The slots are another line's from now on. */
  next(): void {
    this.line++
  }

  /** What stands in a slot, made when it is first asked for. */
  value(slot: number, kind: SlotKind, isExact: boolean): unknown {
    if (this.onlooker !== null) this.onlooker.slot(slot)
    if (this.madeIn[slot] === this.line) return this.made[slot]
    const value = this.valueOf(slot, kind, isExact)
    this.madeIn[slot] = this.line
    this.made[slot] = value
    return value
  }

  /** Whether the text in a slot ends so. An escape is never part of such an ending. */
  endsWith(slot: number, ending: string): boolean {
    if (this.onlooker !== null) this.onlooker.ending(slot, ending)
    const from = (this.ends[slot] ?? 0) - ending.length
    if (from < (this.starts[slot] ?? 0)) return false
    for (let index = ending.length - 1; index >= 0; index--)
      if (this.bytes[from + index] !== ending.charCodeAt(index)) return false
    return true
  }

  /** How many digits a whole number in a slot has. */
  digits(slot: number): number {
    const start = this.starts[slot] ?? 0
    return (this.ends[slot] ?? 0) - start - (this.bytes[start] === MINUS ? 1 : 0)
  }

  private valueOf(slot: number, kind: SlotKind, isExact: boolean): unknown {
    const { bytes, view } = this
    const [start, end] = [this.starts[slot] ?? 0, this.ends[slot] ?? 0]
    if (kind === 'word') return bytes[start] === 0x6e ? null : bytes[start] === 0x74
    if (kind === 'number' && end - start < DOUBTFUL_DIGITS) return this.smallNumber(start, end)
    const text = this.pool.text(bytes, view, start, end)
    if (kind === 'text') return this.isEscaped[slot] === 1 ? (JSON.parse(`"${text}"`) as string) : text
    return isExact && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text)
  }

  private smallNumber(start: number, end: number): number {
    const { bytes } = this
    const isNegative = bytes[start] === MINUS
    let value = 0
    for (let at = isNegative ? start + 1 : start; at < end; at++) value = value * 10 + (bytes[at] ?? 0) - ZERO
    return isNegative ? -value : value
  }
}
