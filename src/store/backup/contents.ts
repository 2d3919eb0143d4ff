import { DatabaseSync } from 'node:sqlite'
import { hex } from '../../../core/proof/bytes.ts'
import { formatVkey } from '../../../core/proof/note.ts'
import { contradiction } from '../ledger/checkpoint.ts'
import { ledgerRows } from '../ledger/rows.ts'
import { guarded } from '../sqlite.ts'
import { integer, text } from '../state/columns.ts'
import type { Position } from '../segments/segments.ts'

/** What a report in the database rests on: digests of objects. */
export type KeptReport = {
  readonly digest: string
  readonly evidence: string
  readonly receipt: string
  readonly ledgerIndex: number
}

/** An object that a row names, and which row that is, for people. */
export type Reference = { readonly digest: string; readonly of: string }

/** A copy of ledger.db, of whatever version; closed by its caller. */
export type LedgerCopy = {
  readonly schema: number
  readonly log: { origin: string; vkey: string; size: number; root: string; checkpoint: string }
  readonly publicKey: Uint8Array
  readonly reports: () => Generator<KeptReport, void>
  readonly references: () => Generator<Reference, void>
  readonly isSealed: (window: string) => boolean
  readonly close: () => void
}

/** @throws RunproofError `store.unreadable`, `ledger.contradiction` */
export function openLedgerCopy(path: string): LedgerCopy {
  return guarded(path, () => {
    const db = new DatabaseSync(path, { readOnly: true })
    try {
      return ledgerCopy(db)
    } catch (error) {
      db.close()
      throw error
    }
  })
}

/** How far evidence.db had come, the windows whose rows it let go, and the version of its tables. */
export function evidenceCopy(path: string): {
  readonly schema: number
  readonly place: Position | null
  readonly forgotten: readonly string[]
} {
  return guarded(path, () => {
    const db = new DatabaseSync(path, { readOnly: true })
    try {
      const schema = versionOf(db)
      const forgotten = schema === 0 ? [] : db.prepare('SELECT name FROM evidence_window WHERE forgotten = 1').all()
      return {
        schema,
        place: placeOf(db),
        forgotten: forgotten.map((each) => text(each, 'name')),
      }
    } finally {
      db.close()
    }
  })
}

/** Null before anything was folded, and in a database that has no tables yet. */
export function placeOf(db: DatabaseSync): Position | null {
  if (versionOf(db) === 0) return null
  const row = db.prepare('SELECT segment, at FROM place').get()
  return row ? { segment: integer(row, 'segment'), offset: integer(row, 'at') } : null
}

function ledgerCopy(db: DatabaseSync): LedgerCopy {
  const schema = versionOf(db)
  const rows = ledgerRows(db)
  const [meta, head] = [rows.meta(), rows.head()]
  if (!meta || !head) throw contradiction('the database does not say which log it is, or has no head')
  const { origin, publicKey } = meta
  const { size, root, checkpoint } = head
  return {
    schema,
    log: { origin, vkey: formatVkey({ name: origin, publicKey }), size, root: hex(root), checkpoint },
    publicKey,
    reports: () => reportsIn(db, schema),
    references: () => referencesIn(db, schema),
    isSealed: (window) => db.prepare('SELECT 1 FROM sealed_window WHERE id = ?').get(window) !== undefined,
    close: () => db.close(),
  }
}

/** Tables of reports and manifests came with the second version of the schema. */
const WITH_STATE = 2
/** Retention of sealed evidence came with the fifth. */
const WITH_RETENTION = 5

function* reportsIn(db: DatabaseSync, schema: number): Generator<KeptReport, void> {
  if (schema < WITH_STATE) return
  for (const row of db.prepare('SELECT digest, evidence, receipt, ledger_index FROM report ORDER BY id').iterate()) {
    const [digest, evidence, receipt] = [text(row, 'digest'), text(row, 'evidence'), text(row, 'receipt')]
    yield { digest, evidence, receipt, ledgerIndex: integer(row, 'ledger_index') }
  }
}

function* referencesIn(db: DatabaseSync, schema: number): Generator<Reference, void> {
  if (schema < WITH_STATE) return
  const isKept = keptIn(db, schema)
  for (const { digest, evidence, receipt } of reportsIn(db, schema)) {
    yield { digest, of: `report ${digest}` }
    if (isKept(evidence)) yield { digest: evidence, of: `the evidence of report ${digest}` }
    yield { digest: receipt, of: `the receipt of report ${digest}` }
  }
  for (const row of db.prepare('SELECT id, evidence, report FROM sealed_window').iterate()) {
    const evidence = text(row, 'evidence')
    if (isKept(evidence)) yield { digest: evidence, of: `the evidence of window ${text(row, 'id')}` }
    yield { digest: text(row, 'report'), of: `the report of window ${text(row, 'id')}` }
  }
  for (const row of db.prepare('SELECT name, version, promise FROM manifest_version').iterate()) {
    yield { digest: text(row, 'promise'), of: `manifest ${text(row, 'name')} ${text(row, 'version')}` }
  }
}

/** Evidence whose time was over is not missing. */
function keptIn(db: DatabaseSync, schema: number): (evidence: string) => boolean {
  if (schema < WITH_RETENTION) return () => true
  const select = db.prepare('SELECT 1 FROM expired_evidence WHERE digest = ?')
  return (evidence) => select.get(evidence) === undefined
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
}
