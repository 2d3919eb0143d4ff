import { eventTimeOfNanos, type EventTime } from '../../../core/model/time.ts'

/** Wall-clock time of a moment, in milliseconds since 1970. */
export function timeOf(ms: number): EventTime {
  return eventTimeOfNanos(BigInt(Math.floor(ms)) * 1_000_000n) ?? '1970-01-01T00:00:01.000000000Z'
}

/** Turns nanoseconds of CLOCK_MONOTONIC into wall-clock time; looks at both clocks anew at most once a second, because one is set. */
export class Monotonic {
  private offset = 0n
  private until = Number.NEGATIVE_INFINITY

  timeOf(ns: number): EventTime {
    const now = Date.now()
    if (now >= this.until || now < this.until - 1000) {
      this.offset = BigInt(now) * 1_000_000n - process.hrtime.bigint()
      this.until = now + 1000
    }
    return eventTimeOfNanos(BigInt(Math.round(ns)) + this.offset) ?? timeOf(now)
  }
}
