import type { DatabaseSync } from 'node:sqlite'
import type { Severity } from '../../../core/model/severity.ts'
import type { Instant } from '../../../core/model/time.ts'
import type { Waiver } from '../../../core/model/waiver.ts'
import { caseEventRows, type CaseEventRows } from './case-events.ts'
import { integer, text, textOrNull, type Row } from './columns.ts'
import type { ScopeName } from './manifests.ts'

/** What a judgement says of a case. */
export type CaseContent = {
  readonly title: string
  readonly severity: Severity
  readonly confidence: number
  readonly verdict: 'fail' | 'review' | 'none'
  readonly reasons: readonly string[]
  readonly workloads: readonly string[]
  /** What was seen, shortened, as JSON. */
  readonly evidence: unknown
  /** Digests of the waivers that cover it. */
  readonly coveredBy: readonly string[]
}

export type CaseRow = ScopeName &
  CaseContent & {
    readonly id: number
    /** `exception`: asked for in advance; `verdict`: of a control or window, with no finding behind it. */
    readonly kind: 'finding' | 'exception' | 'verdict'
    readonly subject: string
    readonly control: string | null
    readonly fingerprint: string | null
    readonly scope: Waiver['scope']
    readonly openedAt: Instant
    readonly dueAt: Instant
    readonly firstWindow: string | null
    readonly lastWindow: string | null
    readonly lastWindowEnd: Instant | null
    readonly report: string | null
    readonly assignee: string | null
    readonly closedAt: Instant | null
  }

/** Newest first, from `before` (exclusive) backwards. */
export type CaseFilter = {
  readonly scope: ScopeName | null
  readonly closed: boolean | null
  readonly control: string | null
  readonly assignee: string | null
  readonly before: number | null
  readonly limit: number
}

/** Cases, one function per query. */
export function caseRows(db: DatabaseSync) {
  const selectOne = db.prepare('SELECT * FROM review_case WHERE id = ?')
  const selectOf = db.prepare('SELECT * FROM review_case WHERE application = ? AND environment = ? AND subject = ?')
  const selectOpen = db.prepare(
    'SELECT * FROM review_case WHERE application = ? AND environment = ? AND closed_at IS NULL ORDER BY id',
  )
  const selectMany = db.prepare(`
    SELECT * FROM review_case
    WHERE (:application IS NULL OR (application = :application AND environment = :environment))
      AND (:closed IS NULL OR (closed_at IS NOT NULL) = :closed)
      AND (:control IS NULL OR control = :control) AND (:assignee IS NULL OR assignee = :assignee) AND id < :before
    ORDER BY id DESC LIMIT :limit
  `)
  const countOpen = db.prepare('SELECT count(*) AS open FROM review_case WHERE closed_at IS NULL')
  const insert = db.prepare(`
    INSERT INTO review_case (application, environment, kind, subject, control, fingerprint, title, severity, confidence, verdict,
      reasons, workloads, evidence, scope, covered_by, opened_at, due_at, first_window, last_window, last_window_end, report)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  `)
  const update = db.prepare(`
    UPDATE review_case SET title = ?, severity = ?, confidence = ?, verdict = ?, reasons = ?, workloads = ?, evidence = ?, covered_by = ?,
      opened_at = ?, due_at = ?, first_window = ?, last_window = ?, last_window_end = ?, report = ?, closed_at = ?
    WHERE id = ?
  `)
  const assign = db.prepare('UPDATE review_case SET assignee = ? WHERE id = ?')

  return {
    ...caseEventRows(db),
    caseById: (id: number): CaseRow | null => maybe(selectOne.get(id)),
    caseOn: ({ application, environment }: ScopeName, subject: string): CaseRow | null =>
      maybe(selectOf.get(application, environment, subject)),
    openCases: ({ application, environment }: ScopeName): readonly CaseRow[] =>
      selectOpen.all(application, environment).map(caseOf),
    cases: ({ scope, closed, control, assignee, before, limit }: CaseFilter): readonly CaseRow[] =>
      selectMany
        .all({
          application: scope?.application ?? null,
          environment: scope?.environment ?? null,
          closed: closed === null ? null : Number(closed),
          control,
          assignee,
          before: before ?? Number.MAX_SAFE_INTEGER,
          limit,
        })
        .map(caseOf),
    countOpenCases: (): number => integer(countOpen.get() ?? {}, 'open'),
    insertCase: (row: Omit<CaseRow, 'id' | 'assignee' | 'closedAt'>): number => {
      const { application, environment, kind, subject, control, fingerprint, title, severity, confidence, verdict } = row
      const { openedAt, dueAt, firstWindow, lastWindow, lastWindowEnd, report } = row
      const { lastInsertRowid } = insert.run(
        ...([
          application,
          environment,
          keptKind(kind),
          subject,
          control,
          fingerprint,
          title,
          severity,
          confidence,
          verdict,
        ] as const),
        ...([json(row.reasons), json(row.workloads), json(row.evidence), json(row.scope), json(row.coveredBy)] as const),
        ...([openedAt, dueAt, firstWindow, lastWindow, lastWindowEnd, report] as const),
      )
      return Number(lastInsertRowid)
    },
    /** What it says now; who it is of and whose it is stay. */
    updateCase: (row: CaseRow): void => {
      const { title, severity, confidence, verdict, reasons, workloads, evidence, coveredBy } = row
      const { openedAt, dueAt, firstWindow, lastWindow, lastWindowEnd, report, closedAt, id } = row
      update.run(
        ...([title, severity, confidence, verdict, json(reasons), json(workloads), json(evidence), json(coveredBy)] as const),
        ...([openedAt, dueAt, firstWindow, lastWindow, lastWindowEnd, report, closedAt, id] as const),
      )
    },
    /** `person`: null takes it from whoever has it. */
    assignCase: (id: number, person: string | null): void => {
      assign.run(person, id)
    },
  }
}

export type CaseRows = ReturnType<typeof caseRows> & CaseEventRows

function maybe(row: Row | undefined): CaseRow | null {
  return row ? caseOf(row) : null
}

function caseOf(row: Row): CaseRow {
  return {
    id: integer(row, 'id'),
    application: text(row, 'application'),
    environment: text(row, 'environment'),
    kind: kindOf(row),
    subject: text(row, 'subject'),
    control: textOrNull(row, 'control'),
    fingerprint: textOrNull(row, 'fingerprint'),
    title: text(row, 'title'),
    severity: text(row, 'severity') as Severity,
    confidence: Number(row['confidence']),
    verdict: text(row, 'verdict') as CaseRow['verdict'],
    reasons: JSON.parse(text(row, 'reasons')) as readonly string[],
    workloads: JSON.parse(text(row, 'workloads')) as readonly string[],
    evidence: JSON.parse(text(row, 'evidence')),
    scope: JSON.parse(text(row, 'scope')) as Waiver['scope'],
    coveredBy: JSON.parse(text(row, 'covered_by')) as readonly string[],
    openedAt: text(row, 'opened_at'),
    dueAt: text(row, 'due_at'),
    firstWindow: textOrNull(row, 'first_window'),
    lastWindow: textOrNull(row, 'last_window'),
    lastWindowEnd: textOrNull(row, 'last_window_end'),
    report: textOrNull(row, 'report'),
    assignee: textOrNull(row, 'assignee'),
    closedAt: textOrNull(row, 'closed_at'),
  }
}

/** The table knew two kinds before there were cases about verdicts: those are kept as what names no finding, and told by their subject. */
function keptKind(kind: CaseRow['kind']): 'finding' | 'exception' {
  return kind === 'verdict' ? 'exception' : kind
}

function kindOf(row: Row): CaseRow['kind'] {
  const kind = text(row, 'kind') as 'finding' | 'exception'
  return kind === 'exception' && text(row, 'subject').startsWith('verdict:') ? 'verdict' : kind
}

function json(value: unknown): string {
  return JSON.stringify(value)
}
