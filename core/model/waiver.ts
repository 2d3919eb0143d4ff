import * as z from 'zod/mini'
import { InstantSchema } from './window.ts'

export const WAIVER_PREDICATE = 'https://runproof.dev/attestation/waiver/v1'

/** What is to last longer is an exception in the control. */
export const MAX_WAIVER_DAYS = 365

const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max))
const Patterns = z.array(text(4096)).check(z.minLength(1), z.maxLength(200))

/**
 * A time-limited, scoped, justified acceptance of violations of one control. It is signed by an approver; the statement's subject is
 * the digest of the control, so that a control that has changed is no longer waived.
 */
export const WaiverSchema = z.strictObject({
  id: text(100),
  application: text(63),
  environment: text(63),
  control: text(100),
  /** All that are given must match; `fingerprints` is the narrowest and the default of `runproof waiver sign`. */
  scope: z
    .strictObject({
      fingerprints: z.optional(
        z
          .array(z.string().check(z.regex(/^rpf1:[0-9a-f]{64}$/, 'must be a fingerprint, rpf1: and 64 hex digits')))
          .check(z.minLength(1), z.maxLength(1000)),
      ),
      workloads: z.optional(Patterns),
      targets: z.optional(Patterns),
      executables: z.optional(Patterns),
    })
    .check(
      z.refine(
        (scope) => Object.keys(scope).length > 0,
        'must name at least one of fingerprints, workloads, targets, executables',
      ),
    ),
  reason: text(2000),
  compensatingControl: text(2000),
  requestedBy: text(200),
  /** The one window that it is for; absent: every window while it holds. */
  window: z.optional(text(300)),
  notBefore: InstantSchema,
  /** The waiver holds while `notBefore <= evaluation time < expires`. */
  expires: InstantSchema,
})
export type Waiver = Readonly<z.infer<typeof WaiverSchema>>

declare const verified: unique symbol
/** Something whose signature was checked. Only `core/proof` makes one, so that nothing unverified can be judged by. */
export type Verified<T> = {
  readonly [verified]: true
  readonly value: T
  readonly signedBy: Signer
  readonly digest: string
  readonly subject: readonly string[]
}

/** Who signed: the name that the manifest or trust root gives the key, and the key's id. */
export type Signer = { readonly name: string; readonly keyId: string }

/** A signed waiver that does not count, and why. It is listed in the report: a refusal is not silent. */
export type RefusedWaiver = { readonly source: string; readonly id: string | null; readonly why: string }
