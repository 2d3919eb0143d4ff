import { basename } from 'node:path'
import { createFold, type Fold, type FoldScope } from '../../../core/judge/fold.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { eventMs } from '../../../core/model/time.ts'
import { windowHolding, windowOf, type Window } from '../../../core/model/window.ts'
import type { Resolved } from '../../../core/judge/resolve.ts'
import { openEvents } from '../../collect/open.ts'
import { connectors } from '../../sensors/registry.ts'
import { createEventReader, type ReadEvent } from '../../sensors/read/event-reader.ts'
import { foldEvent } from '../../sensors/fold-event.ts'
import type { Batch, Taken } from '../../shell.ts'
import type { Progress } from '../progress.ts'

/** An event that could not be read: where it stands and why, for `quarantine.ndjson`. */
export type Quarantined = { readonly file: string; readonly line: number; readonly reason: string }

/** More than this are counted in the report as all are, but not listed by position. */
const MAX_LISTED = 10_000

/** Folds the files of one window, batch by batch; what cannot be read is listed with its place. */
export function eventTaker(
  scope: FoldScope,
  digestKey: Uint8Array,
): {
  readonly fold: Fold
  readonly take: (batch: Batch) => Promise<Taken>
  readonly quarantined: Quarantined[]
  readonly count: () => number
} {
  const fold = createFold(scope)
  const quarantined: Quarantined[] = []
  let events = 0
  return {
    fold,
    quarantined,
    count: () => events,
    async take({ source, sensor, bytes }) {
      const taken = { events: 0, quarantined: 0 }
      await eachEvent(bytes, sensor, ({ line, raw, reading }) => {
        events++
        taken.events++
        foldEvent(fold, reading, raw, digestKey)
        if (reading.class !== 'malformed') return
        taken.quarantined++
        if (quarantined.length < MAX_LISTED) quarantined.push({ file: basename(source), line, reason: reading.reason })
      })
      return taken
    },
  }
}

/**
 * The window to assess. Without `from` and `to`: the manifest's window that holds the newest act; acts in more than one window are
 * refused with the list, because nobody said which of them is meant.
 * @throws RunproofError `window.ambiguous`, `window.empty`
 */
export async function chooseWindow(
  asked: { readonly from: string | null; readonly to: string | null },
  { scope, window }: Resolved,
  files: readonly string[],
  sensor: string,
  progress: Progress,
): Promise<Window> {
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
      'no event carries a time, so there is no window to assess; say which with --from and --to',
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
  for await (const chunk of bytes) reader.push(chunk)
  reader.end()
}
