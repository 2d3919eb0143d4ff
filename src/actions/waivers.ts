import * as z from 'zod/mini'
import { needsSecond } from '../../core/judge/waive.ts'
import { resolve } from '../../core/judge/resolve.ts'
import { may } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { waiverStates } from '../../core/model/judgement.ts'
import { instantOf } from '../../core/model/time.ts'
import { WaiverSchema, type Verified, type Waiver } from '../../core/model/waiver.ts'
import { InstantSchema } from '../../core/model/window.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { againstScope } from '../declare/waiver.ts'
import { draftDecision, draftRevocation } from '../review/draft.ts'
import { objectionsToRevocation } from '../review/objections.ts'
import { dueAt } from '../review/state.ts'
import { decisionEvent, logInside } from '../store/ledger/logged.ts'
import type { ScopeName } from '../store/state/manifests.ts'
import { action, type Context } from './action.ts'
import { timeOf } from './decide.ts'
import { Digest, Fingerprint, Name, scopeFields, scopeIn, text, whole } from './fields.ts'
import { caseRow } from './review/case-file.ts'
import { decisionsUnder, nowOf, promiseAt, type Decisions } from './review/decisions.ts'
import { ToSign, toSign } from './review/fields.ts'
import { insistOn, ownSignature, personIn } from './review/signature.ts'

const Signer = z.object({ name: z.string(), key_id: z.string() })
const Patterns = z.optional(z.array(text(4096)).check(z.minLength(1), z.maxLength(200)))

/** Every waiver and approval that people handed in, and whether it holds: worked out when it is asked for, as a judgement would. */
export const list = action({
  name: 'list-waivers',
  summary: 'waivers, who signed them, and whether they hold now',
  permission: 'case:read',
  method: 'GET',
  path: '/api/v1/waivers',
  command: null,
  input: z.strictObject({
    ...scopeFields,
    state: z.optional(z.enum(waiverStates)),
    /** As of when; default: now. */
    at: z.optional(InstantSchema),
  }),
  output: z.object({
    waivers: z.array(
      z.object({
        id: z.string(),
        digest: z.string(),
        state: z.enum(waiverStates),
        application: z.string(),
        environment: z.string(),
        control: z.string(),
        covers: z.unknown(),
        window: z.nullable(z.string()),
        not_before: z.string(),
        expires: z.string(),
        reason: z.string(),
        compensating: z.string(),
        requested_by: z.string(),
        signed_by: z.array(Signer),
        /** Findings of this severity or worse are not covered: a second person has not signed. */
        needs_second_person_from: z.nullable(z.string()),
        revoked: z.nullable(z.object({ at: z.string(), by: z.string(), reason: z.string() })),
        subject: z.string(),
      }),
    ),
  }),
  scopeOf: scopeIn,
  async run(context, { state, at = nowOf(context), ...input }) {
    const asked = scopeIn(input)
    const scopes = (asked === null ? context.state.scopes() : [asked]).filter(context.isVisible)
    const lists = await Promise.all(
      scopes.map(async (scope) => {
        const promise = promiseAt(context, scope, at)
        return promise === null ? [] : linesOf(await decisionsUnder(context, scope, promise, at))
      }),
    )
    return { waivers: lists.flat().filter((line) => state === undefined || line.state === state) }
  },
})

function linesOf({ promise: { manifest }, waivers }: Decisions) {
  const from = manifest.review?.twoPeopleFrom
  return waivers.map((signed) => {
    const { value, digest, state, signers, revoked, rows } = signed
    const isAlone = from !== undefined && needsSecond(signed, manifest)({ severity: from })
    return {
      id: value.id,
      digest,
      state,
      application: value.application,
      environment: value.environment,
      control: value.control,
      covers: value.scope,
      window: value.window ?? null,
      not_before: value.notBefore,
      expires: value.expires,
      reason: value.reason,
      compensating: value.compensatingControl,
      requested_by: value.requestedBy,
      signed_by: signers.map(({ name, keyId }) => ({ name, key_id: keyId })),
      needs_second_person_from: isAlone ? from : null,
      revoked: revoked && { at: revoked.value.revokedAt, by: revoked.signedBy.name, reason: revoked.value.reason },
      subject: rows[0]?.subject ?? '',
    }
  })
}

/** Asks for an exception: of a finding (`case`), or in advance of what a control will meet. Somebody else has to sign it. */
export const propose = action({
  name: 'propose-waiver',
  summary: 'ask for an exception, which somebody else must sign',
  permission: 'case:propose',
  method: 'POST',
  path: '/api/v1/proposals',
  command: null,
  input: z.strictObject({
    case: z.optional(whole(1, Number.MAX_SAFE_INTEGER)),
    application: z.optional(Name),
    environment: z.optional(Name),
    control: z.optional(text(100)),
    fingerprints: z.optional(z.array(Fingerprint).check(z.minLength(1), z.maxLength(1000))),
    workloads: Patterns,
    targets: Patterns,
    executables: Patterns,
    reason: text(2000),
    compensating: text(2000),
    /** UTC time, or how long from now: `30d`. */
    expires: text(30),
  }),
  output: z.object({ case: z.int(), expires: z.string() }),
  scopeOf: (input, context) => (input.case === undefined ? neededScope(input) : caseRow(context, input.case)),
  run(context, input) {
    const by = personIn(context.principal)
    const expires = timeOf(input.expires, context.now())
    const { reason, compensating: compensatingControl } = input
    const proposal = { requester: by.id, requestedBy: by.name, reason, compensatingControl, expires }
    const asked = input.case === undefined ? exceptionOf(context, input) : null
    const target = asked ?? caseTarget(context, input.case ?? 0)
    insistOn(againstProposal(target, proposal, nowOf(context)))
    return context.ledger.transaction(() => {
      const id = 'id' in target ? target.id : openException(context, target)
      const about = { caseId: id, at: nowOf(context), who: `person:${by.id}`, name: by.name }
      context.state.insertCaseEvent({ ...about, what: 'proposed', detail: proposal })
      return { case: id, expires }
    })
  },
})

/** The bytes that a person signs to take a waiver back. */
export const draftRevoke = action({
  name: 'draft-revocation',
  summary: 'what a person signs to take a waiver back',
  permission: 'case:decide',
  method: 'POST',
  path: '/api/v1/waivers/:digest/draft',
  command: null,
  input: z.strictObject({ digest: Digest, reason: text(2000) }),
  output: ToSign,
  scopeOf: (input, context) => signedScope(context, input.digest),
  async run(context, { digest, reason }) {
    const { value } = await heldWaiver(context, digest)
    const { payload, decision } = draftRevocation(value, digest, { reason, now: nowOf(context) })
    return toSign(payload, decision, null)
  },
})

/** Takes a waiver back by a signed statement. It counts in windows that are judged from then on, again or for the first time. */
export const revoke = action({
  name: 'revoke-waiver',
  summary: 'take a waiver back, by a signed statement',
  permission: 'case:decide',
  method: 'POST',
  path: '/api/v1/waivers/:digest/revoke',
  command: null,
  input: z.strictObject({ digest: Digest, envelope: z.unknown() }),
  output: z.object({ digest: z.string(), ledger_index: z.int(), window_id: z.nullable(z.string()) }),
  scopeOf: (input, context) => signedScope(context, input.digest),
  async run(context, { digest, envelope }) {
    const { state, ledger, principal } = context
    const held = await heldWaiver(context, digest)
    const { promise, revoked, rows, value } = held
    if (revoked !== null)
      throw new RunproofError(
        'case.already_decided',
        `${revoked.signedBy.name} took ${value.id} back at ${revoked.value.revokedAt}`,
      )
    const signed = await ownSignature(context, envelope, [promise.manifest])
    const { verified } = signed
    const at = nowOf(context)
    insistOn([
      ...signed.against,
      ...(verified === null ? [] : objectionsToRevocation(verified, held as unknown as Verified<Waiver>, at)),
    ])
    if (verified === null) throw new RunproofError('decision.invalid', 'the signature does not hold')
    const [first] = rows
    const scope = { application: value.application, environment: value.environment }
    const person = personIn(principal)
    const index = ledger.transaction((inside) => {
      if (state.decision(verified.digest, verified.signedBy.keyId) !== null)
        throw new RunproofError('case.already_decided', 'you handed in this very revocation before')
      const appended = logInside(inside, signed.envelope, signed.spki, decisionEvent(signed.envelope))
      state.insertDecision({
        ...scope,
        digest: verified.digest,
        keyId: verified.signedBy.keyId,
        envelope: jcs(signed.envelope),
        subject: `waiver:${digest}`,
        windowId: first?.windowId ?? null,
        decidedBy: `person:${person.id}`,
        decidedAt: at,
        ledgerIndex: appended.index,
      })
      const caseId = Number(/^case:(\d+)$/.exec(first?.subject ?? '')?.[1] ?? 0)
      if (caseId > 0) {
        const detail = {
          decision: verified.value.id,
          waiver: value.id,
          digest,
          reason: verified.value.reason,
          ledgerIndex: appended.index,
        }
        state.insertCaseEvent({ caseId, at, who: `person:${person.id}`, name: person.name, what: 'revoked', detail })
      }
      return appended.index
    })
    const window = value.window ?? state.lastSealed(scope, '9999-12-31T23:59:59Z')?.window.id ?? null
    if (window !== null) context.decided([window])
    return { digest: verified.digest, ledger_index: index, window_id: window }
  },
})

type Target = ScopeName & { readonly control: string | null; readonly scope: Waiver['scope'] }
type ProposalFields = {
  readonly requestedBy: string
  readonly reason: string
  readonly compensatingControl: string
  readonly expires: string
}

function caseTarget(context: Context, id: number): Target & { readonly id: number } & Pick<Exception, 'manifest'> {
  const row = caseRow(context, id)
  return { ...row, manifest: governing(context, row).manifest }
}

type Exception = Target & { readonly subject: string; readonly manifest: Decisions['promise']['manifest'] }

type ExceptionInput = Waiver['scope'] & {
  readonly application?: string | undefined
  readonly environment?: string | undefined
  readonly control?: string | undefined
}

function exceptionOf(context: Context, input: ExceptionInput): Exception {
  const scope = neededScope(input)
  const { control, fingerprints, workloads, targets, executables } = input
  if (control === undefined) throw new RunproofError('request.invalid', 'name the control, or the case')
  const covers = {
    ...(fingerprints && { fingerprints }),
    ...(workloads && { workloads }),
    ...(targets && { targets }),
    ...(executables && { executables }),
  }
  const subject = `exception:${sha256Hex(jcs([control, covers] as JsonValue))}`
  return { ...scope, control, scope: covers, subject, manifest: governing(context, scope).manifest }
}

/** Everything that would keep the exception from ever counting, whoever signed it. */
function againstProposal(
  { application, environment, control: wanted, scope, manifest }: Target & Pick<Exception, 'manifest'>,
  { requestedBy, reason, compensatingControl, expires }: ProposalFields,
  now: string,
): readonly string[] {
  const control = manifest.controls.find(({ id }) => id === wanted)
  if (!control) return [wanted === null ? 'no control speaks about it' : `the manifest has no control ${wanted}`]
  const about = { id: 0, application, environment, control, window: null, scope }
  const request = { verdict: 'waive' as const, reason, compensatingControl, expires, requestedBy, now }
  const { decision } = draftDecision(about, request)
  const read = WaiverSchema.safeParse(decision)
  return [
    ...(read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)),
    ...(expires <= now ? [`it expires at ${expires}, which is over`] : []),
    ...(expires > instantOf(Date.parse(now) + 365 * 86_400_000) ? ['it expires more than 365 days from now'] : []),
    ...[reason, compensatingControl]
      .filter((words) => words.trim() === '')
      .map(() => 'reason or compensating is blank: say it in words'),
    ...againstScope(scope, control, manifest),
  ]
}

function openException(context: Context, { application, environment, control, scope, subject, manifest }: Exception): number {
  const { state } = context
  const known = state.caseOn({ application, environment }, subject)
  if (known !== null) return known.id
  const resolved = resolve(manifest)
  const at = nowOf(context)
  const severity = resolved.controls.find(({ id }) => id === control)?.severity ?? 'high'
  const id = state.insertCase({
    ...{ application, environment, control, scope, subject, severity },
    kind: 'exception',
    fingerprint: null,
    title: `exception of ${control ?? ''}: ${Object.values(scope).flat().slice(0, 5).join(', ')}`.slice(0, 500).toWellFormed(),
    confidence: 0,
    verdict: 'none',
    reasons: ['Asked for in advance.'],
    workloads: [],
    evidence: null,
    coveredBy: [],
    openedAt: at,
    dueAt: dueAt(at, severity, resolved.review),
    ...{ firstWindow: null, lastWindow: null, lastWindowEnd: null, report: null },
  })
  const { principal } = context
  const person = personIn(principal)
  state.insertCaseEvent({ caseId: id, at, who: `person:${person.id}`, name: person.name, what: 'opened', detail: { control } })
  return id
}

function neededScope(input: { readonly application?: string | undefined; readonly environment?: string | undefined }): ScopeName {
  const scope = scopeIn(input)
  if (scope === null) throw new RunproofError('request.invalid', 'name the case, or application, environment and control')
  return scope
}

function governing(context: Context, scope: ScopeName): Decisions['promise'] {
  const promise = promiseAt(context, scope, nowOf(context))
  if (promise === null)
    throw new RunproofError('scope.unknown', `nobody published a manifest for ${scope.application}/${scope.environment}`)
  return promise
}

/** @throws RunproofError `waiver.unknown` */
function signedScope({ state, principal }: Context, digest: string): ScopeName {
  const row = state.decisionsSigned(digest).find((signed) => may(principal, 'case:read', signed))
  if (!row) throw new RunproofError('waiver.unknown', `nobody handed in a waiver with the digest ${digest}`)
  return row
}

/** A waiver that counts under the manifest that governs now. @throws RunproofError `waiver.unknown` */
async function heldWaiver(context: Context, digest: string) {
  const scope = signedScope(context, digest)
  const promise = governing(context, scope)
  const { waivers } = await decisionsUnder(context, scope, promise, nowOf(context))
  const held = waivers.find((waiver) => waiver.digest === digest)
  if (!held) throw new RunproofError('waiver.unknown', `${digest} is no waiver of people whom the manifest names now`)
  return { ...held, promise }
}
