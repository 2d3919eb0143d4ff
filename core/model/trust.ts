import * as z from 'zod/mini'
import { InstantSchema } from './window.ts'

export const TRUST_TYPE = 'https://runproof.dev/trust/v1'

const text = z.string().check(z.minLength(1), z.maxLength(1000))
const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'))
/** An entry of a log, counted from 0. */
const place = { origin: text, index: z.int().check(z.gte(0)) }
const Key = z.strictObject({
  name: text,
  /** P-256 public key, PEM. */
  key: text,
  validFrom: z.optional(InstantSchema),
  validUntil: z.optional(InstantSchema),
  /** The entry at which another key took its place: only what the same log holds before it counts. */
  retiredAt: z.exactOptional(z.strictObject(place)),
  /** The entry at which it was revoked, and why: only what the same log holds before it counts. */
  revokedAt: z.exactOptional(z.strictObject({ ...place, because: text })),
})
export type TrustedKey = Readonly<z.infer<typeof Key>>

/**
 * What an auditor believes before reading a report. `source.kind` `run`: written by the run that made the report, so it shows that
 * nothing was changed since, not who made it; `pinned`: obtained or checked independently.
 */
export const TrustSchema = z.strictObject({
  type: z.literal(TRUST_TYPE),
  source: z.strictObject({ kind: z.enum(['run', 'pinned']), note: z.optional(text) }),
  /** Keys that may sign reports. */
  signers: z.array(Key).check(z.minLength(1), z.maxLength(1000)),
  /** Logs that may witness them: origin and Ed25519 key as a C2SP verifier key (`name+hash+base64`). */
  logs: z.array(z.strictObject({ origin: text, vkey: text })).check(z.maxLength(1000)),
  /** Keys that may sign manifests. */
  owners: z.array(Key).check(z.maxLength(1000)),
  /** Keys of people whose decisions count; empty: those that the signed manifest names. */
  approvers: z.array(Key).check(z.maxLength(1000)),
  gates: z.array(z.strictObject({ name: text, digest })).check(z.maxLength(1000)),
  /** Lists of what sensors cannot see that are known beside those that ship with Runproof. */
  blindSpots: z.exactOptional(z.array(z.strictObject({ name: text, digest })).check(z.maxLength(1000))),
  manifests: z.array(z.strictObject({ name: text, version: text, digest })).check(z.maxLength(10_000)),
})
export type Trust = Readonly<z.infer<typeof TrustSchema>>
