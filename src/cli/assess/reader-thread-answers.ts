import { createFold, type FoldScope } from '../../../core/judge/fold.ts'
import type { Intake } from '../../../core/model/intake.ts'
import type { Redaction } from '../../../core/model/redaction.ts'
import { foldEvent } from '../../sensors/fold-event.ts'
import { createEventReader, createQuickReader } from '../../sensors/read/event-reader.ts'
import type { QuickReader } from '../../sensors/read/quick-reader.ts'
import type { Redactor } from '../../sensors/redact.ts'
import { connectors } from '../../sensors/registry.ts'
import { merge } from '../../../core/judge/merge.ts'
import { packBehaviours, unpackBehaviours } from './packed-behaviours.ts'
import { partsOf, writeBehaviours } from './written-behaviours.ts'

export type ThreadData = {
  readonly scope: FoldScope
  readonly digestKey: Uint8Array
  readonly mostListed: number
  /** The bundle's own rules; a compiled one cannot be handed to a thread. */
  readonly redaction: Redaction | null
}

/**
 * Whole lines to fold; then, to share what was folded since the last time: a thread keeps its own part of the behaviours and gives the
 * others away, is given what others have of its part, and writes it. So no thread has to go through all of them.
 */
export type Asked =
  | { readonly kind: 'lines'; readonly sensor: string; readonly bytes: Uint8Array<ArrayBuffer>; readonly isLast: boolean }
  | { readonly kind: 'share'; readonly own: number; readonly parts: number }
  | { readonly kind: 'write'; readonly given: readonly Shared[] }
  | { readonly kind: 'forget' }

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

/** Behaviours of one part, to be unpacked. */
export type Shared = string

/** What a thread gives away: one text for each part, but for its own. */
export type Sharing = { readonly shared: readonly Shared[] }

/** One part of all behaviours as sealed lines, in blocks of whole ones, and what else the thread saw. */
export type Written = Omit<Intake, 'behaviours'> & { readonly blocks: readonly Uint8Array<ArrayBuffer>[] }

export type Answer = { readonly reply: ChunkRead | Sharing | Written | null; readonly transfer: readonly ArrayBuffer[] }

const nothing: Intake = { behaviours: new Map(), watch: new Map(), tally: new Map() }

/** One thread's reading: chunks go into its own fold. */
export function answerer({ scope, digestKey, mostListed }: ThreadData, redactor: Redactor): (asked: Asked) => Answer {
  let fold = createFold(scope)
  let own = nothing
  // Each chunk is a stream of its own; what the chunks before it taught is not forgotten.
  const quickReaders = new Map<string, QuickReader>()

  function quickFor(sensor: string): QuickReader {
    const quick = quickReaders.get(sensor) ?? createQuickReader(sensor, connectors)
    quickReaders.set(sensor, quick)
    return quick
  }

  function read({ sensor, bytes, isLast }: Extract<Asked, { kind: 'lines' }>): Answer {
    let [events, malformed] = [0, 0]
    const listed: { line: number; reason: string }[] = []
    const reader = createEventReader({
      sensor,
      connectors,
      quick: quickFor(sensor),
      onEvent(event) {
        const { line, reading } = event
        events++
        foldEvent(fold, event, digestKey, redactor)
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

  function share({ own: number, parts: count }: Extract<Asked, { kind: 'share' }>): Sharing {
    const { behaviours, ...rest } = fold.intake()
    fold = createFold(scope)
    const parts = partsOf(behaviours, count)
    own = { ...rest, behaviours: parts[number] ?? new Map() }
    return { shared: parts.map((part, index) => (index === number ? '' : packBehaviours(part))) }
  }

  function write({ given }: Extract<Asked, { kind: 'write' }>): Answer {
    for (const shared of given) own = merge(own, { ...nothing, behaviours: unpackBehaviours(shared) })
    const { behaviours, ...rest } = own
    own = nothing
    const blocks = writeBehaviours(behaviours)
    return { reply: { ...rest, blocks }, transfer: blocks.map(({ buffer }) => buffer) }
  }

  return (asked) => {
    if (asked.kind === 'lines') return read(asked)
    if (asked.kind === 'share') return { reply: share(asked), transfer: [] }
    if (asked.kind === 'write') return write(asked)
    fold = createFold(scope)
    return { reply: null, transfer: [] }
  }
}
