import * as z from 'zod/mini'
import { samePerson } from '../../core/judge/waive.ts'
import { durationForm, durationMs } from '../../core/model/duration.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { instantOf, isInstant, type Instant } from '../../core/model/time.ts'
import { controlDigest } from '../../core/judge/resolve.ts'
import { payloadOf, readEnvelope } from '../../core/proof/dsse.ts'
import { jcs } from '../../core/proof/jcs.ts'
import { readStatement } from '../../core/proof/statement.ts'
import { WAIVER_PREDICATE, WaiverSchema } from '../../core/model/waiver.ts'
import { draftDecision, type Draft } from '../review/draft.ts'
import { objections, type Deciding } from '../review/objections.ts'
import { caseVerdicts, isDecidable } from '../review/state.ts'
import { decisionEvent, logInside } from '../store/ledger/logged.ts'
import { action, type Context } from './action.ts'
import { isPending } from './cases.ts'
import { text, whole } from './fields.ts'
import { aboutOf, caseFile, caseRow, requesterOf, type CaseDecision, type CaseFile } from './review/case-file.ts'
import { nowOf } from './review/decisions.ts'
import { ToSign, toSign } from './review/fields.ts'
import { insistOn, ownSignature, personIn, type OwnSignature } from './review/signature.ts'

const about = { id: whole(1, Number.MAX_SAFE_INTEGER), verdict: z.enum(caseVerdicts) }

/**
 * The bytes that a person would sign for a verdict, and what they say. Without a reason: what waits for a second person, else what was asked
 * for, as it stands.
 */
export const draft = action({
  name: 'draft-decision',
  summary: 'what a person signs for a verdict on a case',
  permission: 'case:decide',
  method: 'POST',
  path: '/api/v1/cases/:id/draft',
  command: null,
  input: z.strictObject({
    ...about,
    reason: z.optional(text(2000)),
    /** What protects instead, of a waiver. */
    compensating: z.optional(text(2000)),
    /** UTC time, or how long from now: `30d`. */
    expires: z.optional(text(30)),
  }),
  output: ToSign,
  scopeOf: (input, context) => caseRow(context, input.id),
  async run(context, input) {
    const person = personIn(context.principal)
    const file = await caseFile(context, input.id)
    refuseDecided(file)
    const title = file.promise.manifest.controls.find(({ id }) => id === file.row.control)?.title ?? null
    const pending = file.decisions.find(
      (one) => one.verdict === input.verdict && isPending(one, file.row.lastWindow, file.quorum),
    )
    if (pending && input.reason === undefined) {
      const { payload, decision } = signedAlready(pending)
      return toSign(payload, decision, title)
    }
    const { payload, decision, subject } = drafted(context, file, input)
    insistOn([
      ...againstForm(decision),
      ...objections(aboutOf(file), { value: decision, subject }, decidingBy(context, file, input.verdict, [person.name])),
      ...againstGoverning(file, input.verdict),
    ])
    return toSign(payload, decision, title)
  },
})

/**
 * Takes a person's signed decision. The service can refuse it and cannot make one: what counts offline is the signature, by a key that the
 * signed manifest names. The window is judged anew, and its next report carries the decision.
 */
export const decide = action({
  name: 'decide-case',
  summary: 'hand in a signed decision: approve, waive or reject',
  permission: 'case:decide',
  method: 'POST',
  path: '/api/v1/cases/:id/decide',
  command: null,
  input: z.strictObject({
    ...about,
    /** DSSE envelope around the statement, signed with the caller's own key. */
    envelope: z.unknown(),
  }),
  output: z.object({
    id: z.int(),
    decision: z.string(),
    digest: z.string(),
    ledger_index: z.int(),
    state: z.string(),
    /** How many more people must sign the same. */
    missing_signatures: z.int(),
    /** Judged anew now. */
    window_id: z.nullable(z.string()),
  }),
  scopeOf: (input, context) => caseRow(context, input.id),
  async run(context, { id, verdict, envelope }) {
    const file = await caseFile(context, id)
    const manifests = verdict === 'waive' ? [file.promise.manifest, file.governing.manifest] : [file.promise.manifest]
    const signed = await ownSignature(context, envelope, [...new Set(manifests)])
    const { verified } = signed
    if (verified && context.state.decision(verified.digest, verified.signedBy.keyId) !== null)
      throw new RunproofError('case.already_decided', `you handed in this very decision before: ${verified.value.id}`)
    refuseDecided(file)
    const first =
      verified && file.decisions.find((one) => one.digest === verified.digest && isPending(one, file.row.lastWindow, file.quorum))
    insistOn([
      ...signed.against,
      ...(verified === null
        ? []
        : first
          ? againstSecond(context, file, first, signed, verdict)
          : objections(aboutOf(file), verified, decidingBy(context, file, verdict, signed.names))),
      ...againstGoverning(file, verdict),
    ])
    if (verified === null) throw new RunproofError('decision.invalid', 'the signature does not hold')
    const ledgerIndex = kept(context, file, verdict, signed, verified)
    const { lastWindow } = file.row
    if (lastWindow !== null) context.decided([lastWindow])
    const after = await caseFile(context, id)
    const missing = isDecidable(after.state) ? after.quorum - peopleFor(after, verified.digest) : 0
    const now = { decision: verified.value.id, digest: verified.digest, ledger_index: ledgerIndex, state: after.state }
    return { id, ...now, missing_signatures: Math.max(0, missing), window_id: lastWindow }
  },
})

/** @throws RunproofError `case.already_decided` */
function refuseDecided({ row, state }: CaseFile): void {
  if (!isDecidable(state)) throw new RunproofError('case.already_decided', `case ${row.id} is ${state}`)
}

function decidingBy(context: Context, file: CaseFile, verdict: Deciding['verdict'], names: readonly string[]): Deciding {
  const person = personIn(context.principal)
  const hasAsked = file.proposals.some(
    ({ requester, requestedBy }) => requester === person.id || names.some((name) => samePerson(name, requestedBy)),
  )
  return { verdict, names, requestedBy: requesterOf(file), hasAsked, now: nowOf(context) }
}

/** The second of two people: the statement was looked at when the first handed it in, what matters is that it is somebody else. */
function againstSecond(
  context: Context,
  file: CaseFile,
  first: CaseDecision,
  { names }: OwnSignature,
  verdict: Deciding['verdict'],
): readonly string[] {
  const { hasAsked, requestedBy } = decidingBy(context, file, verdict, names)
  const person = personIn(context.principal)
  const isSame =
    first.rows.some(({ decidedBy }) => decidedBy === `person:${person.id}`) ||
    first.signers.some((signer) => names.some((name) => samePerson(name, signer.name)))
  return [
    ...(first.verdict === verdict ? [] : [`what waits for a second person is to ${first.verdict}`]),
    ...(isSame ? [`${person.name} signed it already: the second signature must be another person's`] : []),
    ...(hasAsked || names.some((name) => samePerson(name, requestedBy))
      ? [`${person.name} asked for it and cannot approve their own request: another approver has to sign`]
      : []),
  ]
}

/** A waiver is for the windows to come, too: where the manifest has changed the control since, it would not count there. */
function againstGoverning({ row, promise, governing }: CaseFile, verdict: Deciding['verdict']): readonly string[] {
  if (verdict !== 'waive' || promise === governing) return []
  const [then, now] = [promise, governing].map(({ manifest }) => manifest.controls.find(({ id }) => id === row.control))
  if (then && now && controlDigest(then) === controlDigest(now)) return []
  return [
    `the manifest ${governing.manifest.metadata.version} that governs now has another ${row.control} than the window of this case: wait for a window that is judged by it`,
  ]
}

function kept(
  context: Context,
  { row, signatures }: CaseFile,
  verdict: Deciding['verdict'],
  { envelope, spki }: OwnSignature,
  { value, digest, signedBy }: NonNullable<OwnSignature['verified']>,
): number {
  const { state, ledger, principal } = context
  const person = personIn(principal)
  const subject = `case:${row.id}`
  return ledger.transaction((inside) => {
    // Between reading the case and this transaction somebody else may have been here.
    if (state.decisionsOn(subject).length !== signatures)
      throw new RunproofError('case.already_decided', `somebody decided about case ${row.id} at this moment: look at it again`)
    const { index } = logInside(inside, envelope, spki, decisionEvent(envelope))
    const at = nowOf(context)
    state.insertDecision({
      application: row.application,
      environment: row.environment,
      digest,
      keyId: signedBy.keyId,
      envelope: jcs(envelope),
      subject,
      windowId: verdict === 'waive' ? null : row.lastWindow,
      decidedBy: `person:${person.id}`,
      decidedAt: at,
      ledgerIndex: index,
    })
    const detail = { verdict, decision: value.id, digest, reason: value.reason, ledgerIndex: index }
    state.insertCaseEvent({ caseId: row.id, at, who: `person:${person.id}`, name: person.name, what: 'decided', detail })
    return index
  })
}

/** How many different people have signed this statement. */
function peopleFor({ decisions }: CaseFile, digest: string): number {
  return decisions.find((one) => one.digest === digest)?.people ?? 0
}

/** What somebody signed, as it was signed. */
function signedAlready({ rows }: CaseDecision): Pick<Draft, 'payload' | 'decision'> {
  const payload = payloadOf(readEnvelope(JSON.parse(rows[0]?.envelope ?? '')))
  return { payload, decision: readStatement(payload, WAIVER_PREDICATE).predicate as unknown as Draft['decision'] }
}

type DraftInput = {
  readonly verdict: Deciding['verdict']
  readonly reason?: string | undefined
  readonly compensating?: string | undefined
  readonly expires?: string | undefined
}

/** In the words of whoever asks, else in those of the exception that was asked for. */
function drafted(context: Context, file: CaseFile, { verdict, reason, compensating, expires }: DraftInput): Draft {
  const [proposal] = verdict === 'waive' ? file.proposals : []
  const now = nowOf(context)
  const why = reason ?? proposal?.reason
  if (why === undefined) throw new RunproofError('request.invalid', `say why: to ${verdict} takes a reason`)
  const end = expires === undefined ? (proposal?.expires ?? null) : timeOf(expires, context.now())
  const instead = compensating ?? proposal?.compensatingControl ?? null
  if (verdict === 'waive' && (end === null || instead === null))
    throw new RunproofError(
      'request.invalid',
      'a waiver takes compensating (what protects instead) and expires (a UTC time, or 30d)',
    )
  const asked = { verdict, reason: why, compensatingControl: instead, expires: end, requestedBy: requesterOf(file), now }
  return draftDecision(aboutOf(file), asked)
}

/** @throws RunproofError `request.invalid` */
export function timeOf(text: string, nowMs: number): Instant {
  if (durationForm.test(text)) return instantOf(nowMs + durationMs(text))
  if (isInstant(text)) return text
  throw new RunproofError('request.invalid', `expires takes a UTC time like 2026-03-31T00:00:00Z, or how long from now, like 30d`)
}

/** What the schema itself refuses: nobody should sign what cannot be read back. */
function againstForm(decision: Draft['decision']): readonly string[] {
  if (!('expires' in decision)) return []
  const read = WaiverSchema.safeParse(decision)
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
}
