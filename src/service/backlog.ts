import { comparePositions, type Position } from '../store/segments/segments.ts'

/** Entries nearer to each other than this are one. */
const SLOT_MS = 100

type Slot = { until: Position; bytes: number; readonly sinceMs: number }

/** What was received and is not written as evidence yet: how much, and since when. */
export class Backlog {
  private slots: Slot[] = []
  private total = 0

  add(until: Position, bytes: number, nowMs: number): void {
    this.total += bytes
    const last = this.slots.at(-1)
    if (last && nowMs - last.sinceMs < SLOT_MS) {
      last.bytes += bytes
      if (comparePositions(until, last.until) > 0) last.until = until
    } else this.slots.push({ until, bytes, sinceMs: nowMs })
  }

  /** Everything before `at` is written. */
  written(at: Position): void {
    let done = 0
    for (const slot of this.slots) {
      if (comparePositions(slot.until, at) > 0) break
      this.total -= slot.bytes
      done++
    }
    if (done > 0) this.slots = this.slots.slice(done)
  }

  bytes(): number {
    return this.total
  }

  /** Age in seconds of the oldest thing that waits; 0 when nothing does. */
  lagSeconds(nowMs: number): number {
    const [oldest] = this.slots
    return oldest ? Math.max(0, (nowMs - oldest.sinceMs) / 1000) : 0
  }
}
