import { stateOf } from '../../core/judge/waive.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { Instant } from '../../core/model/time.ts'
import { WAIVER_PREDICATE, WaiverSchema, type Signer, type Waiver } from '../../core/model/waiver.ts'
import { payloadOf, readEnvelope } from '../../core/proof/dsse.ts'
import { spkiFromPem } from '../../core/proof/keys.ts'
import { shaped } from '../../core/proof/shape.ts'
import { readStatement } from '../../core/proof/statement.ts'
import { verifySigned } from '../../core/proof/verified.ts'

/** What becomes of a signed waiver at one moment. `waiver` and `signedBy` are null where its signature does not count. */
export type WaiverState = {
  readonly source: string
  readonly state: 'active' | 'not_yet' | 'expired' | 'refused'
  readonly why: string
  readonly waiver: Waiver | null
  readonly signedBy: Signer | null
}

/** Checked as a judgement would: signed by an approver of this manifest, about the control as it stands, in its time. */
export async function waiverState(source: string, envelope: unknown, manifest: Manifest, at: Instant): Promise<WaiverState> {
  const approvers = (manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
  const check = await verifySigned(envelope, approvers, WAIVER_PREDICATE, WaiverSchema)
  if (!check.ok) return { source, state: 'refused', why: check.why, waiver: null, signedBy: null }
  const { value: waiver, signedBy } = check.verified
  const state = stateOf(check.verified, manifest, at)
  switch (state) {
    case 'active':
      return { source, state, why: `until ${waiver.expires}`, waiver, signedBy }
    case 'not_yet':
      return { source, state, why: `from ${waiver.notBefore}`, waiver, signedBy }
    case 'expired':
      return { source, state, why: `since ${waiver.expires}`, waiver, signedBy }
    case 'control_changed':
      return { source, state: 'refused', why: 'the control was changed after it was signed', waiver, signedBy }
    case 'other_scope':
      return { source, state: 'refused', why: `it is for ${waiver.application} in ${waiver.environment}`, waiver, signedBy }
    case 'unknown_control':
      return { source, state: 'refused', why: `the manifest has no control ${waiver.control}`, waiver, signedBy }
    case 'self_approved':
      return { source, state: 'refused', why: `${signedBy.name} approved their own request`, waiver, signedBy }
  }
}

/**
 * What an envelope says, with no signature checked: to be shown as such, never to be judged by.
 * @throws RunproofError `format.malformed`
 */
export function unverifiedWaiver(envelope: unknown): { readonly waiver: Waiver; readonly keyId: string } {
  const read = readEnvelope(envelope)
  const { predicate } = readStatement(payloadOf(read), WAIVER_PREDICATE)
  return { waiver: shaped(WaiverSchema, predicate, 'a waiver'), keyId: read.signatures[0].keyid }
}
