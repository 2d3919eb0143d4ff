import * as z from 'zod/mini'
import { decisionKinds } from './decision.ts'
import { JudgementSchema } from './judgement.ts'
import { RedactionUseSchema } from './redaction.ts'
import { InstantSchema, WindowSchema } from './window.ts'

/** One constant, so that the whole family can move. */
export const REPORT_PREDICATE = 'https://runproof.dev/attestation/runtime-assurance-report/v1'
export const REPORT_TYPE = 'https://runproof.dev/report/v1'
export const VERIFIER_ID = 'https://runproof.dev/verifier/v1'
export const EVIDENCE_MEDIA_TYPE = 'application/vnd.runproof.evidence.v1+ndjson'

const text = z.string().check(z.maxLength(8192))
const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'))
const count = z.int().check(z.gte(0))
const SignerSchema = z.strictObject({ name: text, keyId: text })

export const LedgerPositionSchema = z.strictObject({ origin: text, size: count, root: digest })

/** The full report: canonical JSON, `subject[0]` of the signed statement. */
export const ReportSchema = z.strictObject({
  type: z.literal(REPORT_TYPE),
  producer: z.strictObject({ name: z.literal('runproof'), version: text }),
  scope: z.strictObject({
    application: text,
    environment: text,
    cluster: z.nullable(text),
    workloads: z.array(z.strictObject({ name: text, namespace: z.nullable(text), class: text, nodes: z.array(text) })),
  }),
  window: WindowSchema,
  evaluatedAt: InstantSchema,
  manifest: z.strictObject({ name: text, version: text, digest, owner: text, signedBy: z.nullable(SignerSchema) }),
  gate: z.strictObject({ engine: text, digest, entrypoint: text }),
  evidence: z.strictObject({ root: digest, digest, lines: count, mediaType: z.literal(EVIDENCE_MEDIA_TYPE) }),
  judgement: JudgementSchema,
  /** What could not be read, by reason. */
  quarantine: z.strictObject({ count, reasons: z.record(text, count) }),
  /** Signed decisions that were logged and given to the judgement, whatever became of them; older reports know waivers alone. */
  decisions: z.array(
    z.strictObject({
      id: text,
      kind: z.exactOptional(z.enum(decisionKinds)),
      digest,
      ledgerIndex: count,
      signedBy: SignerSchema,
    }),
  ),
  refusedWaivers: z.array(z.strictObject({ source: text, id: z.nullable(text), why: text })),
  previous: z.nullable(z.strictObject({ windowId: text, reportDigest: digest, relation: z.enum(['follows', 'supersedes']) })),
  /** By which rules secrets were taken out of the events before anything was kept; older reports do not say. */
  redaction: z.exactOptional(RedactionUseSchema),
  /** The ledger as it stood when the report was made. */
  ledger: LedgerPositionSchema,
})
export type Report = Readonly<z.infer<typeof ReportSchema>>
