import { resolve, type ResolvedReview } from '../../core/judge/resolve.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { Report } from '../../core/model/report.ts'
import { severityRank } from '../../core/model/severity.ts'
import { isOver, outcomesIn, type Outcome, type Watched } from '../review/progress.ts'
import { dueAt } from '../review/state.ts'
import { subjectsOf, type Subject } from '../review/subjects.ts'
import type { CaseRow } from '../store/state/cases.ts'
import type { State } from '../store/state/state.ts'

/** Who opens and closes cases that no person opened. */
const RUNPROOF = { who: 'runproof', name: 'Runproof' } as const

type Filing = {
  readonly state: State
  readonly report: Report
  readonly digest: string
  readonly review: ResolvedReview
  readonly outcomeOf: (sought: Watched) => Outcome
}

/**
 * Brings the cases of a scope up to a judgement, inside the transaction of its report: new findings open cases, those that came back reopen
 * theirs with all their history, and enough clean windows close one. Doing it again changes nothing.
 */
export function fileCases(
  state: State,
  { report, reportDigest, manifest }: { readonly report: Report; readonly reportDigest: string; readonly manifest: Manifest },
): void {
  const { review } = resolve(manifest)
  const filing: Filing = { state, report, digest: reportDigest, review, outcomeOf: outcomesIn(report.judgement) }
  const open = state.openCases(report.window).filter(({ kind }) => kind !== 'exception')
  const seen = new Set<string>()
  for (const subject of subjectsOf(report.judgement)) {
    const key = subjectKey(subject)
    seen.add(key)
    const known = state.caseOn(report.window, key)
    if (known === null) openCase(filing, key, subject)
    else sawAgain(filing, known, subject)
  }
  for (const row of open) if (!seen.has(row.subject)) missed(filing, row)
}

/** What a case is about: the same finding under the same control is the same case, however long it was away; so is a control's bare verdict. */
function subjectKey({ control, fingerprint }: Pick<Subject, 'control' | 'fingerprint'>): string {
  return fingerprint === null ? `verdict:${control ?? ''}` : `finding:${control ?? ''}:${fingerprint}`
}

function openCase({ state, report, digest, review }: Filing, key: string, subject: Subject): void {
  const { window, evaluatedAt } = report
  const { fingerprint, severity, verdict } = subject
  const id = state.insertCase({
    ...subject,
    application: window.application,
    environment: window.environment,
    kind: fingerprint === null ? 'verdict' : 'finding',
    subject: key,
    scope: fingerprint === null ? {} : { fingerprints: [fingerprint] },
    coveredBy: [],
    openedAt: evaluatedAt,
    dueAt: dueAt(evaluatedAt, severity, review),
    firstWindow: window.id,
    lastWindow: window.id,
    lastWindowEnd: window.end,
    report: digest,
  })
  state.putCaseWindow(id, windowRow(report, digest, 'seen'))
  state.insertCaseEvent({
    caseId: id,
    at: evaluatedAt,
    ...RUNPROOF,
    what: 'opened',
    detail: { window: window.id, verdict, severity },
  })
}

function sawAgain(filing: Filing, before: CaseRow, subject: Subject): void {
  const { state, report, digest, review } = filing
  const { window, evaluatedAt } = report
  state.putCaseWindow(before.id, windowRow(report, digest, 'seen'))
  const isReopened = before.closedAt !== null && !isOver(state.caseWindows(before.id), review.cleanWindows)
  const row = { ...before, ...sighting(filing, before, subject), ...(isReopened && reopened(filing, subject)) }
  const event = (what: 'reopened' | 'severity', detail: unknown): void =>
    state.insertCaseEvent({ caseId: row.id, at: evaluatedAt, ...RUNPROOF, what, detail })
  if (isReopened) event('reopened', { window: window.id })
  // What became worse is due sooner; what became milder keeps its day.
  const isWorse = severityRank(row.severity) > severityRank(before.severity)
  if (row.severity !== before.severity) event('severity', { from: before.severity, to: row.severity, window: window.id })
  const due = dueAt(row.openedAt, row.severity, review)
  state.updateCase({ ...row, dueAt: isWorse && due < row.dueAt ? due : row.dueAt })
}

/** What late evidence of an older window says does not replace what a newer one says. */
function sighting({ report: { window }, digest }: Filing, before: CaseRow, subject: Subject): Partial<CaseRow> {
  if (before.lastWindowEnd !== null && window.end < before.lastWindowEnd) return {}
  const { title, severity, confidence, verdict, reasons, workloads, evidence } = subject
  const seen = { lastWindow: window.id, lastWindowEnd: window.end, report: digest, coveredBy: [] }
  return { title, severity, confidence, verdict, reasons, workloads, evidence, ...seen }
}

function reopened({ report: { evaluatedAt }, review }: Filing, { severity }: Subject): Partial<CaseRow> {
  return { closedAt: null, openedAt: evaluatedAt, dueAt: dueAt(evaluatedAt, severity, review) }
}

/** An open case that asks for nobody in this window: it was not seen, or it was and is waived. */
function missed(filing: Filing, row: CaseRow): void {
  const { state, report, digest, review, outcomeOf } = filing
  const { window, evaluatedAt, judgement } = report
  const { control, fingerprint, workloads } = row
  const outcome = outcomeOf({ control, fingerprint, workloads })
  state.putCaseWindow(row.id, windowRow(report, digest, outcome))
  if (outcome === 'seen' && fingerprint !== null) {
    if (row.lastWindowEnd !== null && window.end < row.lastWindowEnd) return
    const coveredBy = judgement.waivers
      .filter((waiver) => waiver.control === control && waiver.findings.includes(fingerprint))
      .map(({ digest: waiver }) => waiver)
    state.updateCase({ ...row, lastWindow: window.id, lastWindowEnd: window.end, report: digest, coveredBy })
  } else if (isOver(state.caseWindows(row.id), review.cleanWindows)) {
    state.updateCase({ ...row, closedAt: evaluatedAt })
    const detail = { window: window.id, cleanWindows: review.cleanWindows }
    state.insertCaseEvent({ caseId: row.id, at: evaluatedAt, ...RUNPROOF, what: 'closed', detail })
  }
}

function windowRow({ window }: Report, report: string, outcome: Outcome) {
  return { windowId: window.id, endsAt: window.end, outcome, report }
}
