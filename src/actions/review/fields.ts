import * as z from 'zod/mini'
import { severities } from '../../../core/model/severity.ts'
import { DSSE_PAYLOAD_TYPE } from '../../../core/proof/statement.ts'
import { base64, fromUtf8 } from '../../../core/proof/bytes.ts'
import type { Decision } from '../../../core/model/decision.ts'
import { decisionWords } from '../../review/words.ts'
import { caseStates } from '../../review/state.ts'
import type { CaseFile } from './case-file.ts'

/** What a person signs: exactly these bytes, as DSSE of this type; what they say, and the same in words. */
export const ToSign = z.object({
  payload_type: z.string(),
  /** Base64. */
  payload: z.string(),
  statement: z.unknown(),
  words: z.array(z.string()),
})

export function toSign(payload: Uint8Array, decision: Decision, controlTitle: string | null): z.infer<typeof ToSign> {
  return {
    payload_type: DSSE_PAYLOAD_TYPE,
    payload: base64(payload),
    statement: JSON.parse(fromUtf8(payload)),
    words: [...decisionWords(decision, controlTitle)],
  }
}

export const CaseLine = z.object({
  id: z.int(),
  kind: z.enum(['finding', 'exception', 'verdict']),
  state: z.enum(caseStates),
  severity: z.enum(severities),
  application: z.string(),
  environment: z.string(),
  control: z.nullable(z.string()),
  title: z.string(),
  confidence: z.number(),
  verdict: z.enum(['fail', 'review', 'none']),
  opened_at: z.string(),
  due_at: z.string(),
  overdue: z.boolean(),
  assignee: z.nullable(z.string()),
  /** How many different people must sign what accepts it, and how many have signed what waits for more. */
  quorum: z.int(),
  signed: z.int(),
  last_window: z.nullable(z.string()),
  fingerprint: z.nullable(z.string()),
})

export function caseLine({ row, state, quorum, decisions }: CaseFile, now: string, nameOf: (person: string) => string | null) {
  const waiting = decisions.filter(
    (one) => one.state === 'active' && one.verdict !== 'reject' && (one.window ?? row.lastWindow) === row.lastWindow,
  )
  const isWaiting = state === 'open' || state === 'in_review' || state === 'expired' || state === 'revoked'
  return {
    id: row.id,
    kind: row.kind,
    state,
    severity: row.severity,
    application: row.application,
    environment: row.environment,
    control: row.control,
    title: row.title,
    confidence: row.confidence,
    verdict: row.verdict,
    opened_at: row.openedAt,
    due_at: row.dueAt,
    overdue: isWaiting && row.dueAt < now,
    assignee: row.assignee === null ? null : nameOf(row.assignee),
    quorum,
    signed: waiting.reduce((most, { people }) => Math.max(most, people), 0),
    last_window: row.lastWindow,
    fingerprint: row.fingerprint,
  }
}
