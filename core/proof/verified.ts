import { z } from 'zod/mini'
import type { Signer, Verified } from '../model/waiver.ts'
import { RunproofError } from '../model/errors.ts'
import { readEnvelope, verifyEnvelope } from './dsse.ts'
import { keyHint } from './keys.ts'
import { sha256Hex } from './sha256.ts'
import { shaped } from './shape.ts'
import { DSSE_PAYLOAD_TYPE, readStatement } from './statement.ts'

/** A manifest's signature: the statement's one subject is named like the manifest and carries its digest. */
export const MANIFEST_PREDICATE = 'https://runproof.dev/attestation/manifest/v1'

const name = z.string().check(z.minLength(1), z.maxLength(63))

/** What the owner signs beside the digest: enough to tell which manifest it was without having it. */
export const ManifestClaimSchema = z.strictObject({
  name,
  version: z.string().check(z.minLength(1), z.maxLength(60)),
  application: name,
  environment: name,
})
export type ManifestClaim = Readonly<z.infer<typeof ManifestClaimSchema>>

/** A public key that counts, and whose it is. */
export type NamedKey = { readonly name: string; readonly spki: Uint8Array }

export type SignedCheck<T> = { readonly ok: true; readonly verified: Verified<T> } | { readonly ok: false; readonly why: string }

/**
 * The only maker of `Verified<T>`: a DSSE envelope from anywhere, whose signature one of `keys` made over an in-toto statement with
 * this predicate type, whose predicate has the schema's shape. What the subjects are, and whether the words hold here, is for the
 * caller to check. Bad input is a refusal with its reason, not an exception.
 * @throws RunproofError `key.malformed` when one of `keys` is no P-256 key
 */
export async function verifySigned<S extends z.core.$ZodType>(
  envelope: unknown,
  keys: readonly NamedKey[],
  predicateType: string,
  schema: S,
): Promise<SignedCheck<z.output<S>>> {
  const signers = keys.map(({ name, spki }) => ({ name, spki, keyId: keyHint(spki) }))
  try {
    const check = await verifyEnvelope(readEnvelope(envelope), signers, DSSE_PAYLOAD_TYPE)
    if (!check.ok) return check
    const signedBy = signers.find(({ keyId }) => keyId === check.keyId)
    if (!signedBy) return { ok: false, why: 'the signing key has no name' }
    return {
      ok: true,
      verified: verifiedOf(check.payload, { name: signedBy.name, keyId: signedBy.keyId }, predicateType, schema),
    }
  } catch (error) {
    if (!(error instanceof RunproofError) || error.code === 'key.malformed') throw error
    return { ok: false, why: error.message }
  }
}

function verifiedOf<S extends z.core.$ZodType>(
  payload: Uint8Array,
  signedBy: Signer,
  predicateType: string,
  schema: S,
): Verified<z.output<S>> {
  const { subject, predicate } = readStatement(payload, predicateType)
  const content: Pick<Verified<z.output<S>>, 'value' | 'signedBy' | 'digest' | 'subject'> = {
    value: shaped(schema, predicate, 'what this statement is to say'),
    signedBy,
    digest: sha256Hex(payload),
    subject: subject.map(({ sha256 }) => sha256),
  }
  return content as Verified<z.output<S>>
}
