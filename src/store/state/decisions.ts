import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../../core/model/time.ts'
import { integer, text, textOrNull, type Row } from './columns.ts'
import type { ScopeName } from './manifests.ts'

/** A person's signed word, as it was handed in. */
export type DecisionRow = ScopeName & {
  readonly id: number
  /** SHA-256 of the signed statement; two people who sign the same statement have the same. */
  readonly digest: string
  readonly keyId: string
  /** DSSE envelope, JSON. */
  readonly envelope: string
  readonly subject: string
  /** Null: it counts in every window while it holds. */
  readonly windowId: string | null
  readonly decidedBy: string
  readonly decidedAt: Instant
  readonly ledgerIndex: number
}

/** Signed decisions, one function per query. */
export function decisionRows(db: DatabaseSync) {
  const selectOfScope = db.prepare('SELECT * FROM decision WHERE application = ? AND environment = ? ORDER BY id')
  const selectOfSubject = db.prepare('SELECT * FROM decision WHERE subject = ? ORDER BY id')
  const selectSigned = db.prepare('SELECT * FROM decision WHERE digest = ? ORDER BY id')
  const selectOne = db.prepare('SELECT * FROM decision WHERE digest = ? AND key_id = ?')
  const insert = db.prepare(`
    INSERT INTO decision
      (application, environment, digest, key_id, envelope, subject, window_id, decided_by, decided_at, ledger_index)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  `)

  return {
    /** In the order in which they came. */
    decisionsOf: ({ application, environment }: ScopeName): readonly DecisionRow[] =>
      selectOfScope.all(application, environment).map(decisionOf),
    decisionsOn: (subject: string): readonly DecisionRow[] => selectOfSubject.all(subject).map(decisionOf),
    /** Everybody's signature over the same statement. */
    decisionsSigned: (digest: string): readonly DecisionRow[] => selectSigned.all(digest).map(decisionOf),
    decision: (digest: string, keyId: string): DecisionRow | null => {
      const row = selectOne.get(digest, keyId)
      return row ? decisionOf(row) : null
    },
    insertDecision: (row: Omit<DecisionRow, 'id'>): void => {
      const { application, environment, digest, keyId, envelope, subject, windowId, decidedBy, decidedAt, ledgerIndex } = row
      insert.run(application, environment, digest, keyId, envelope, subject, windowId, decidedBy, decidedAt, ledgerIndex)
    },
  }
}

export type DecisionRows = ReturnType<typeof decisionRows>

function decisionOf(row: Row): DecisionRow {
  return {
    id: integer(row, 'id'),
    application: text(row, 'application'),
    environment: text(row, 'environment'),
    digest: text(row, 'digest'),
    keyId: text(row, 'key_id'),
    envelope: text(row, 'envelope'),
    subject: text(row, 'subject'),
    windowId: textOrNull(row, 'window_id'),
    decidedBy: text(row, 'decided_by'),
    decidedAt: text(row, 'decided_at'),
    ledgerIndex: integer(row, 'ledger_index'),
  }
}
