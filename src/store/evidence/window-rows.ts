import type { DatabaseSync } from 'node:sqlite'
import { instantMs, instantOf, MINUTE_MS } from '../../../core/model/time.ts'
import type { Window } from '../../../core/model/window.ts'
import { isMark } from '../../../core/judge/merge.ts'
import type { Tally } from '../../../core/model/intake.ts'
import { integer, text, textOrNull, type Row } from '../state/columns.ts'
import type { Place, ScopeName, WindowFilter, WindowState } from './types.ts'

export type WindowRow = WindowState & {
  readonly id: number
  readonly scope: number
  readonly behaviours: number
  readonly ceiling: string | null
}

/** The place, scopes, windows and tallies, one function per query. */
export function windowRows(db: DatabaseSync) {
  const selectPlace = db.prepare('SELECT segment, at, received_ms FROM place')
  const upsertPlace = db.prepare(`
    INSERT INTO place (id, segment, at, received_ms) VALUES (1, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET segment = excluded.segment, at = excluded.at, received_ms = excluded.received_ms
  `)
  const selectScope = db.prepare('SELECT id FROM scope WHERE application = ? AND environment = ?')
  const insertScope = db.prepare('INSERT INTO scope (application, environment) VALUES (?, ?)')
  const columns = 'w.*, s.application, s.environment FROM evidence_window w JOIN scope s ON s.id = w.scope'
  const selectWindow = db.prepare(`SELECT ${columns} WHERE w.name = ?`)
  const selectWindows = db.prepare(`
    SELECT ${columns}
    WHERE (:application IS NULL OR (s.application = :application AND s.environment = :environment))
      AND w.ends > :endsAfter AND w.ends <= :endsBy AND w.received_ms >= :receivedFromMs
    ORDER BY w.ends, w.name
  `)
  const insertWindow = db.prepare(
    'INSERT INTO evidence_window (name, scope, starts, ends, revision, received_ms) VALUES (?, ?, ?, ?, 0, 0)',
  )
  const raiseWindow = db.prepare(
    'UPDATE evidence_window SET revision = revision + 1, received_ms = max(received_ms, ?) WHERE id = ?',
  )
  const updateSize = db.prepare('UPDATE evidence_window SET behaviours = ?, ceiling = ? WHERE id = ?')
  const selectTally = db.prepare('SELECT name, count FROM tally WHERE window = ?')
  const upsertTally = db.prepare(`
    INSERT INTO tally (window, name, count) VALUES (?, ?, ?)
    ON CONFLICT (window, name) DO UPDATE SET count = count + excluded.count
  `)
  const markTally = db.prepare('INSERT OR IGNORE INTO tally (window, name, count) VALUES (?, ?, 1)')

  return {
    place: (): Place | null => {
      const row = selectPlace.get()
      return row
        ? { segment: integer(row, 'segment'), offset: integer(row, 'at'), receivedMs: integer(row, 'received_ms') }
        : null
    },
    setPlace: ({ segment, offset, receivedMs }: Place): void => {
      upsertPlace.run(segment, offset, receivedMs)
    },
    scope: ({ application, environment }: ScopeName): number | null => {
      const row = selectScope.get(application, environment)
      return row ? integer(row, 'id') : null
    },
    scopeOrNew: ({ application, environment }: ScopeName): number => {
      const row = selectScope.get(application, environment)
      return row ? integer(row, 'id') : Number(insertScope.run(application, environment).lastInsertRowid)
    },
    window: (name: string): WindowRow | null => {
      const row = selectWindow.get(name)
      return row ? windowRow(row) : null
    },
    windows: ({ scope, endsAfter, endsBy, receivedFromMs }: WindowFilter): readonly WindowRow[] => {
      const [application, environment] = [scope?.application ?? null, scope?.environment ?? null]
      const range = { endsAfter: minutesOf(endsAfter) ?? -1, endsBy: minutesOf(endsBy) ?? Number.MAX_SAFE_INTEGER }
      return selectWindows.all({ application, environment, ...range, receivedFromMs: receivedFromMs ?? 0 }).map(windowRow)
    },
    insertWindow: ({ id, start, end }: Window, scope: number): void => {
      insertWindow.run(id, scope, instantMs(start) / MINUTE_MS, instantMs(end) / MINUTE_MS)
    },
    raise: (id: number, receivedMs: number): void => {
      raiseWindow.run(receivedMs, id)
    },
    resize: (id: number, behaviours: number, ceiling: string | null): void => {
      updateSize.run(behaviours, ceiling, id)
    },
    tally: (window: number): Tally => {
      return new Map(selectTally.all(window).map((row) => [text(row, 'name'), integer(row, 'count')]))
    },
    /** Counts add, marks stay one. */
    count: (window: number, name: string, count: number): void => {
      if (isMark(name)) markTally.run(window, name)
      else upsertTally.run(window, name, count)
    },
  }
}
export type WindowRows = ReturnType<typeof windowRows>

function windowRow(row: Row): WindowRow {
  const window: Window = {
    id: text(row, 'name'),
    application: text(row, 'application'),
    environment: text(row, 'environment'),
    start: instantOf(integer(row, 'starts') * MINUTE_MS),
    end: instantOf(integer(row, 'ends') * MINUTE_MS),
  }
  return {
    window,
    id: integer(row, 'id'),
    scope: integer(row, 'scope'),
    revision: integer(row, 'revision'),
    lastReceivedMs: integer(row, 'received_ms'),
    behaviours: integer(row, 'behaviours'),
    ceiling: textOrNull(row, 'ceiling'),
    forgotten: integer(row, 'forgotten') === 1,
  }
}

function minutesOf(instant: string | undefined): number | null {
  return instant === undefined ? null : instantMs(instant) / MINUTE_MS
}
