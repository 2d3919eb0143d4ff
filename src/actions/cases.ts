import * as z from 'zod/mini'
import { orElse } from '../../core/proof/shape.ts'
import { may } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { payloadOf, readEnvelope } from '../../core/proof/dsse.ts'
import type { Decision } from '../../core/model/decision.ts'
import { readStatement } from '../../core/proof/statement.ts'
import { WAIVER_PREDICATE } from '../../core/model/waiver.ts'
import { draftDecision } from '../review/draft.ts'
import { caseStates, isDecidable } from '../review/state.ts'
import { action, type Context } from './action.ts'
import { page, scopeFields, scopeIn, text, whole } from './fields.ts'
import { aboutOf, caseFile, caseRow, fileOf, requesterOf, type CaseDecision, type CaseFile } from './review/case-file.ts'
import { nowOf } from './review/decisions.ts'
import { CaseLine, caseLine, ToSign, toSign } from './review/fields.ts'
import { personIn } from './review/signature.ts'

const id = { id: whole(1, Number.MAX_SAFE_INTEGER) }

/** Newest first. States are worked out now: a waiver that ended a second ago leaves its case open. */
export const list = action({
  name: 'list-cases',
  summary: 'what people must decide, newest first',
  permission: 'case:read',
  method: 'GET',
  path: '/api/v1/cases',
  command: ['case', 'list'],
  input: z.strictObject({
    ...scopeFields,
    /** One state, `undecided` for all that wait for a person, or `all`. */
    state: orElse(z.enum(['undecided', 'all', ...caseStates]), 'undecided'),
    control: z.optional(text(100)),
    mine: z.optional(z.enum(['true', 'false'])),
    ...page,
  }),
  output: z.object({ cases: z.array(CaseLine), next: z.nullable(z.int()) }),
  scopeOf: scopeIn,
  async run(context, { state, control, mine, limit, before, ...input }) {
    const rows = context.state.cases({
      scope: scopeIn(input),
      // An exception that was asked for lapses without ever being closed.
      closed: state === 'all' || state === 'closed' ? null : false,
      control: control ?? null,
      assignee: mine === 'true' ? personIn(context.principal).id : null,
      before: before ?? null,
      limit,
    })
    const known: Parameters<typeof fileOf>[2] = new Map()
    const files = await Promise.all(rows.filter(context.isVisible).map((row) => fileOf(context, row, known)))
    const cases = files
      .filter((file) => state === 'all' || (state === 'undecided' ? isDecidable(file.state) : file.state === state))
      .map((file) => caseLine(file, nowOf(context), namesIn(context)))
    return { cases, next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) }
  },
})

const Signer = z.object({ name: z.string(), key_id: z.string() })

export const show = action({
  name: 'show-case',
  summary: 'a case with its evidence, its history and what there is to sign',
  permission: 'case:read',
  method: 'GET',
  path: '/api/v1/cases/:id',
  command: ['case', 'show'],
  input: z.strictObject(id),
  output: z.object({
    ...CaseLine.shape,
    reasons: z.array(z.string()),
    workloads: z.array(z.string()),
    scope: z.unknown(),
    report: z.nullable(z.string()),
    closed_at: z.nullable(z.string()),
    decisions: z.array(
      z.object({
        id: z.string(),
        digest: z.string(),
        verdict: z.string(),
        state: z.string(),
        window: z.nullable(z.string()),
        expires: z.nullable(z.string()),
        reason: z.string(),
        signed_by: z.array(Signer),
        ledger_entries: z.array(z.int()),
      }),
    ),
    /** What a person can sign as it is: a decision that waits for a second person, an exception that was asked for. */
    to_sign: z.array(z.object({ verdict: z.enum(['approve', 'waive']), because: z.string(), ...ToSign.shape })),
    windows: z.array(z.object({ window_id: z.string(), outcome: z.string(), report: z.string() })),
    history: z.array(z.object({ at: z.string(), who: z.string(), what: z.string(), detail: z.unknown() })),
    evidence: z.unknown(),
  }),
  scopeOf: (input, context) => caseRow(context, input.id),
  async run(context, input) {
    const file = await caseFile(context, input.id)
    const { row, decisions, events } = file
    return {
      ...caseLine(file, nowOf(context), namesIn(context)),
      reasons: [...row.reasons],
      workloads: [...row.workloads],
      scope: row.scope,
      report: row.report,
      closed_at: row.closedAt,
      decisions: decisions.map(({ id, digest, verdict, state, window, expires, reason, signers, rows }) => ({
        ...{ id, digest, verdict, state, window, expires, reason },
        signed_by: signers.map(({ name, keyId }) => ({ name, key_id: keyId })),
        ledger_entries: rows.map(({ ledgerIndex }) => ledgerIndex),
      })),
      to_sign: [...secondSignatures(file), ...proposed(file, nowOf(context))],
      windows: context.state
        .caseWindows(row.id)
        .map(({ windowId, outcome, report }) => ({ window_id: windowId, outcome, report })),
      history: events.map(({ at, name, what, detail }) => ({ at, who: name, what, detail })),
      // What was seen on somebody's machine is more than that there was something: it takes a right of its own.
      evidence: may(context.principal, 'evidence:read', row) ? row.evidence : null,
    }
  },
  holdsEvidence: ({ evidence }) => evidence !== null,
})

export const assign = action({
  name: 'assign-case',
  summary: 'take a case on, hand it to somebody, or give it back',
  permission: 'case:comment',
  method: 'POST',
  path: '/api/v1/cases/:id/assign',
  command: ['case', 'assign'],
  input: z.strictObject({
    ...id,
    /** A person's id, `me`, or `nobody`. */
    to: orElse(text(100), 'me'),
  }),
  output: z.object({ id: z.int(), assignee: z.nullable(z.string()) }),
  scopeOf: (input, context) => caseRow(context, input.id),
  run(context, input) {
    const row = caseRow(context, input.id)
    const by = personIn(context.principal)
    const to = input.to === 'me' ? by.id : input.to === 'nobody' ? null : input.to
    const person = to === null ? null : context.access.state.person(to)
    if (to !== null && (person === null || person.disabledAt !== null))
      throw new RunproofError('request.invalid', `there is no person ${JSON.stringify(to)}`)
    context.ledger.transaction(() => {
      context.state.assignCase(row.id, to)
      const about = { caseId: row.id, at: nowOf(context), who: `person:${by.id}`, name: by.name }
      context.state.insertCaseEvent({ ...about, what: 'assigned', detail: { to, name: person?.name ?? null } })
    })
    return { id: row.id, assignee: person?.name ?? null }
  },
})

export const comment = action({
  name: 'comment-case',
  summary: 'say something about a case; it stays',
  permission: 'case:comment',
  method: 'POST',
  path: '/api/v1/cases/:id/comments',
  command: ['case', 'comment'],
  input: z.strictObject({ ...id, text: text(4000) }),
  output: z.object({ id: z.int(), at: z.string() }),
  scopeOf: (input, context) => caseRow(context, input.id),
  run(context, input) {
    const row = caseRow(context, input.id)
    const by = personIn(context.principal)
    if (input.text.trim() === '') throw new RunproofError('request.invalid', 'a comment says something')
    const at = nowOf(context)
    const about = { caseId: row.id, at, who: `person:${by.id}`, name: by.name }
    context.ledger.transaction(() => context.state.insertCaseEvent({ ...about, what: 'commented', detail: { text: input.text } }))
    return { id: row.id, at }
  },
})

function namesIn({ access }: Context): (person: string) => string | null {
  return (person) => access.state.person(person)?.name ?? null
}

/** Decisions that one person signed where it takes two: the second signs the very same bytes. */
function secondSignatures({ row, state, quorum, decisions, promise }: CaseFile) {
  if (!isDecidable(state)) return []
  const title = promise.manifest.controls.find(({ id }) => id === row.control)?.title ?? null
  return decisions
    .filter((one) => isPending(one, row.lastWindow, quorum))
    .flatMap(({ verdict, rows, signers }) => {
      const [first] = rows
      if (!first || verdict === 'reject') return []
      const payload = payloadOf(readEnvelope(JSON.parse(first.envelope)))
      const decision = readStatement(payload, WAIVER_PREDICATE).predicate as unknown as Decision
      return [
        {
          verdict,
          because: `${signers.map(({ name }) => name).join(', ')} signed it, and it takes two`,
          ...toSign(payload, decision, title),
        },
      ]
    })
}

/** Signed, in force, and short of people. */
export function isPending({ verdict, window, state, people }: CaseDecision, lastWindow: string | null, quorum: number): boolean {
  return verdict !== 'reject' && state === 'active' && people < quorum && (window === null || window === lastWindow)
}

/** The exception that was asked for, as an approver would sign it now. */
function proposed(file: CaseFile, now: string) {
  const [proposal] = file.proposals
  if (!proposal || !isDecidable(file.state) || proposal.expires <= now || file.row.control === null) return []
  const about = aboutOf(file)
  const { payload, decision } = draftDecision(about, { ...proposal, verdict: 'waive', requestedBy: requesterOf(file), now })
  return [
    {
      verdict: 'waive' as const,
      because: `${proposal.requestedBy} asked for it`,
      ...toSign(payload, decision, about.control.title),
    },
  ]
}
