import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../../core/model/time.ts'
import { integer, text, type Row } from './columns.ts'

export const caseEvents = [
  'opened',
  'reopened',
  'closed',
  'severity',
  'assigned',
  'commented',
  'proposed',
  'decided',
  'revoked',
] as const

/** Something that happened to a case. */
export type CaseEvent = {
  readonly id: number
  readonly caseId: number
  readonly at: Instant
  /** `person:<id>`, `token:<id>`, or `runproof`. */
  readonly who: string
  readonly name: string
  readonly what: (typeof caseEvents)[number]
  readonly detail: unknown
}

/** What one window says of a case. */
export type CaseWindowRow = {
  readonly windowId: string
  readonly endsAt: Instant
  readonly outcome: 'seen' | 'clean' | 'blind'
  readonly report: string
}

/** The history of cases, one function per query. */
export function caseEventRows(db: DatabaseSync) {
  const insertEvent = db.prepare('INSERT INTO case_event (case_id, at, who, name, what, detail) VALUES (?, ?, ?, ?, ?, ?)')
  const selectEvents = db.prepare('SELECT * FROM case_event WHERE case_id = ? ORDER BY id')
  const upsertWindow = db.prepare(`
    INSERT INTO case_window (case_id, ends_at, window_id, outcome, report) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (case_id, ends_at, window_id) DO UPDATE SET outcome = excluded.outcome, report = excluded.report
  `)
  const selectWindows = db.prepare('SELECT * FROM case_window WHERE case_id = ? ORDER BY ends_at, window_id')

  return {
    insertCaseEvent: ({ caseId, at, who, name, what, detail }: Omit<CaseEvent, 'id'>): void => {
      insertEvent.run(caseId, at, who, name, what, JSON.stringify(detail))
    },
    /** In the order in which it happened. */
    caseEvents: (caseId: number): readonly CaseEvent[] => selectEvents.all(caseId).map(eventOf),
    putCaseWindow: (caseId: number, { windowId, endsAt, outcome, report }: CaseWindowRow): void => {
      upsertWindow.run(caseId, endsAt, windowId, outcome, report)
    },
    /** In the order in which they ended. */
    caseWindows: (caseId: number): readonly CaseWindowRow[] => selectWindows.all(caseId).map(windowOf),
  }
}

export type CaseEventRows = ReturnType<typeof caseEventRows>

function eventOf(row: Row): CaseEvent {
  return {
    id: integer(row, 'id'),
    caseId: integer(row, 'case_id'),
    at: text(row, 'at'),
    who: text(row, 'who'),
    name: text(row, 'name'),
    what: text(row, 'what') as CaseEvent['what'],
    detail: JSON.parse(text(row, 'detail')),
  }
}

function windowOf(row: Row): CaseWindowRow {
  return {
    windowId: text(row, 'window_id'),
    endsAt: text(row, 'ends_at'),
    outcome: text(row, 'outcome') as CaseWindowRow['outcome'],
    report: text(row, 'report'),
  }
}
