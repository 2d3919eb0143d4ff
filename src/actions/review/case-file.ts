import { may } from '../../../core/model/access.ts'
import { peopleAmong } from '../../../core/judge/waive.ts'
import { resolve } from '../../../core/judge/resolve.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Control } from '../../../core/model/manifest.ts'
import type { Instant } from '../../../core/model/time.ts'
import type { Signer } from '../../../core/model/waiver.ts'
import { GATE, type DecidedCase } from '../../review/draft.ts'
import { quorumFor, stateOfCase, type CaseState, type CaseVerdict, type StandingDecision } from '../../review/state.ts'
import type { PublishedPromise } from '../../store/kept/promises.ts'
import type { CaseEvent } from '../../store/state/case-events.ts'
import type { CaseRow } from '../../store/state/cases.ts'
import type { DecisionRow } from '../../store/state/decisions.ts'
import type { Context } from '../action.ts'
import { decisionsUnder, nowOf, promiseAt, type Decisions } from './decisions.ts'

/** Somebody's wish for an exception. */
export type Proposal = {
  readonly requester: string
  readonly requestedBy: string
  readonly reason: string
  readonly compensatingControl: string
  readonly expires: Instant
}

/** A decision on a case, with who signed it. */
export type CaseDecision = StandingDecision & {
  readonly digest: string
  readonly id: string
  readonly reason: string
  readonly signers: readonly Signer[]
  readonly expires: Instant | null
  readonly rows: readonly DecisionRow[]
}

/** Everything that is known of a case at a moment. */
export type CaseFile = {
  readonly row: CaseRow
  /** The manifest of the window in which it was last seen, and the one that governs now. */
  readonly promise: PublishedPromise
  readonly governing: PublishedPromise
  readonly state: CaseState
  readonly quorum: 1 | 2
  readonly decisions: readonly CaseDecision[]
  readonly events: readonly CaseEvent[]
  /** How many signatures over decisions on it there were when it was read. */
  readonly signatures: number
  /** The newest first. */
  readonly proposals: readonly Proposal[]
}

/** A manifest is one scope's: so are the decisions under it. */
type DecisionsByPromise = Map<PublishedPromise, Promise<Decisions>>

/** @throws RunproofError `case.unknown`, also for one of a scope that this caller may not see */
export function caseRow({ state, principal }: Pick<Context, 'state' | 'principal'>, id: number): CaseRow {
  const row = state.caseById(id)
  // Whoever may see it and not act on it is told so; to everybody else there is no such case.
  if (row === null || !may(principal, 'case:read', row)) throw new RunproofError('case.unknown', `there is no case ${id}`)
  return row
}

/** @throws RunproofError `case.unknown` */
export async function caseFile(context: Context, id: number): Promise<CaseFile> {
  return fileOf(context, caseRow(context, id))
}

/** What is known of a case that was read. `known`: decisions that were looked at for another case of the same moment. */
export async function fileOf(context: Context, row: CaseRow, known: DecisionsByPromise = new Map()): Promise<CaseFile> {
  const at = nowOf(context)
  const governing = promiseAt(context, row, at)
  if (governing === null)
    throw new RunproofError('scope.unknown', `nobody published a manifest for ${row.application}/${row.environment}`)
  const sealed = row.lastWindow === null ? null : context.state.sealedWindow(row.lastWindow)
  const promise = sealed === null ? governing : context.promiseOf(sealed.manifest)
  const decided = known.get(promise) ?? decisionsUnder(context, row, promise, at)
  known.set(promise, decided)
  const decisions = decisionsOn(row, await decided)
  const events = context.state.caseEvents(row.id)
  const proposals = events
    .filter(({ what }) => what === 'proposed')
    .map(({ detail }) => detail as Proposal)
    .toReversed()
  const quorum = quorumFor(row.severity, resolve(promise.manifest).review)
  const isLapsed = row.kind === 'exception' && decisions.length === 0 && proposals.every(({ expires }) => expires <= at)
  const state = stateOfCase({
    isOver: row.closedAt !== null || isLapsed,
    lastWindow: row.lastWindow,
    isTouched: row.assignee !== null || isTouched(events),
    quorum,
    decisions,
  })
  const signatures = context.state.decisionsOn(`case:${row.id}`).length
  return { row, promise, governing, state, quorum, decisions, events, signatures, proposals }
}

/** Whether a person looked at it since it was decided or came back. */
function isTouched(events: readonly CaseEvent[]): boolean {
  const since = events.findLastIndex(({ what }) => what === 'decided' || what === 'revoked' || what === 'reopened')
  return events.slice(since + 1).some(({ who }) => who !== 'runproof')
}

/** What was decided about this very case, and waivers of others that cover its finding. */
function decisionsOn({ id, coveredBy }: CaseRow, { waivers, confirmations }: Decisions): readonly CaseDecision[] {
  const subject = `case:${id}`
  const own = (rows: readonly DecisionRow[]): boolean => rows.some((row) => row.subject === subject)
  const waived = waivers
    .filter(({ rows, digest }) => own(rows) || coveredBy.includes(digest))
    .map(({ value, digest, signers, state, rows }): CaseDecision => {
      const verdict: CaseVerdict = value.window === undefined ? 'waive' : 'approve'
      const about = { verdict, window: value.window ?? null, people: peopleAmong(value, signers), state }
      return { ...about, digest, id: value.id, reason: value.reason, signers, expires: value.expires, rows }
    })
  const confirmed = confirmations
    .filter(({ row }) => own([row]))
    .map(({ verified: { value, digest, signedBy }, row }): CaseDecision => {
      const about = { verdict: 'reject', window: value.window, people: 1, state: 'active' } as const
      return { ...about, digest, id: value.id, reason: value.reason, signers: [signedBy], expires: null, rows: [row] }
    })
  const first = ({ rows }: CaseDecision): number => rows[0]?.id ?? 0
  return [...waived, ...confirmed].sort((a, b) => first(a) - first(b))
}

/** Whom a decision must name as the one who asked. */
export function requesterOf({ proposals }: Pick<CaseFile, 'proposals'>): string {
  return proposals[0]?.requestedBy ?? GATE
}

/**
 * What a decision on the case is about: the control in the wording of the window's manifest.
 * @throws RunproofError `decision.invalid` where nothing can be decided
 */
export function aboutOf({ row, promise }: Pick<CaseFile, 'row' | 'promise'>): DecidedCase {
  const { id, kind, application, environment, lastWindow, scope } = row
  if (kind === 'verdict') {
    throw new RunproofError(
      'decision.invalid',
      'nothing was found that somebody could accept or reject: mend what the reasons name; the case closes when the verdict is clean again',
    )
  }
  return { id, application, environment, control: controlOf(row, promise), window: lastWindow, scope }
}

function controlOf({ control: wanted }: CaseRow, { manifest }: PublishedPromise): Control {
  if (wanted === null) {
    throw new RunproofError(
      'decision.invalid',
      'no control speaks about this finding, so nothing can be decided about it: map or except it in a control and publish the manifest',
    )
  }
  const control = manifest.controls.find(({ id }) => id === wanted)
  if (control) return control
  throw new RunproofError('decision.invalid', `the manifest ${manifest.metadata.version} has no control ${wanted} any more`)
}
