import { utf8 } from '../../../core/proof/bytes.ts'
import { eventTimeOfNanos, type EventTime } from '../../../core/model/time.ts'
import type { Watch } from '../../../core/model/watch.ts'
import { packed, signed, type Encoding, type Sender } from './batch.ts'
import { createDropLog, type Dropped, type DropLog } from './drop-log.ts'
import type { Mark } from './mark.ts'
import type { Batch, Link, Packed, Spool } from './spool.ts'

/** What the forwarder can say about the sensor that it stands beside. */
export type Signal = Exclude<Watch, { kind: 'beat' }>
/** Writes a signal as a canonical record, one line without its line break. */
export type WriteRecord = (signal: Signal, more?: Readonly<Record<string, string | number>>) => string

/** In whose name, and of which node, records are written. */
export type About = () => { readonly sensor: string; readonly node: string | null }

export type OutboxOptions = {
  readonly spool: Spool
  /** Where what was dropped is remembered. */
  readonly folder: string
  readonly sender: Sender
  readonly encoding: Encoding
  readonly record: WriteRecord
  readonly about: About
  readonly spoolBytes: number
  readonly lines: number
  readonly bytes: number
  readonly waitMs: number
  readonly heartbeatMs: number
  readonly now: () => number
  readonly say: (message: string) => void
}

/** Rough size of a header with its signature, in a file. */
const HEADER_BYTES = 2048

/**
 * Gathers lines into batches, signs them and puts them into the spool. A batch that has no room is held, one at a time; whoever brings
 * lines then waits (`isHeld`) or drops them (`drop`), and what was dropped is told as soon as there is room.
 */
export class Outbox {
  private readonly options: OutboxOptions
  private readonly drops: DropLog
  private lines: Uint8Array[] = []
  private bytes = 0
  private since = 0
  private mark: Mark | null = null
  private held: Packed | null = null
  private turn: Promise<unknown> = Promise.resolve()
  private lastPut: number
  private toldFull = false

  constructor(options: OutboxOptions) {
    this.options = options
    this.drops = createDropLog(options.folder)
    this.lastPut = options.now() - options.heartbeatMs
  }

  /** A batch is full: flush it before more is added. */
  get isBig(): boolean {
    return this.lines.length >= this.options.lines || this.bytes >= this.options.bytes
  }

  /** There is no room for the last batch. */
  get isHeld(): boolean {
    return this.held !== null
  }

  get dropped(): number {
    return this.drops.current()?.count ?? 0
  }

  /** One line; `mark`: how far the log was read with it. */
  add(line: Uint8Array, mark: Mark | null = null): void {
    if (this.lines.length === 0) this.since = this.options.now()
    this.lines.push(line)
    this.bytes += line.length + 1
    this.mark = mark ?? this.mark
  }

  /** A record about the sensor. */
  tell(signal: Signal, more: Readonly<Record<string, string | number>> = {}, mark: Mark | null = null): void {
    this.add(utf8(this.options.record(signal, more)), mark)
  }

  /** A line that came while nothing could be kept. */
  drop(): void {
    this.drops.add(this.options.now())
  }

  /** Puts what is held, then what is old or full, then a heartbeat if it is time. */
  async tick(): Promise<void> {
    const { now, waitMs, heartbeatMs } = this.options
    if (this.isHeld) await this.flush()
    if (this.isHeld) return
    if (this.drops.current() !== null || this.isBig || (this.lines.length > 0 && now() - this.since >= waitMs))
      return this.flush()
    if (this.lines.length === 0 && now() - this.lastPut >= heartbeatMs) await this.inTurn(() => this.put(this.nothing()))
  }

  /** Makes a batch of what is there and puts it; holds it when there is no room, unless `anyway`. */
  flush(anyway = false): Promise<void> {
    return this.inTurn(async () => {
      if (this.held !== null && !(await this.put(this.held, anyway))) return
      const dropped = this.drops.current()
      if (dropped !== null) this.tell(this.lossOf(dropped), { reason: 'spool_full' })
      if (this.lines.length > 0) await this.put(await this.pack(), anyway)
      // Only now: a crash before this tells it twice, and never not at all.
      if (dropped !== null && this.held === null) this.drops.told(dropped)
    })
  }

  /** Everything that waits goes on as another stream, behind a record of what the service lacks. */
  restream(name: string, about: Signal | null): Promise<void> {
    const { spool, encoding, sender, record } = this.options
    return this.inTurn(async () => {
      const first = about === null ? null : await packed([utf8(record(about, { reason: 'new_stream' }))], encoding, null)
      const lost = (): Promise<Packed> => {
        const at = this.time(this.options.now())
        const loss = { ...this.options.about(), kind: 'loss', from: at, to: at, dropped: null, received: null } as const
        return packed([utf8(record(loss, { reason: 'spool_damaged' }))], encoding, null)
      }
      await spool.restream(name, {
        first,
        lost,
        make: (batch, after) => signed(batch, sender, { stream: name, after, createdAt: this.createdAt() }),
      })
    })
  }

  private nothing(): Packed {
    return { body: new Uint8Array(), encoding: 'identity', count: 0, mark: null }
  }

  private async pack(): Promise<Packed> {
    const { lines, mark } = this
    this.lines = []
    this.bytes = 0
    this.mark = null
    return packed(lines, this.options.encoding, mark)
  }

  private async put(packed: Packed, anyway = false): Promise<boolean> {
    const { spool, sender, spoolBytes, now } = this.options
    const hasRoom = spool.batches === 0 || spool.bytes + packed.body.length + HEADER_BYTES <= spoolBytes
    if (!hasRoom && !anyway) return this.hold(packed, `the spool is full (${spoolBytes} bytes)`)
    const after: Link = spool.link
    const batch: Batch = await signed(packed, sender, { stream: spool.stream, after, createdAt: this.createdAt() })
    try {
      spool.put(batch)
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error
      return this.hold(packed, `the spool cannot be written: ${error.message}`)
    }
    this.held = null
    this.lastPut = now()
    if (this.toldFull) this.options.say('there is room in the spool again')
    this.toldFull = false
    return true
  }

  /** A heartbeat is not held: the next one says the same. */
  private hold(packed: Packed, why: string): false {
    if (packed.count > 0) this.held = packed
    if (!this.toldFull) this.options.say(`${why}; nothing more is taken until the service has taken something`)
    this.toldFull = true
    return false
  }

  private lossOf({ from, to, count }: Dropped): Signal {
    const span = { from: this.time(from), to: this.time(to) }
    return { ...this.options.about(), kind: 'loss', ...span, dropped: count, received: null }
  }

  private time(ms: number): EventTime {
    return timeOf(ms)
  }

  private createdAt(): string {
    return new Date(this.options.now()).toISOString()
  }

  /** One after the other: a batch names the one before it. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work, work)
    this.turn = mine.catch(() => {})
    return mine
  }
}

/** The moment of a clock as an event's time. */
export function timeOf(ms: number): EventTime {
  return eventTimeOfNanos(BigInt(Math.floor(ms)) * 1_000_000n) ?? '1970-01-01T00:00:01.000000000Z'
}
