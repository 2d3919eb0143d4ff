import * as z from 'zod/mini'
import type { Waiver } from './waiver.ts'
import { InstantSchema } from './window.ts'

export const CONFIRMATION_PREDICATE = 'https://runproof.dev/attestation/confirmation/v1'
export const REVOCATION_PREDICATE = 'https://runproof.dev/attestation/waiver-revocation/v1'

const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max))
const Fingerprint = z.string().check(z.regex(/^rpf1:[0-9a-f]{64}$/, 'must be a fingerprint, rpf1: and 64 hex digits'))

/**
 * A person's word that findings of one window are violations. The statement's subject is the digest of the control, as for a waiver: of a
 * control that has changed nothing is confirmed.
 */
export const ConfirmationSchema = z.strictObject({
  id: text(100),
  application: text(63),
  environment: text(63),
  window: text(300),
  control: text(100),
  fingerprints: z.array(Fingerprint).check(z.minLength(1), z.maxLength(1000)),
  reason: text(2000),
  requestedBy: z.optional(text(200)),
  decidedAt: InstantSchema,
})
export type Confirmation = Readonly<z.infer<typeof ConfirmationSchema>>

/** A person's word that a waiver holds no longer. The statement's subject is the digest of the waiver's statement. */
export const RevocationSchema = z.strictObject({
  id: text(100),
  application: text(63),
  environment: text(63),
  /** The waiver's id, for people; the digest in the subject is what counts. */
  waiver: text(100),
  reason: text(2000),
  revokedAt: InstantSchema,
})
export type Revocation = Readonly<z.infer<typeof RevocationSchema>>

/** What a person can sign about findings. */
export type Decision = Waiver | Confirmation | Revocation
export const decisionKinds = ['waiver', 'confirmation', 'revocation'] as const
export type DecisionKind = (typeof decisionKinds)[number]

/** Each kind has a time that no other has. */
export function decisionKind(decision: Decision): DecisionKind {
  return 'decidedAt' in decision ? 'confirmation' : 'revokedAt' in decision ? 'revocation' : 'waiver'
}
