import type { EventTime } from '../../../core/model/time.ts'
import { timeOf } from '../probes/clock.ts'
import { reasonOf } from '../probes/reason.ts'

/** Where records go. `write` resolves when all of it is there; after it has thrown, it is called again with the same bytes. */
export type Sink = {
  readonly write: (bytes: Uint8Array) => Promise<void>
  readonly end: () => Promise<void>
}

export type OutletOptions = {
  readonly sink: Sink
  /** What may wait for a sink that is slow or full. */
  readonly bytes?: number
  /** The record of what was dropped. */
  readonly lost: (lost: Lost) => string
  readonly retryMs?: number
  readonly now?: () => number
  /** Something that a person should know. */
  readonly say: (message: string) => void
}
export type Lost = { readonly from: EventTime; readonly to: EventTime; readonly dropped: number }

const PORTION = 256 * 1024

/**
 * Brings records to a sink, in order, without ever holding up whoever puts them: what finds no room is dropped, counted, and told by a
 * record of its own as soon as there is room again.
 */
export class Outlet {
  private readonly options: Required<OutletOptions>
  private lines: Uint8Array[] = []
  private pending: { readonly bytes: Uint8Array; readonly count: number } | null = null
  private bytes = 0
  private writing: Promise<void> | null = null
  private missing: { from: EventTime; to: EventTime; dropped: number } | null = null
  private isWell = true
  private isOver = false
  private retry: { readonly timer: NodeJS.Timeout; readonly go: () => void } | null = null
  /** Records that were dropped since the start. */
  dropped = 0

  constructor(options: OutletOptions) {
    this.options = { bytes: 16 * 1024 * 1024, retryMs: 1000, now: Date.now, ...options }
  }

  /** What waits, in bytes. */
  get waiting(): number {
    return this.bytes
  }

  /** One record, without its line break. */
  put(line: string): void {
    const bytes = Buffer.from(`${line}\n`)
    if (this.bytes + bytes.length > this.options.bytes || (this.missing !== null && !this.hasRoomAgain())) return this.drop()
    this.tellMissing()
    this.add(bytes)
    this.writing ??= this.writeAll()
  }

  /** Brings what waits, for at most so long; resolves to the number of records that could not be brought, of all that were put. */
  async end(withinMs = 5000): Promise<number> {
    this.tellMissing()
    if (this.lines.length > 0 || this.pending !== null) this.writing ??= this.writeAll()
    this.retry?.go()
    const limit = new AbortController()
    const late = new Promise<void>((over) => {
      const timer = setTimeout(over, withinMs)
      limit.signal.addEventListener('abort', () => clearTimeout(timer))
    })
    await Promise.race([this.writing ?? Promise.resolve(), late])
    limit.abort()
    this.isOver = true
    this.retry?.go()
    const left = this.lines.length + (this.pending?.count ?? 0)
    this.lines = []
    await this.options.sink.end()
    return this.dropped + left
  }

  private add(bytes: Uint8Array): void {
    this.lines.push(bytes)
    this.bytes += bytes.length
  }

  private drop(): void {
    const at = timeOf(this.options.now())
    this.dropped += 1
    if (this.missing === null) this.options.say('records are made faster than they can be written: from now on some are dropped')
    this.missing = { from: this.missing?.from ?? at, to: at, dropped: (this.missing?.dropped ?? 0) + 1 }
  }

  /** Only when half of it is empty: else every second record would be one of a loss. */
  private hasRoomAgain(): boolean {
    return this.bytes < this.options.bytes / 2
  }

  private tellMissing(): void {
    if (this.missing === null) return
    const record = this.options.lost(this.missing)
    this.options.say(`${this.missing.dropped} records were dropped; a record of that loss is written`)
    this.missing = null
    this.add(Buffer.from(`${record}\n`))
  }

  private async writeAll(): Promise<void> {
    // Whoever puts many at once puts them into one write.
    await new Promise((soon) => setImmediate(soon))
    for (;;) {
      this.pending ??= this.takePortion()
      if (this.pending === null) break
      try {
        await this.options.sink.write(this.pending.bytes)
        if (!this.isWell) this.options.say('records can be written again')
        this.isWell = true
        this.bytes -= this.pending.bytes.length
        this.pending = null
      } catch (error) {
        if (this.isWell) this.options.say(`records cannot be written: ${reasonOf(error)}; trying again`)
        this.isWell = false
        if (this.isOver) break
        await this.pause()
      }
    }
    this.writing = null
  }

  private takePortion(): { readonly bytes: Uint8Array; readonly count: number } | null {
    let [count, bytes] = [0, 0]
    while (count < this.lines.length && (count === 0 || bytes < PORTION)) bytes += this.lines[count++]?.length ?? 0
    return count === 0 ? null : { bytes: Buffer.concat(this.lines.splice(0, count)), count }
  }

  private pause(): Promise<void> {
    return new Promise((over) => {
      const go = (): void => {
        clearTimeout(timer)
        this.retry = null
        over()
      }
      const timer = setTimeout(go, this.options.retryMs)
      this.retry = { timer, go }
    })
  }
}
