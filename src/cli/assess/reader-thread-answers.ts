import { createFold, type FoldScope } from '../../../core/judge/fold.ts'
import type { Intake } from '../../../core/model/intake.ts'
import { foldEvent } from '../../sensors/fold-event.ts'
import { createEventReader } from '../../sensors/read/event-reader.ts'
import { connectors } from '../../sensors/registry.ts'

export type ThreadData = { readonly scope: FoldScope; readonly digestKey: Uint8Array; readonly mostListed: number }

/** Whole lines to fold, or the wish for what was folded since the last wish. */
export type Asked =
  | { readonly kind: 'lines'; readonly sensor: string; readonly bytes: Uint8Array<ArrayBuffer>; readonly isLast: boolean }
  | { readonly kind: 'intake' }

/** What became of one chunk. Lines count from 0 within it. */
export type ChunkRead = {
  readonly lines: number
  readonly events: number
  readonly malformed: number
  /** Those that could not be read, the first so many. */
  readonly listed: readonly { readonly line: number; readonly reason: string }[]
  /** Every value ended in the chunk where it began, so that the next chunk could be read without this one. */
  readonly isSettled: boolean
  /** The chunk's memory, to be filled again. */
  readonly buffer: ArrayBuffer
}

export type Answer = { readonly reply: ChunkRead | Intake; readonly transfer: readonly ArrayBuffer[] }

/** One thread's reading: chunks go into its own fold. */
export function answerer({ scope, digestKey, mostListed }: ThreadData): (asked: Asked) => Answer {
  let fold = createFold(scope)

  function read({ sensor, bytes, isLast }: Extract<Asked, { kind: 'lines' }>): Answer {
    let [events, malformed] = [0, 0]
    const listed: { line: number; reason: string }[] = []
    const reader = createEventReader({
      sensor,
      connectors,
      onEvent({ line, raw, reading }) {
        events++
        foldEvent(fold, reading, raw, digestKey)
        if (reading.class !== 'malformed') return
        malformed++
        if (listed.length < mostListed) listed.push({ line: line - 1, reason: reading.reason })
      },
    })
    reader.push(bytes)
    const { line, isSettled } = reader.place()
    if (isLast) reader.end()
    const { buffer } = bytes
    return { reply: { lines: line - 1, events, malformed, listed, isSettled: isSettled || isLast, buffer }, transfer: [buffer] }
  }

  return (asked) => {
    if (asked.kind === 'lines') return read(asked)
    const reply = fold.intake()
    fold = createFold(scope)
    return { reply, transfer: [] }
  }
}
