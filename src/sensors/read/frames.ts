import { Cutter } from './cutter.ts'
import type { Limits, Malformation } from './limits.ts'

/** What becomes of the pieces that {@link createFrames} finds. `line` is the first line, from 1; `raw` must be copied to be kept. */
export type FrameSink = {
  /** A line that looks like one object; its text where that cost nothing. True: taken, whatever it was. False: look at it byte by byte. */
  readonly whole: (raw: Uint8Array, line: number, text: string | null) => boolean
  /** Where the object ends that starts at `from`, if it is known at a glance; else below zero. It is taken only if it is all of its line. */
  readonly known?: (bytes: Uint8Array, from: number) => number
  /** The object that {@link known} found last, when it is all of its line: where it lies. */
  readonly taken?: (bytes: Uint8Array, from: number, end: number, line: number) => void
  /** From a bracket to its counterpart. */
  readonly element: (raw: Uint8Array, line: number) => void
  /** What stands where an element belongs and does not start like one. */
  readonly text: (raw: Uint8Array, line: number) => void
  readonly broken: (raw: Uint8Array, line: number, reason: Malformation) => void
  /** Whether an element that is too large for an event may be as large as a report, told by how it begins. */
  readonly isReport?: (head: Uint8Array) => boolean
}

/** Bytes in, in any portions; the same bytes give the same pieces however they were divided. */
export type Frames = {
  readonly push: (chunk: Uint8Array) => void
  readonly end: () => void
  readonly place: () => Place
}

/** Where a stream is: in which line, and whether what comes next will be read as if the stream began with it. */
export type Place = { readonly line: number; readonly isSettled: boolean }

const NEWLINE = 0x0a
const nothing = new Uint8Array(0)

/**
 * Cuts a stream of JSON values into elements: one per line, an array of them, values printed over many lines, values without anything
 * between them. Holds at most one element beside the chunk. After something broken it goes on with the next line; inside a value printed
 * over many lines, with the next line that starts an object no deeper indented than the broken one.
 */
export function createFrames(sink: FrameSink, limits: Limits): Frames {
  const cutter = new Cutter(sink, limits)
  let started = false
  let carry: Uint8Array = nothing
  /** Portions of a report that is larger than an event: it is put together again only when it has grown by half. */
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  const all = (): Uint8Array => {
    const bytes = new Uint8Array(waitingBytes)
    waiting.reduce((at, portion) => {
      bytes.set(portion, at)
      return at + portion.length
    }, 0)
    waiting = []
    waitingBytes = 0
    return bytes
  }
  const take = (chunk: Uint8Array): void => {
    if (started && carry.length > 0) {
      // Most often what is open ends with the line: the rest of the portion need not be copied.
      const cut = chunk.indexOf(NEWLINE) + 1
      carry = cutter.run(joined(carry, cut === 0 ? chunk : chunk.subarray(0, cut)), carry.length)
      if (cut === 0) return
      chunk = chunk.subarray(cut)
    }
    const bytes = joined(carry, chunk)
    // A byte order mark is three bytes, which may come one by one.
    if (!started && bytes.length < 3) carry = bytes
    else {
      carry = cutter.run(bytes, started ? carry.length : markLength(bytes))
      started = true
    }
  }
  return {
    push(chunk) {
      if (!started || carry.length < limits.eventBytes) return take(chunk)
      waiting.push(chunk.slice())
      waitingBytes += chunk.length
      if (waitingBytes >= carry.length / 2) take(all())
    },
    end() {
      if (waitingBytes > 0) take(all())
      cutter.finish(started ? carry : cutter.run(carry, 0))
    },
    place: () => ({ line: cutter.currentLine, isSettled: started && cutter.isSettled }),
  }
}

function markLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

function joined(carry: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (carry.length === 0) return chunk
  const bytes = new Uint8Array(carry.length + chunk.length)
  bytes.set(carry)
  bytes.set(chunk, carry.length)
  return bytes
}
