import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../../core/model/time.ts'
import { integer, text, type Row } from './columns.ts'

/** Who did what, and what came of it. Never holds a secret. */
export type AccessLogRow = {
  readonly id: number
  readonly at: Instant
  /** `person:`, `token:` or `sensor:` and the id; else `nobody`. */
  readonly who: string
  readonly action: string
  readonly what: string
  readonly outcome: string
  readonly address: string
}

export type AccessLogFilter = { readonly who: string | null; readonly before: number | null; readonly limit: number }

/** The log of access, one function per query. */
export function accessLogRows(db: DatabaseSync) {
  const insert = db.prepare('INSERT INTO access_log (at, who, action, what, outcome, address) VALUES (?, ?, ?, ?, ?, ?)')
  const select = db.prepare(`
    SELECT * FROM access_log WHERE (:who IS NULL OR who = :who) AND id < :before ORDER BY id DESC LIMIT :limit
  `)
  const keepFrom = db.prepare(`
    INSERT INTO access_kept (id, kept_from) VALUES (1, ?)
    ON CONFLICT (id) DO UPDATE SET kept_from = max(kept_from, excluded.kept_from)
  `)
  const deleteOldest = db.prepare(
    'DELETE FROM access_log WHERE id IN (SELECT id FROM access_log WHERE at < ? ORDER BY id LIMIT ?)',
  )

  return {
    /** Deletes up to so many of the entries before `from`; returns how many. One transaction. */
    forgetAccesses: (from: Instant, most: number): number => {
      keepFrom.run(from)
      return Number(deleteOldest.run(from, most).changes)
    },
    insertAccess: ({ at, who, action, what, outcome, address }: Omit<AccessLogRow, 'id'>): void => {
      insert.run(at, who, action, what, outcome, address)
    },
    /** Newest first. */
    accesses: ({ who, before, limit }: AccessLogFilter): readonly AccessLogRow[] =>
      select.all({ who, before: before ?? Number.MAX_SAFE_INTEGER, limit }).map(accessOf),
  }
}

export type AccessLogRows = ReturnType<typeof accessLogRows>

function accessOf(row: Row): AccessLogRow {
  return {
    id: integer(row, 'id'),
    at: text(row, 'at'),
    who: text(row, 'who'),
    action: text(row, 'action'),
    what: text(row, 'what'),
    outcome: text(row, 'outcome'),
    address: text(row, 'address'),
  }
}
