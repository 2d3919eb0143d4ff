import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'
import type { StoredTile } from './tree.ts'

export type MetaRow = { readonly origin: string; readonly publicKey: Uint8Array }
/** `time` in seconds since 1970. */
export type HeadRow = { readonly size: number; readonly root: Uint8Array; readonly checkpoint: string; readonly time: number }
export type EntryRow = { readonly index: number; readonly body: Uint8Array; readonly kind: string; readonly eventId: string }

/** The ledger's queries, prepared once. @throws RunproofError `ledger.contradiction` when a row is not what the schema says. */
export type Rows = ReturnType<typeof ledgerRows>

/** One function per query on an open database that has the ledger's tables. */
export function ledgerRows(db: DatabaseSync) {
  const selectMeta = db.prepare('SELECT origin, public_key FROM ledger_meta')
  const insertMeta = db.prepare('INSERT INTO ledger_meta (id, origin, public_key) VALUES (1, ?, ?)')
  const selectHead = db.prepare('SELECT size, root, checkpoint, time FROM ledger_head')
  const insertHead = db.prepare('INSERT INTO ledger_head (id, size, root, checkpoint, time) VALUES (1, ?, ?, ?, ?)')
  const updateHead = db.prepare('UPDATE ledger_head SET size = ?, root = ?, checkpoint = ?, time = ?')
  const selectTile = db.prepare('SELECT data FROM ledger_tile WHERE level = ? AND n = ?')
  const upsertTile = db.prepare(`
    INSERT INTO ledger_tile (level, n, data) VALUES (?, ?, ?)
    ON CONFLICT (level, n) DO UPDATE SET data = excluded.data
  `)
  const countTiles = db.prepare('SELECT count(*) AS count FROM ledger_tile')
  const insertEntry = db.prepare('INSERT INTO ledger_entry (idx, leaf, kind, event_id) VALUES (?, ?, ?, ?)')
  const selectEntries = db.prepare('SELECT idx, leaf, kind, event_id FROM ledger_entry WHERE idx >= ? ORDER BY idx LIMIT ?')
  const selectByEvent = db.prepare('SELECT idx, leaf, kind, event_id FROM ledger_entry WHERE event_id = ?')
  const selectNamed = db.prepare(`
    SELECT idx, leaf, kind, event_id FROM ledger_entry WHERE event_id >= ?1 AND event_id < ?1 || char(0x10ffff) ORDER BY idx
  `)
  const selectNextIndex = db.prepare('SELECT coalesce(max(idx) + 1, 0) AS next FROM ledger_entry')

  return {
    meta: (): MetaRow | null => {
      const row = selectMeta.get()
      return row ? { origin: text(row['origin']), publicKey: bytes(row['public_key']) } : null
    },
    insertMeta: ({ origin, publicKey }: MetaRow): void => {
      insertMeta.run(origin, publicKey)
    },
    head: (): HeadRow | null => {
      const row = selectHead.get()
      if (!row) return null
      const { size, root, checkpoint, time } = row
      return { size: count(size), root: bytes(root), checkpoint: text(checkpoint), time: count(time) }
    },
    insertHead: ({ size, root, checkpoint, time }: HeadRow): void => {
      insertHead.run(size, root, checkpoint, time)
    },
    updateHead: ({ size, root, checkpoint, time }: HeadRow): void => {
      updateHead.run(size, root, checkpoint, time)
    },
    /** Empty when there is none. */
    tile: (level: number, n: number): Uint8Array => {
      const row = selectTile.get(level, n)
      return row ? bytes(row['data']) : new Uint8Array()
    },
    putTile: ({ level, n, data }: StoredTile): void => {
      upsertTile.run(level, n, data)
    },
    tileCount: (): number => {
      return count(countTiles.get()?.['count'])
    },
    insertEntry: ({ index, body, kind, eventId }: EntryRow): void => {
      insertEntry.run(index, body, kind, eventId)
    },
    /** At most `most` entries from `first` on, in order. */
    entries: (first: number, most: number): readonly EntryRow[] => {
      return selectEntries.all(first, most).map(entry)
    },
    entryOf: (eventId: string): EntryRow | null => {
      const row = selectByEvent.get(eventId)
      return row ? entry(row) : null
    },
    /** Those whose event id begins so, in order. */
    named: (prefix: string): readonly EntryRow[] => {
      return selectNamed.all(prefix).map(entry)
    },
    nextIndex: (): number => {
      return count(selectNextIndex.get()?.['next'])
    },
  }
}

function entry(row: Record<string, SQLOutputValue>): EntryRow {
  return { index: count(row['idx']), body: bytes(row['leaf']), kind: text(row['kind']), eventId: text(row['event_id']) }
}

function bytes(value: SQLOutputValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw unexpected('bytes')
}

function text(value: SQLOutputValue | undefined): string {
  if (typeof value === 'string') return value
  throw unexpected('text')
}

function count(value: SQLOutputValue | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw unexpected('a count')
}

function unexpected(wanted: string): RunproofError {
  return new RunproofError('ledger.contradiction', `the ledger's database holds something else where ${wanted} was written`)
}
