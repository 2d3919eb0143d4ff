import type { DatabaseSync } from 'node:sqlite'
import { MINUTE_MS } from '../../../core/model/time.ts'
import type { Watch } from '../../../core/model/watch.ts'
import { integer, text } from '../state/columns.ts'
import type { Retention } from './types.ts'

/** What deletes, one function per query or rule. Each call is to be one transaction. */
export function retentionRows(db: DatabaseSync) {
  const selectOldest = db.prepare('SELECT id FROM behaviour WHERE window = ? ORDER BY print LIMIT ?')
  const deleteSightings = db.prepare('DELETE FROM sighting WHERE behaviour = ?')
  const deleteBehaviour = db.prepare('DELETE FROM behaviour WHERE id = ?')
  const deleteReadings = db.prepare('DELETE FROM reading WHERE window = ?')
  const deleteTally = db.prepare('DELETE FROM tally WHERE window = ?')
  const setForgotten = db.prepare('UPDATE evidence_window SET forgotten = 1, behaviours = 0, ceiling = NULL WHERE id = ?')
  const deleteBeats = db.prepare('DELETE FROM beat WHERE scope = ? AND moment < ?')
  const deleteSignals = db.prepare(
    'DELETE FROM watch_signal WHERE scope = ? AND reach < 2 AND opens < :before AND closes < :before',
  )
  const selectLasting = db.prepare(
    'SELECT id, signal FROM watch_signal WHERE scope = ? AND reach = 2 AND opens < ? ORDER BY opens, id',
  )
  const selectCounters = db.prepare(`
    SELECT signal FROM watch_signal WHERE scope = ? AND reach = 0 AND opens < ? AND signal ->> '$.kind' = 'counters'
  `)
  const deleteSignal = db.prepare('DELETE FROM watch_signal WHERE id = ?')
  const selectScopes = db.prepare('SELECT id FROM scope')
  const deleteWindows = db.prepare('DELETE FROM evidence_window WHERE forgotten = 1 AND behaviours = 0 AND ends < ?')
  const deleteBatches = db.prepare('DELETE FROM batch WHERE received_ms < ?')
  const deleteStreams = db.prepare('DELETE FROM stream WHERE received_ms < ?')

  /** Marks that a later one has ended, or that a newer one of the same name stands for. */
  function endedMarks(scope: number, before: number): readonly number[] {
    const marks = selectLasting
      .all(scope, before)
      .map((row) => ({ id: integer(row, 'id'), signal: signalOf(text(row, 'signal')) }))
    const counters = selectCounters.all(scope, before).map((row) => signalOf(text(row, 'signal')))
    const freshAfter = (fault: Watch, at: string): boolean =>
      counters.some(
        (each) =>
          each.kind === 'counters' &&
          each.sensor === fault.sensor &&
          each.node === fault.node &&
          [each.startedAt, each.reloadedAt].some((moment) => moment !== null && moment > at),
      )
    const groups = Map.groupBy(marks, ({ signal }) => groupOf(signal))
    return [...groups.values()].flatMap((group) => endedOf(group, freshAfter))
  }

  return {
    /** Deletes up to so many behaviours of a window; false when none are left: then all else of it is gone too. */
    forgetSome: (window: number, most: number): boolean => {
      const ids = selectOldest.all(window, most).map((row) => integer(row, 'id'))
      for (const id of ids) {
        deleteSightings.run(id)
        deleteBehaviour.run(id)
      }
      if (ids.length === most) return true
      deleteReadings.run(window)
      deleteTally.run(window)
      setForgotten.run(window)
      return false
    },
    prune: ({ watchBeforeMs, batchesBeforeMs, streamsBeforeMs }: Retention): void => {
      const minute = Math.floor(watchBeforeMs / MINUTE_MS)
      for (const row of selectScopes.all()) {
        const scope = integer(row, 'id')
        // Before the counters go, which say what a restart has ended.
        for (const id of endedMarks(scope, 2 * minute)) deleteSignal.run(id)
        deleteBeats.run(scope, 2 * minute)
        deleteSignals.run({ before: 2 * minute }, scope)
      }
      deleteWindows.run(minute)
      deleteBatches.run(batchesBeforeMs)
      deleteStreams.run(streamsBeforeMs)
    },
  }
}
export type RetentionRows = ReturnType<typeof retentionRows>

type Mark = { readonly id: number; readonly signal: Watch }

function endedOf(group: readonly Mark[], freshAfter: (fault: Watch, at: string) => boolean): readonly number[] {
  const last = group.at(-1)
  if (last === undefined) return []
  if (last.signal.kind === 'throttle') return endedThrottles(group)
  const { signal } = last
  const ended = signal.kind === 'fault' && freshAfter(signal, signal.at)
  return (ended ? group : group.slice(0, -1)).map(({ id }) => id)
}

/** As many starts are open as were not stopped: what lies before the moment when none was is over. */
function endedThrottles(group: readonly Mark[]): readonly number[] {
  const byTime = group.toSorted(
    (a, b) => compare(timeOf(a.signal), timeOf(b.signal)) || compare(stateOf(a.signal), stateOf(b.signal)),
  )
  let [open, over] = [0, 0]
  for (const [index, { signal }] of byTime.entries()) {
    open = Math.max(0, open + (stateOf(signal) === 'start' ? 1 : -1))
    if (open === 0) over = index + 1
  }
  return byTime.slice(0, over).map(({ id }) => id)
}

function groupOf(signal: Watch): string {
  const { kind, sensor, node } = signal
  return JSON.stringify([
    kind,
    sensor,
    node,
    signal.kind === 'throttle' ? signal.scope : signal.kind === 'fault' ? signal.what : null,
  ])
}

function timeOf(signal: Watch): string {
  return signal.kind === 'throttle' || signal.kind === 'fault' ? signal.at : ''
}

function stateOf(signal: Watch): string {
  return signal.kind === 'throttle' ? signal.state : ''
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function signalOf(json: string): Watch {
  return JSON.parse(json) as Watch
}
