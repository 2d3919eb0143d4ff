import { basename } from 'node:path'
import { createFold, type Fold, type FoldScope } from '../../../core/judge/fold.ts'
import { merge } from '../../../core/judge/merge.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Intake } from '../../../core/model/intake.ts'
import { eventMs } from '../../../core/model/time.ts'
import { windowHolding, windowOf, type Window } from '../../../core/model/window.ts'
import { windowOfExpression, type WindowExpression } from '../../../core/model/window-expression.ts'
import type { Resolved } from '../../../core/judge/resolve.ts'
import { headed } from '../../collect/head.ts'
import { openEvents } from '../../collect/open.ts'
import { connectors } from '../../sensors/registry.ts'
import { createEventReader, type ReadEvent } from '../../sensors/read/event-reader.ts'
import { foldEvent } from '../../sensors/fold-event.ts'
import { builtIn, type Redactor } from '../../sensors/redact.ts'
import type { Batch, Taken } from '../../shell.ts'
import type { Progress } from '../progress.ts'
import { ReaderPool } from './read-threaded.ts'
import { inSmallHeap } from './small-heap.ts'

/** An event that could not be read: where it stands and why, for `quarantine.ndjson`. */
export type Quarantined = { readonly file: string; readonly line: number; readonly reason: string }

/** More than this are counted in the report as all are, but not listed by position. */
const MAX_LISTED = 10_000

/** Smaller inputs are read before a thread has started. */
const THREADED_FROM = 8 * 1024 * 1024

export type TakerOptions = {
  readonly threads?: number
  /** Bytes from which on threads take part. */
  readonly threadedFrom?: number
  /** Threads that are running already, for the same scope. */
  readonly pool?: ReaderPool | null
  /** With the bundle's own rules where it has some. */
  readonly redactor?: Redactor
}

export type EventTaker = {
  /** Everything that was taken so far. */
  readonly fold: Pick<Fold, 'intake'>
  readonly take: (batch: Batch) => Promise<Taken>
  readonly quarantined: Quarantined[]
  readonly count: () => number
  /** Ends the reader threads; without it they end with the process. */
  readonly end: () => Promise<void>
}

/**
 * Folds the files of one window, batch by batch; what cannot be read is listed with its place. With more than one thread a large file is
 * read by several at once; the outcome is the same to the byte. Standard input is read by one: it cannot be read again when it turns
 * out that its events are not one to a line.
 */
export function eventTaker(
  scope: FoldScope,
  digestKey: Uint8Array,
  { threads = 1, threadedFrom = THREADED_FROM, pool: given = null, redactor = builtIn }: TakerOptions = {},
): EventTaker {
  const fold = createFold(scope)
  const quarantined: Quarantined[] = []
  let events = 0
  let byThreads: Intake | null = null
  let isAlone = false
  let pool = given

  const list = (source: string, line: number, reason: string): void => {
    if (quarantined.length < MAX_LISTED) quarantined.push({ file: basename(source), line, reason })
  }

  async function takeAlone({ source, sensor, bytes }: Batch): Promise<Taken> {
    const taken = { events: 0, quarantined: 0 }
    isAlone = true
    await eachEvent(bytes, sensor, (event) => {
      const { line, reading } = event
      events++
      taken.events++
      foldEvent(fold, event, digestKey, redactor)
      if (reading.class !== 'malformed') return
      taken.quarantined++
      list(source, line, reading.reason)
    })
    return taken
  }

  async function takeThreaded({ source, sensor, bytes }: Batch): Promise<Taken | null> {
    const before = events
    pool ??= new ReaderPool(threads, { scope, digestKey, mostListed: MAX_LISTED, redaction: redactor.redaction })
    const read = await pool.read(bytes, sensor, (count) => (events += count))
    if (read === null) {
      events = before
      return null
    }
    for (const { line, reason } of read.listed) list(source, line, reason)
    byThreads = byThreads === null ? read.intake : merge(byThreads, read.intake)
    return { events: read.events, quarantined: read.malformed }
  }

  function intake(): Intake {
    if (byThreads === null) return fold.intake()
    return isAlone ? merge(fold.intake(), byThreads) : byThreads
  }

  return {
    fold: { intake },
    quarantined,
    count: () => events,
    end: async () => pool?.end(),
    async take(batch) {
      if (threads < 2 || batch.source === '-') return takeAlone(batch)
      const { isWhole, all } = await headed(batch.bytes, threadedFrom)
      if (isWhole) return takeAlone({ ...batch, bytes: all })
      return (await takeThreaded({ ...batch, bytes: all })) ?? takeAlone({ ...batch, bytes: openEvents(batch.source) })
    },
  }
}

/**
 * The window to assess: as it was asked for (`now` is only for an expression that is relative to it). Else the manifest's window that
 * holds the newest act; acts in more than one window are refused with the list, because nobody said which of them is meant.
 * @throws RunproofError `window.ambiguous`, `window.empty`
 */
export async function chooseWindow(
  asked: { readonly from: string | null; readonly to: string | null; readonly window: WindowExpression | null },
  { scope, window }: Resolved,
  files: readonly string[],
  sensor: string,
  progress: Progress,
  now: () => number,
): Promise<Window> {
  if (asked.window !== null) return windowOfExpression(asked.window, scope, window, now())
  if (asked.from !== null && asked.to !== null) return windowOf(scope, asked.from, asked.to)
  const counts = new Map<string, { readonly window: Window; acts: number }>()
  for (const file of files) {
    await eachEvent(
      openEvents(file, { onProgress: (bytes) => progress.update(`looking for the window in ${basename(file)}`, bytes) }),
      sensor,
      ({ reading }) => {
        if ((reading.class !== 'detection' && reading.class !== 'observation') || reading.act === null || reading.at === null)
          return
        const holding = windowHolding(scope, window, eventMs(reading.at))
        const known = counts.get(holding.id)
        if (known) known.acts++
        else counts.set(holding.id, { window: holding, acts: 1 })
      },
    )
  }
  const windows = [...counts.values()].sort((a, b) => (a.window.start < b.window.start ? -1 : 1))
  const [only, ...others] = windows
  if (!only)
    throw new RunproofError(
      'window.empty',
      'no event carries a time, so there is no window to assess; say which with --from and --to, or --window',
    )
  if (others.length > 0) {
    const list = windows.map(({ window, acts }) => `  --from ${window.start} --to ${window.end}   ${acts} acts`)
    throw new RunproofError(
      'window.ambiguous',
      `the events belong to ${windows.length} windows; say which one with --from and --to:\n${list.slice(0, 50).join('\n')}`,
    )
  }
  return only.window
}

async function eachEvent(bytes: AsyncIterable<Uint8Array>, sensor: string, onEvent: (event: ReadEvent) => void): Promise<void> {
  const reader = createEventReader({ sensor, connectors, onEvent })
  for await (const chunk of inSmallHeap(bytes)) reader.push(chunk)
  reader.end()
}
