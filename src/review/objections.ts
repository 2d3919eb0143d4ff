import { samePerson } from '../../core/judge/waive.ts'
import { controlDigest } from '../../core/judge/resolve.ts'
import { decisionKind, type Confirmation, type Decision, type Revocation } from '../../core/model/decision.ts'
import { instantMs, type Instant } from '../../core/model/time.ts'
import { MAX_WAIVER_DAYS, type Verified, type Waiver } from '../../core/model/waiver.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import type { DecidedCase } from './draft.ts'
import type { CaseVerdict } from './state.ts'

/** Somebody took time to read before they signed; longer, and it is a decision of another day. */
const SIGNING_MS = 24 * 3_600_000

/** Who decides, and who asked. */
export type Deciding = {
  readonly verdict: CaseVerdict
  /** The person's own name, and the one that the manifest gives their key. */
  readonly names: readonly string[]
  /** Whom the statement must name as the one who asked. */
  readonly requestedBy: string
  /** This person asked for an exception here. */
  readonly hasAsked: boolean
  readonly now: Instant
}

/** Everything that stands against a decision that somebody signed; none: it counts. */
export function objections(
  about: DecidedCase,
  { value, subject }: Pick<Verified<Decision>, 'value' | 'subject'>,
  deciding: Deciding,
): readonly string[] {
  const kind = decisionKind(value)
  const wanted = deciding.verdict === 'reject' ? 'confirmation' : 'waiver'
  if (kind !== wanted) return [`to ${deciding.verdict} takes a signed ${wanted}, this is a ${kind}`]
  const decision = value as Waiver | Confirmation
  return [
    ...againstPlace(about, decision, subject),
    ...againstPeople(decision, deciding),
    ...('decidedAt' in decision ? againstConfirmation(about, decision, deciding) : againstWaiver(about, decision, deciding)),
  ]
}

/** Everything that stands against taking a waiver back. */
export function objectionsToRevocation(
  { value, subject }: Pick<Verified<Decision>, 'value' | 'subject'>,
  waiver: Pick<Verified<Waiver>, 'value' | 'digest'>,
  now: Instant,
): readonly string[] {
  if (decisionKind(value) !== 'revocation') return [`this is a ${decisionKind(value)}, not the revocation of a waiver`]
  const revocation = value as Revocation
  return [
    ...otherScope(waiver.value, revocation),
    ...(subject.length === 1 && subject[0] === waiver.digest ? [] : ['its subject is another waiver']),
    ...(revocation.waiver === waiver.value.id ? [] : [`it names the waiver ${revocation.waiver}, not ${waiver.value.id}`]),
    ...againstTime('revokedAt', revocation.revokedAt, now),
    ...blank('reason', revocation.reason),
  ]
}

function againstPlace(about: DecidedCase, decision: Waiver | Confirmation, subject: readonly string[]): string[] {
  const { control } = about
  return [
    ...otherScope(about, decision),
    ...(decision.id.startsWith(`case-${about.id}-`) ? [] : [`its id ${decision.id} does not begin with case-${about.id}-`]),
    ...(decision.control === control.id ? [] : [`it is about the control ${decision.control}, the case about ${control.id}`]),
    ...(subject.length === 1 && subject[0] === controlDigest(control)
      ? []
      : [`it was made for another wording of ${control.id}: the manifest has changed it since, or never had it so`]),
    ...blank('reason', decision.reason),
  ]
}

function otherScope(
  mine: { readonly application: string; readonly environment: string },
  its: { readonly application: string; readonly environment: string },
): string[] {
  return mine.application === its.application && mine.environment === its.environment
    ? []
    : [`it is for ${its.application} in ${its.environment}, not for ${mine.application} in ${mine.environment}`]
}

function againstPeople(
  { requestedBy }: Waiver | Confirmation,
  { verdict, names, requestedBy: wanted, hasAsked }: Deciding,
): string[] {
  const accepts = verdict !== 'reject'
  return [
    ...(requestedBy === wanted ? [] : [`it names ${requestedBy ?? 'nobody'} as the one who asked, which was ${wanted}`]),
    ...(accepts && (hasAsked || names.some((name) => samePerson(name, requestedBy ?? '')))
      ? [`${names[0] ?? 'this person'} asked for it and cannot approve their own request: another approver has to sign`]
      : []),
  ]
}

function againstWaiver(about: DecidedCase, waiver: Waiver, { verdict, now }: Deciding): string[] {
  const window = verdict === 'approve' ? (about.window ?? undefined) : undefined
  return [
    ...(jcs(waiver.scope as JsonValue) === jcs(about.scope as JsonValue)
      ? []
      : ['it covers something else than the case is about: a wider scope has to be asked for on its own']),
    ...(waiver.window === window
      ? []
      : [
          verdict === 'approve'
            ? `an approval is for the window ${window ?? 'of the case'} alone, this is for ${waiver.window ?? 'every window'}`
            : `a waiver is for every window while it holds, this is for ${waiver.window ?? 'none'}`,
        ]),
    ...againstEnd(waiver, now),
    ...againstTime('notBefore', waiver.notBefore, now),
    ...blank('compensatingControl', waiver.compensatingControl),
  ]
}

function againstEnd({ notBefore, expires }: Waiver, now: Instant): string[] {
  if (expires <= now) return [`it expires at ${expires}, which is over`]
  if (expires <= notBefore) return [`it expires at ${expires}, before it begins at ${notBefore}`]
  return instantMs(expires) > instantMs(now) + MAX_WAIVER_DAYS * 86_400_000
    ? [
        `it expires at ${expires}, more than ${MAX_WAIVER_DAYS} days from now: what is to last longer is an exception in the control`,
      ]
    : []
}

function againstConfirmation(about: DecidedCase, { window, fingerprints, decidedAt }: Confirmation, { now }: Deciding): string[] {
  const own = about.scope.fingerprints ?? []
  return [
    ...(about.window === null ? ['there is no finding yet that could be confirmed'] : []),
    ...(about.window === null || window === about.window ? [] : [`it is for the window ${window}, the case for ${about.window}`]),
    ...(fingerprints.join() === own.join() ? [] : ['it confirms something else than the case is about']),
    ...againstTime('decidedAt', decidedAt, now),
  ]
}

/** Backdated, it would change windows that were judged rightly; ahead of us, it would not count when it is judged by. */
function againstTime(field: string, at: Instant, now: Instant): string[] {
  if (at > now) return [`its ${field} ${at} is still to come: it is ${now}`]
  return instantMs(now) - instantMs(at) > SIGNING_MS ? [`its ${field} ${at} is more than a day ago: draft it again`] : []
}

function blank(field: string, text: string): string[] {
  return text.trim() === '' ? [`${field} is blank: say it in words`] : []
}
