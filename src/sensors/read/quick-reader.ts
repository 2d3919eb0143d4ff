import type { JsonObject, Reading } from '../connector.ts'
import type { ReadableConnector, ReadEvent } from './event-reader.ts'
import type { Limits } from './limits.ts'
import { memoryOf } from './memory.ts'
import { createParse, type Parse } from './parse.ts'
import { Skeletons } from './skeletons.ts'

type Recognised = { readonly connector: ReadableConnector; readonly event: JsonObject }

/** Reads lines whose form was seen before and which a connector recognises as they are; whatever else comes is not for it. */
export class QuickReader {
  private readonly known: readonly ReadableConnector[]
  private readonly parse: Parse
  private readonly skeletons: Skeletons
  /** The connector that knows an event as it is. */
  private readonly recognise = (event: JsonObject): ReadableConnector | null =>
    this.known.find((connector) => connector.recognises(event)) ?? null
  private matched: Recognised | null = null
  /** Until the second line: a stream of one event, as senders post them, is over before it teaches anything. */
  private isFirst = true

  constructor(known: readonly ReadableConnector[], limits: Limits) {
    const exactIntegers = known.flatMap((connector) => connector.exactIntegers ?? [])
    // A report is one document with many results.
    this.known = known.filter(({ report }) => report === undefined)
    this.parse = createParse(limits, exactIntegers)
    this.skeletons = new Skeletons(limits, new Set(exactIntegers))
  }

  /** Where the event ends that starts at `from`; below zero when it must be read the careful way. */
  match(bytes: Uint8Array, from: number): number {
    const event = this.skeletons.match(bytes, from)
    const connector = event === null ? null : memoryOf(event).part(this.recognise)
    this.matched = event === null || connector === null ? null : { connector, event }
    return this.matched === null ? -1 : this.skeletons.end
  }

  /** The event that was matched last, which lies in `bytes` there. */
  read(bytes: Uint8Array, from: number, end: number, line: number): ReadEvent {
    if (this.matched === null) throw new RangeError('nothing was matched')
    const { connector, event } = this.matched
    return new QuickEvent(bytes, from, end, line, connector.read(event), this.parse)
  }

  /** Remembers the form of a line that was read the careful way, if it would have been for this reader. */
  learn(raw: Uint8Array, event: JsonObject): void {
    const isWorth = !this.isFirst && this.skeletons.isLearning && this.recognise(event) !== null
    this.isFirst = false
    if (isWorth) this.skeletons.learn(raw)
  }
}

/** What was recognised changes with the next line: the event is parsed for whoever asks for it, and few ask for its bytes. */
class QuickEvent implements ReadEvent {
  readonly line: number
  readonly reading: Reading
  private readonly bytes: Uint8Array
  private readonly from: number
  private readonly end: number
  private readonly parse: Parse

  constructor(bytes: Uint8Array, from: number, end: number, line: number, reading: Reading, parse: Parse) {
    this.line = line
    this.reading = reading
    this.bytes = bytes
    this.from = from
    this.end = end
    this.parse = parse
  }

  get raw(): Uint8Array {
    return this.bytes.subarray(this.from, this.end)
  }

  get event(): JsonObject | null {
    if (this.reading.class === 'malformed') return null
    const parsed = this.parse.bytes(this.raw)
    return typeof parsed === 'string' ? null : parsed
  }
}
