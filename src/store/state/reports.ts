import type { DatabaseSync } from 'node:sqlite'
import type { WindowVerdict } from '../../../core/model/judgement.ts'
import type { Instant } from '../../../core/model/time.ts'
import type { Window } from '../../../core/model/window.ts'
import { integer, text, textOrNull, type Row } from './columns.ts'
import type { ScopeName } from './manifests.ts'

/** What made a report necessary. */
export type Cause = 'close' | 'late_evidence' | 'decision'

export type SealedWindowRow = {
  readonly window: Window
  readonly manifest: number
  /** What had been folded when it was last sealed; more than that is late evidence. */
  readonly sealedRevision: number
  /** Object: the sealed lines. */
  readonly evidence: string
  /** The newest report. */
  readonly report: string
}

export type ReportRow = ScopeName & {
  readonly id: number
  readonly digest: string
  readonly windowId: string
  readonly verdict: WindowVerdict
  readonly verdictBefore: WindowVerdict
  readonly cause: Cause
  readonly supersedes: string | null
  readonly evaluatedAt: Instant
  readonly madeAt: Instant
  readonly evidence: string
  /** Object: what the audit file holds beside report and evidence. */
  readonly receipt: string
  readonly ledgerIndex: number
}

/** Which reports: newest first, from `before` (exclusive) backwards. */
export type ReportFilter = {
  readonly scope: ScopeName | null
  readonly windowId: string | null
  readonly before: number | null
  readonly limit: number
}

/** Sealed windows and their reports, one function per query. */
export function reportRows(db: DatabaseSync) {
  const selectWindow = db.prepare('SELECT * FROM sealed_window WHERE id = ?')
  const selectNewest = db.prepare(
    'SELECT * FROM sealed_window WHERE application = ? AND environment = ? AND ends_at > ? ORDER BY ends_at DESC LIMIT ?',
  )
  const selectLast = db.prepare(
    'SELECT * FROM sealed_window WHERE application = ? AND environment = ? AND ends_at <= ? ORDER BY ends_at DESC LIMIT 1',
  )
  const upsertWindow = db.prepare(`
    INSERT INTO sealed_window (id, application, environment, starts_at, ends_at, manifest, sealed_revision, evidence, report)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      sealed_revision = excluded.sealed_revision, evidence = excluded.evidence, report = excluded.report
  `)
  const insertReport = db.prepare(`
    INSERT INTO report (digest, window_id, application, environment, verdict, verdict_before, cause, supersedes,
      evaluated_at, made_at, evidence, receipt, ledger_index)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  `)
  const selectReport = db.prepare('SELECT * FROM report WHERE digest = ?')
  const selectReports = db.prepare(`
    SELECT * FROM report
    WHERE (:application IS NULL OR (application = :application AND environment = :environment))
      AND (:window IS NULL OR window_id = :window) AND id < :before
    ORDER BY id DESC LIMIT :limit
  `)
  const selectAssured = db.prepare('SELECT report FROM assured WHERE cause_id = ?')
  const insertAssured = db.prepare('INSERT INTO assured (cause_id, report) VALUES (?, ?)')

  return {
    sealedWindow: (id: string): SealedWindowRow | null => {
      const row = selectWindow.get(id)
      return row ? windowOf(row) : null
    },
    /** Newest first, those that end after `after`. */
    lastSealedWindows: ({ application, environment }: ScopeName, after: Instant, limit: number): readonly SealedWindowRow[] =>
      selectNewest.all(application, environment, after, limit).map(windowOf),
    /** The last one that ended by then. */
    lastSealed: ({ application, environment }: ScopeName, by: Instant): SealedWindowRow | null => {
      const row = selectLast.get(application, environment, by)
      return row ? windowOf(row) : null
    },
    putWindow: ({ window, manifest, sealedRevision, evidence, report }: SealedWindowRow): void => {
      const { id, application, environment, start, end } = window
      upsertWindow.run(id, application, environment, start, end, manifest, sealedRevision, evidence, report)
    },
    insertReport: (row: Omit<ReportRow, 'id'>): void => {
      const { digest, windowId, application, environment, verdict, verdictBefore, cause, supersedes } = row
      const { evaluatedAt, madeAt, evidence, receipt, ledgerIndex } = row
      const scope = [digest, windowId, application, environment] as const
      insertReport.run(...scope, verdict, verdictBefore, cause, supersedes, evaluatedAt, madeAt, evidence, receipt, ledgerIndex)
    },
    report: (digest: string): ReportRow | null => {
      const row = selectReport.get(digest)
      return row ? reportOf(row) : null
    },
    reports: ({ scope, windowId, before, limit }: ReportFilter): readonly ReportRow[] =>
      selectReports
        .all({
          application: scope?.application ?? null,
          environment: scope?.environment ?? null,
          window: windowId,
          before: before ?? Number.MAX_SAFE_INTEGER,
          limit,
        })
        .map(reportOf),
    /** The report that this cause led to, if it was ever carried out. */
    assured: (causeId: string): string | null => {
      const row = selectAssured.get(causeId)
      return row ? text(row, 'report') : null
    },
    insertAssured: (causeId: string, report: string): void => {
      insertAssured.run(causeId, report)
    },
  }
}

export type ReportRows = ReturnType<typeof reportRows>

function windowOf(row: Row): SealedWindowRow {
  return {
    window: {
      id: text(row, 'id'),
      application: text(row, 'application'),
      environment: text(row, 'environment'),
      start: text(row, 'starts_at'),
      end: text(row, 'ends_at'),
    },
    manifest: integer(row, 'manifest'),
    sealedRevision: integer(row, 'sealed_revision'),
    evidence: text(row, 'evidence'),
    report: text(row, 'report'),
  }
}

function reportOf(row: Row): ReportRow {
  return {
    id: integer(row, 'id'),
    digest: text(row, 'digest'),
    windowId: text(row, 'window_id'),
    application: text(row, 'application'),
    environment: text(row, 'environment'),
    verdict: text(row, 'verdict') as WindowVerdict,
    verdictBefore: text(row, 'verdict_before') as WindowVerdict,
    cause: text(row, 'cause') as Cause,
    supersedes: textOrNull(row, 'supersedes'),
    evaluatedAt: text(row, 'evaluated_at'),
    madeAt: text(row, 'made_at'),
    evidence: text(row, 'evidence'),
    receipt: text(row, 'receipt'),
    ledgerIndex: integer(row, 'ledger_index'),
  }
}
