import type { DatabaseSync } from 'node:sqlite'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { integer, text } from '../state/columns.ts'
import type { Batch, StreamHead } from './types.ts'

/** Batches that named themselves and heads of signed chains, one function per query. */
export function batchRows(db: DatabaseSync) {
  const selectBatch = db.prepare('SELECT digest, outcome, received_ms FROM batch WHERE key = ?')
  const insertBatch = db.prepare('INSERT OR IGNORE INTO batch (key, digest, outcome, received_ms) VALUES (?, ?, ?, ?)')
  const selectStream = db.prepare('SELECT seq, digest, received_ms FROM stream WHERE sensor = ? AND stream = ?')
  const upsertStream = db.prepare(`
    INSERT INTO stream (sensor, stream, seq, digest, received_ms) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (sensor, stream) DO UPDATE SET seq = excluded.seq, digest = excluded.digest, received_ms = excluded.received_ms
    WHERE excluded.seq > seq
  `)

  return {
    batch: (key: string): Batch | null => {
      const row = selectBatch.get(key)
      if (!row) return null
      const outcome = JSON.parse(text(row, 'outcome')) as JsonValue
      return { key, digest: text(row, 'digest'), outcome, receivedMs: integer(row, 'received_ms') }
    },
    /** What became of the first batch of that name stays. */
    insertBatch: ({ key, digest, outcome, receivedMs }: Batch): void => {
      insertBatch.run(key, digest, JSON.stringify(outcome), receivedMs)
    },
    stream: (sensor: string, stream: string): StreamHead | null => {
      const row = selectStream.get(sensor, stream)
      if (!row) return null
      return { sensor, stream, seq: integer(row, 'seq'), digest: text(row, 'digest'), receivedMs: integer(row, 'received_ms') }
    },
    /** A chain never goes back. */
    putStream: ({ sensor, stream, seq, digest, receivedMs }: StreamHead): void => {
      upsertStream.run(sensor, stream, seq, digest, receivedMs)
    },
  }
}
export type BatchRows = ReturnType<typeof batchRows>
