import type { DatabaseSync } from 'node:sqlite'
import type { IntakeLimits } from '../../../core/judge/limits.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { guarded, immediately } from '../sqlite.ts'
import { batchRows } from './batch-rows.ts'
import { behaviourRows } from './behaviour-rows.ts'
import { behaviourFolder } from './fold-behaviours.ts'
import { watchFolder } from './fold-watch.ts'
import { retentionRows } from './retention.ts'
import { sightingRows } from './sighting-rows.ts'
import type { Delta, Place, Retention, WindowDelta } from './types.ts'
import { watchRows } from './watch-rows.ts'
import { windowRows } from './window-rows.ts'

/** What folds deltas into an open database. One at a time: it remembers what it wrote. */
export type IntakeWriter = {
  /**
   * One transaction: rows, place and all. Folding the same frames twice is prevented by the place.
   * @throws RunproofError `store.out_of_step` for a delta whose place is not after the stored one
   */
  readonly fold: (delta: Delta) => void
  readonly place: () => Place | null
  /** Deletes up to `slice` behaviours of a window, whose sealed evidence lies elsewhere; true when there are more. */
  readonly forget: (windowId: string, slice: number) => boolean
  /** Deletes what nothing rests on any more. */
  readonly prune: (retention: Retention) => void
}

export function intakeWriter(db: DatabaseSync, path: string, limits: IntakeLimits): IntakeWriter {
  const [windows, batches, retention] = [windowRows(db), batchRows(db), retentionRows(db)]
  const behaviours = behaviourFolder({ windows, behaviours: behaviourRows(db), sightings: sightingRows(db) }, limits)
  const watch = watchFolder(watchRows(db), limits)

  function write<T>(work: () => T): T {
    try {
      return guarded(path, () => immediately(db, work))
    } catch (error) {
      forgetAll()
      throw error
    }
  }

  function forgetAll(): void {
    behaviours.forgetAll()
    watch.forgetAll()
  }

  function foldDelta({ place, scopes, windows: received, batches: named, streams }: Delta): void {
    const stored = windows.place()
    if (stored !== null && !isAfter(place, stored)) throw outOfStep(path, place, stored)
    const raised = new Map<number, number>()
    const raise = (id: number, receivedMs: number): void => void raised.set(id, Math.max(raised.get(id) ?? 0, receivedMs))
    for (const delta of received) foldWindow(delta, raise)
    // Signs of life are of the windows that they happened in, where each event is counted too: neighbours that may look at them, because
    // they are near their edges, are not made anew for that.
    for (const { scope, watch: signals } of scopes) watch.add(windows.scopeOrNew(scope), signals.values())
    for (const [id, receivedMs] of raised) windows.raise(id, receivedMs)
    for (const batch of named) batches.insertBatch(batch)
    for (const stream of streams) batches.putStream(stream)
    windows.setPlace(place)
  }

  function foldWindow(delta: WindowDelta, raise: (id: number, receivedMs: number) => void): void {
    const { window, behaviours: folded, tally, lastReceivedMs } = delta
    let row = windows.window(window.id)
    const isNew = row === null
    if (row === null) {
      windows.insertWindow(window, windows.scopeOrNew(window))
      row = windows.window(window.id)
    }
    if (row === null) throw new TypeError(`the window ${window.id} is not there after it was inserted`)
    for (const [name, count] of tally) windows.count(row.id, name, count)
    behaviours.add(row, folded)
    if (isNew || folded.size > 0 || tally.size > 0) raise(row.id, lastReceivedMs)
  }

  return {
    fold: (delta) => write(() => foldDelta(delta)),
    place: () => guarded(path, () => windows.place()),
    forget: (windowId, slice) => {
      return write(() => {
        const row = windows.window(windowId)
        const more = row !== null && retention.forgetSome(row.id, Math.max(1, slice))
        forgetAll()
        return more
      })
    },
    prune: (what) => {
      write(() => retention.prune(what))
      forgetAll()
    },
  }
}

function isAfter(a: Place, b: Place): boolean {
  return a.segment === b.segment ? a.offset > b.offset : a.segment > b.segment
}

function outOfStep(path: string, place: Place, stored: Place): RunproofError {
  const why = `${path} holds what was folded up to segment ${stored.segment}, offset ${stored.offset}; segment ${place.segment}, offset ${place.offset} is not after it`
  return new RunproofError('store.out_of_step', why)
}
