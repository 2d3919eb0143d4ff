import { existsSync } from 'node:fs'
import { RunproofError } from '../../../core/model/errors.ts'
import { reasonOf } from './deliver.ts'
import { LineCutter, type Line } from './line-cutter.ts'
import type { Pace } from './forwarder.ts'
import type { Mark } from './mark.ts'
import { timeOf, type About, type Outbox } from './outbox.ts'
import { Tail, type Taken } from './tail.ts'
import type { Spool } from './spool.ts'
import type { Waiting } from './waiting.ts'

type Pump = {
  readonly outbox: Outbox
  readonly pace: Pace
  readonly about: About
  readonly waiting: Waiting
  readonly now: () => number
  readonly say: (message: string) => void
}

const PORTION = 256 * 1024

/** Lines of a log into the outbox. While there is no room the log is not read on: it is the buffer. */
export async function pumpFile(
  pump: Pump & { readonly path: string; readonly from: 'start' | 'end'; readonly spool: Spool },
  stopped: AbortSignal,
): Promise<void> {
  const { path, from, spool, outbox, pace, waiting, now, say } = pump
  if (!existsSync(path)) say(`${path} is not there yet; waiting for it`)
  const tail = new Tail({ path, from, mark: spool.mark, lineLimit: pace.lineBytes, graceMs: pace.graceMs, now })
  try {
    while (!stopped.aborted) {
      const taken = outbox.isHeld ? null : taking(tail, path)
      if (taken === null) await waiting.asleep(pace.lookMs, stopped)
      else {
        spool.begin(taken.mark)
        await addTaken(pump, taken, stopped)
      }
    }
  } finally {
    tail.close()
  }
}

/** @throws RunproofError `events.unreadable` for a log that is there and cannot be read */
function taking(tail: Tail, path: string): Taken | null {
  try {
    return tail.take(PORTION)
  } catch (cause) {
    throw new RunproofError('events.unreadable', `cannot read ${path}: ${reasonOf(cause)}`, { cause })
  }
}

async function addTaken(pump: Pump, { lines, mark, missing }: Taken, stopped: AbortSignal): Promise<void> {
  const { outbox, waiting, pace, now, about, say } = pump
  if (missing !== null) {
    say(`lines may be missing: ${missing.why}`)
    const span = { from: timeOf(missing.sinceMs), to: timeOf(now()) }
    outbox.tell({ ...about(), kind: 'loss', ...span, dropped: null, received: null }, { reason: missing.why })
  }
  for (const [index, line] of lines.entries()) {
    add(pump, line, index === lines.length - 1 ? mark : { ...mark, offset: line.end })
    if (outbox.isBig) await outbox.flush()
    // What is not added yet is read again after a start: the place up to which the log was read lies in the batches.
    while (outbox.isHeld && !stopped.aborted) await waiting.asleep(pace.lookMs, stopped)
    if (outbox.isHeld) return
  }
}

/** Lines of a stream into the outbox. It cannot be asked again: what finds no room is dropped, counted and told. */
export async function pumpStream(
  pump: Pump & { readonly stream: () => AsyncIterable<Uint8Array> },
  stopped: AbortSignal,
): Promise<void> {
  const { outbox, pace, stream } = pump
  const cutter = new LineCutter(pace.lineBytes)
  const addAll = async (lines: readonly Line[]): Promise<void> => {
    for (const line of lines) {
      if (outbox.isHeld) {
        outbox.drop()
        continue
      }
      add(pump, line, null)
      if (outbox.isBig) await outbox.flush()
    }
  }
  const source = stream()[Symbol.asyncIterator]()
  const end = new Promise<IteratorReturnResult<undefined>>((resolve) => {
    const over = { done: true, value: undefined } as const
    if (stopped.aborted) resolve(over)
    else stopped.addEventListener('abort', () => resolve(over), { once: true })
  })
  for (;;) {
    const next = await Promise.race([source.next(), end])
    if (next.done === true) break
    await addAll(cutter.push(next.value))
  }
  // A line that nobody finishes is all there will be of it, unless it was we who stopped in its middle.
  await addAll(cutter.end())
}

function add({ outbox, now, about }: Pump, line: Line, mark: Mark | null): void {
  if ('bytes' in line) return outbox.add(line.bytes, mark)
  const at = timeOf(now())
  outbox.tell(
    { ...about(), kind: 'loss', from: at, to: at, dropped: 1, received: null },
    { reason: 'line_too_long', bytes: line.tooLong },
    mark,
  )
}
