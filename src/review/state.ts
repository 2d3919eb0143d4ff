import type { WaiverState } from '../../core/model/judgement.ts'
import { severityRank, type Severity } from '../../core/model/severity.ts'
import { instantMs, instantOf, type Instant } from '../../core/model/time.ts'
import type { ResolvedReview } from '../../core/judge/resolve.ts'

/** `expired` and `revoked`: it was waived, is not any more, and waits for a person again. */
export const caseStates = ['open', 'in_review', 'approved', 'rejected', 'waived', 'expired', 'revoked', 'closed'] as const
export type CaseState = (typeof caseStates)[number]

export const caseVerdicts = ['approve', 'waive', 'reject'] as const
export type CaseVerdict = (typeof caseVerdicts)[number]

/** A signed decision on a case, as it stands when somebody asks. */
export type StandingDecision = {
  readonly verdict: CaseVerdict
  /** The window that it is for; null: every window while it holds. */
  readonly window: string | null
  /** How many different people signed it. */
  readonly people: number
  /** Of a waiver as the judgement sees it; `active` for what cannot end. */
  readonly state: WaiverState
}

export type CaseFacts = {
  /** Enough clean windows came, or what was asked for is over. */
  readonly isOver: boolean
  /** The newest window in which it was seen. */
  readonly lastWindow: string | null
  /** Somebody took it on, spoke about it or asked for an exception. */
  readonly isTouched: boolean
  readonly quorum: number
  /** In the order in which they were made. */
  readonly decisions: readonly StandingDecision[]
}

/**
 * The state of a case, worked out whenever it is asked for: no job flips one, so that an expired waiver can never be forgotten. A decision
 * about one window says nothing about a later one in which the finding is seen again.
 */
export function stateOfCase({ isOver, lastWindow, isTouched, quorum, decisions }: CaseFacts): CaseState {
  if (isOver) return 'closed'
  const applicable = decisions.filter(({ window }) => window === null || window === lastWindow).toReversed()
  const standing = applicable.find((decision) => decision.state === 'active' && decision.people >= quorumOf(decision, quorum))
  if (standing) return stateAfter[standing.verdict]
  if (applicable.some(({ state }) => state === 'active')) return 'in_review'
  const ended = applicable.find(({ state }) => state === 'expired' || state === 'revoked')
  if (ended) return ended.state === 'expired' ? 'expired' : 'revoked'
  return isTouched ? 'in_review' : 'open'
}

const stateAfter = { approve: 'approved', waive: 'waived', reject: 'rejected' } as const

/** To confirm a violation one person is enough: nothing is accepted by it. */
function quorumOf({ verdict }: StandingDecision, quorum: number): number {
  return verdict === 'reject' ? 1 : quorum
}

/** Whether a person can decide now; a second signature on a decision under way is another question. */
export function isDecidable(state: CaseState): boolean {
  return state === 'open' || state === 'in_review' || state === 'expired' || state === 'revoked'
}

/** How many different people must sign what accepts a finding of this severity. */
export function quorumFor(severity: Severity, { twoPeopleFrom }: Pick<ResolvedReview, 'twoPeopleFrom'>): 1 | 2 {
  return twoPeopleFrom !== null && severityRank(severity) >= severityRank(twoPeopleFrom) ? 2 : 1
}

/** Until when a person should have decided. */
export function dueAt(openedAt: Instant, severity: Severity, { dueMs }: Pick<ResolvedReview, 'dueMs'>): Instant {
  return instantOf(instantMs(openedAt) + dueMs[severity])
}
