import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../../core/model/time.ts'
import { integer, text, type Row } from './columns.ts'
import type { ScopeName } from './manifests.ts'

/** Sealed evidence that was deleted because its time was over. */
export type ExpiredRow = {
  /** Of the sealed lines. */
  readonly digest: string
  readonly windowId: string
  readonly expiredAt: Instant
  /** As the manifest says it: `400d`. */
  readonly keptFor: string
  readonly ledgerIndex: number
}

/** What retention reads and writes, one function per query. */
export function expiredRows(db: DatabaseSync) {
  // The newest window of a scope stays: the next one follows it. So does what an open case rests on.
  const selectDue = db.prepare(`
    SELECT w.id FROM sealed_window w
    WHERE w.application = :application AND w.environment = :environment AND w.manifest = :manifest AND w.ends_at < :before
      AND w.ends_at < (SELECT max(ends_at) FROM sealed_window WHERE application = :application AND environment = :environment)
      AND NOT EXISTS (SELECT 1 FROM expired_evidence e WHERE e.window_id = w.id)
      AND w.id NOT IN (
        SELECT c.window_id FROM review_case r JOIN case_window c ON c.case_id = r.id
        WHERE r.application = :application AND r.environment = :environment AND r.closed_at IS NULL
      )
    ORDER BY w.ends_at LIMIT :limit
  `)
  const selectEvidence = db.prepare('SELECT DISTINCT evidence FROM report WHERE window_id = ? ORDER BY evidence')
  const insert = db.prepare(
    'INSERT INTO expired_evidence (digest, window_id, expired_at, kept_for, ledger_index) VALUES (?, ?, ?, ?, ?)',
  )
  const select = db.prepare('SELECT * FROM expired_evidence WHERE digest = ?')
  const selectWindow = db.prepare('SELECT 1 FROM expired_evidence WHERE window_id = ? LIMIT 1')
  const selectThere = db.prepare('SELECT digest FROM expired_evidence WHERE removed = 0 ORDER BY digest LIMIT ?')
  const setRemoved = db.prepare('UPDATE expired_evidence SET removed = 1 WHERE digest = ?')

  return {
    /** Windows that a manifest governs and that ended before, oldest first, of which nothing else is in need. */
    expirableWindows: (scope: ScopeName, manifest: number, before: Instant, limit: number): readonly string[] =>
      selectDue
        .all({ application: scope.application, environment: scope.environment, manifest, before, limit })
        .map((row) => text(row, 'id')),
    /** Digests of all that a window was ever judged by. */
    evidenceOf: (windowId: string): readonly string[] => selectEvidence.all(windowId).map((row) => text(row, 'evidence')),
    insertExpired: ({ digest, windowId, expiredAt, keptFor, ledgerIndex }: ExpiredRow): void => {
      insert.run(digest, windowId, expiredAt, keptFor, ledgerIndex)
    },
    expired: (digest: string): ExpiredRow | null => {
      const row = select.get(digest)
      return row ? expiredOf(row) : null
    },
    isExpired: (windowId: string): boolean => selectWindow.get(windowId) !== undefined,
    /** Expired, and perhaps still on the disk. */
    expiredThere: (limit: number): readonly string[] => selectThere.all(limit).map((row) => text(row, 'digest')),
    setRemoved: (digest: string): void => {
      setRemoved.run(digest)
    },
  }
}

export type ExpiredRows = ReturnType<typeof expiredRows>

function expiredOf(row: Row): ExpiredRow {
  return {
    digest: text(row, 'digest'),
    windowId: text(row, 'window_id'),
    expiredAt: text(row, 'expired_at'),
    keptFor: text(row, 'kept_for'),
    ledgerIndex: integer(row, 'ledger_index'),
  }
}
