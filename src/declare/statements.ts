import { controlDigest, manifestDigest } from '../../core/judge/resolve.ts'
import type { Control, Manifest } from '../../core/model/manifest.ts'
import { WAIVER_PREDICATE, type Signer, type Waiver } from '../../core/model/waiver.ts'
import { payloadOf, readEnvelope } from '../../core/proof/dsse.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { shaped } from '../../core/proof/shape.ts'
import { readStatement, statementBytes } from '../../core/proof/statement.ts'
import {
  MANIFEST_PREDICATE,
  ManifestClaimSchema,
  verifySigned,
  type ManifestClaim,
  type NamedKey,
} from '../../core/proof/verified.ts'

/** What the owner signs: an in-toto statement about the manifest's digest, as canonical JSON bytes. */
export function manifestStatement(manifest: Manifest): Uint8Array {
  const { name } = manifest.metadata
  return statementBytes({
    subject: [{ name, sha256: manifestDigest(manifest) }],
    predicateType: MANIFEST_PREDICATE,
    predicate: claimOf(manifest),
  })
}

/** What an approver signs: the waiver, about the control as it stands, so that a changed control is no longer waived. */
export function waiverStatement(waiver: Waiver, control: Control): Uint8Array {
  return statementBytes({
    subject: [{ name: `control:${control.id}`, sha256: controlDigest(control) }],
    predicateType: WAIVER_PREDICATE,
    predicate: waiver as unknown as { readonly [key: string]: JsonValue },
  })
}

export type SignatureCheck = { readonly ok: true; readonly signedBy: Signer } | { readonly ok: false; readonly why: string }

/**
 * Whether one of `keys` signed exactly this manifest.
 * @throws RunproofError `key.malformed` when one of `keys` is no P-256 key
 */
export async function checkManifestSignature(
  manifest: Manifest,
  envelope: unknown,
  keys: readonly NamedKey[],
): Promise<SignatureCheck> {
  const check = await verifySigned(envelope, keys, MANIFEST_PREDICATE, ManifestClaimSchema)
  if (!check.ok) return check
  const { value, subject, signedBy } = check.verified
  const mine = claimOf(manifest)
  const other = (['name', 'version', 'application', 'environment'] as const).find((field) => value[field] !== mine[field])
  if (other !== undefined)
    return { ok: false, why: `it is of ${other} ${JSON.stringify(value[other])}, not ${JSON.stringify(mine[other])}` }
  if (!subject.includes(manifestDigest(manifest))) return { ok: false, why: 'the manifest was changed after it was signed' }
  return { ok: true, signedBy }
}

/**
 * What an envelope says that it signs, with no signature checked: good for refusing something, never for believing it. `keyId` is ''
 * where it names none.
 * @throws RunproofError `format.malformed`
 */
export function unverifiedClaim(envelope: unknown): {
  readonly claim: ManifestClaim
  readonly digests: readonly string[]
  readonly keyId: string
} {
  const read = readEnvelope(envelope)
  const { subject, predicate } = readStatement(payloadOf(read), MANIFEST_PREDICATE)
  return {
    claim: shaped(ManifestClaimSchema, predicate, 'a manifest’s statement'),
    digests: subject.map(({ sha256 }) => sha256),
    keyId: read.signatures[0].keyid,
  }
}

function claimOf({ metadata: { name, version }, scope: { application, environment } }: Manifest): ManifestClaim {
  return { name, version, application, environment }
}
