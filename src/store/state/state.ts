import type { DatabaseSync } from 'node:sqlite'
import { caseRows, type CaseRows } from './cases.ts'
import { decisionRows, type DecisionRows } from './decisions.ts'
import { expiredRows, type ExpiredRows } from './expired.ts'
import { manifestRows, type ManifestRows } from './manifests.ts'
import { reportRows, type ReportRows } from './reports.ts'

/** What lies beside the ledger in its database. Changes belong into the transaction of their ledger entry. */
export type State = ManifestRows & ReportRows & DecisionRows & CaseRows & ExpiredRows

/** One function per query, prepared once, on a database that {@link migrations} brought up. */
export function stateOf(db: DatabaseSync): State {
  return { ...manifestRows(db), ...reportRows(db), ...decisionRows(db), ...caseRows(db), ...expiredRows(db) }
}
