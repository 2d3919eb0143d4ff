import { controlDigest } from '../../core/judge/resolve.ts'
import {
  CONFIRMATION_PREDICATE,
  REVOCATION_PREDICATE,
  type Confirmation,
  type Decision,
  type Revocation,
} from '../../core/model/decision.ts'
import type { Control } from '../../core/model/manifest.ts'
import { instantMs, instantOf, type Instant } from '../../core/model/time.ts'
import { MAX_WAIVER_DAYS, WAIVER_PREDICATE, type Waiver } from '../../core/model/waiver.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { statementBytes } from '../../core/proof/statement.ts'
import type { CaseVerdict } from './state.ts'

/** Who asks when nobody asked but the verdict itself. */
export const GATE = 'the gate'
/** What stands instead of a compensating control where nothing has to be compensated. */
export const LEGITIMATE = 'none: the act was legitimate in this window'

/** A case as far as a decision about it goes. */
export type DecidedCase = {
  readonly id: number
  readonly application: string
  readonly environment: string
  readonly control: Control
  /** The window in which it was last seen; null: what was asked for in advance. */
  readonly window: string | null
  readonly scope: Waiver['scope']
}

export type DraftRequest = {
  readonly verdict: CaseVerdict
  readonly reason: string
  readonly compensatingControl: string | null
  readonly expires: Instant | null
  readonly requestedBy: string
  readonly now: Instant
}

/** A statement to be signed: the bytes themselves, and what they say. */
export type Draft = { readonly decision: Decision; readonly subject: readonly string[]; readonly payload: Uint8Array }

/** What a person would sign for this verdict. Whether it would count is for {@link objections} to say. */
export function draftDecision(about: DecidedCase, request: DraftRequest): Draft {
  return request.verdict === 'reject' ? confirmationDraft(about, request) : waiverDraft(about, request)
}

/** What a person would sign to take a waiver back. `digest`: of the waiver's statement. */
export function draftRevocation(
  { id, application, environment }: Pick<Waiver, 'id' | 'application' | 'environment'>,
  digest: string,
  { reason, now }: Pick<DraftRequest, 'reason' | 'now'>,
): Draft {
  const content = { application, environment, waiver: id, reason, revokedAt: now }
  const revocation: Revocation = { id: `revoke-${idOf({ ...content, digest })}`, ...content }
  const subject = [{ name: `waiver:${id}`, sha256: digest }]
  return draftOf(REVOCATION_PREDICATE, subject, revocation)
}

function waiverDraft({ id, application, environment, control, window, scope }: DecidedCase, request: DraftRequest): Draft {
  const { verdict, reason, compensatingControl, expires, requestedBy, now } = request
  const latest = instantOf(instantMs(now) + MAX_WAIVER_DAYS * 86_400_000)
  const content = {
    ...{ application, environment, control: control.id, scope, reason },
    compensatingControl: compensatingControl ?? (verdict === 'approve' ? LEGITIMATE : ''),
    requestedBy,
    ...(verdict === 'approve' && window !== null && { window }),
    notBefore: now,
    expires: expires ?? (verdict === 'approve' ? latest : ''),
  }
  const waiver: Waiver = { id: `case-${id}-${idOf(content)}`, ...content }
  return draftOf(WAIVER_PREDICATE, subjectOf(control), waiver)
}

function confirmationDraft({ id, application, environment, control, window, scope }: DecidedCase, request: DraftRequest): Draft {
  const { reason, requestedBy, now } = request
  const content = {
    ...{ application, environment, window: window ?? '', control: control.id, fingerprints: [...(scope.fingerprints ?? [])] },
    ...{ reason, requestedBy, decidedAt: now },
  }
  const confirmation: Confirmation = { id: `case-${id}-${idOf(content)}`, ...content }
  return draftOf(CONFIRMATION_PREDICATE, subjectOf(control), confirmation)
}

function subjectOf(control: Control): readonly { readonly name: string; readonly sha256: string }[] {
  return [{ name: `control:${control.id}`, sha256: controlDigest(control) }]
}

function draftOf(
  predicateType: string,
  subject: readonly { readonly name: string; readonly sha256: string }[],
  decision: Decision,
): Draft {
  const predicate = decision as unknown as { readonly [key: string]: JsonValue }
  return {
    decision,
    subject: subject.map(({ sha256 }) => sha256),
    payload: statementBytes({ subject, predicateType, predicate }),
  }
}

function idOf(content: unknown): string {
  return sha256Hex(jcs(content as JsonValue)).slice(0, 8)
}
