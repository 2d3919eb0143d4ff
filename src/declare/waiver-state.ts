import { needsSecond, signedWaivers, sorted, waiverState, type SignedWaiver } from '../../core/judge/waive.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { Decision } from '../../core/model/decision.ts'
import type { Instant } from '../../core/model/time.ts'
import { WAIVER_PREDICATE, WaiverSchema, type Signer, type Verified, type Waiver } from '../../core/model/waiver.ts'
import { verifyDecision } from '../../core/proof/decisions.ts'
import { payloadOf, readEnvelope } from '../../core/proof/dsse.ts'
import { spkiFromPem } from '../../core/proof/keys.ts'
import { shaped } from '../../core/proof/shape.ts'
import { readStatement } from '../../core/proof/statement.ts'

/** What becomes of a signed waiver at one moment. `waiver` and `signedBy` are null where its signature does not count. */
export type WaiverState = {
  readonly source: string
  readonly state: 'active' | 'not_yet' | 'expired' | 'revoked' | 'refused'
  readonly why: string
  readonly waiver: Waiver | null
  readonly signedBy: Signer | null
}

/** A file and what is in it. */
export type Given = { readonly source: string; readonly envelope: unknown }

/**
 * Checked as a judgement would: signed by approvers of this manifest, about the control as it stands, in its time, not taken back by
 * another of the files. In the order in which they came; what is no waiver but counts otherwise is left out.
 */
export async function waiverStates(given: readonly Given[], manifest: Manifest, at: Instant): Promise<readonly WaiverState[]> {
  const approvers = (manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
  const checked = await Promise.all(
    given.map(async ({ source, envelope }) => ({ source, check: await verifyDecision(envelope, approvers) })),
  )
  const verified = checked.flatMap(({ check }) => (check.ok ? [check.verified] : []))
  const { waivers, revocations } = sorted(verified)
  const signed = new Map(signedWaivers(waivers, revocations, { evaluatedAt: at }).map((one) => [one.digest, one]))
  return checked.flatMap(({ source, check }): readonly WaiverState[] => {
    if (!check.ok) return [{ source, state: 'refused', why: check.why, waiver: null, signedBy: null }]
    const one = signed.get(check.verified.digest)
    return one ? [stateIn(source, check.verified, one, manifest, at)] : []
  })
}

/** As {@link waiverStates}, of one waiver alone. */
export async function waiverStateOf(given: Given, manifest: Manifest, at: Instant): Promise<WaiverState> {
  const [state] = await waiverStates([given], manifest, at)
  return state ?? { source: given.source, state: 'refused', why: 'it is no waiver', waiver: null, signedBy: null }
}

function stateIn(
  source: string,
  { signedBy }: Verified<Decision>,
  one: SignedWaiver,
  manifest: Manifest,
  at: Instant,
): WaiverState {
  const { value: waiver, signers, revoked } = one
  const known = { source, waiver, signedBy }
  const state = waiverState(one, manifest, { evaluatedAt: at, window: null })
  switch (state) {
    case 'active':
    case 'needs_second_person':
      return { ...known, state: 'active', why: `until ${waiver.expires}${limits(one, manifest)}` }
    case 'not_yet':
      return { ...known, state, why: `from ${waiver.notBefore}` }
    case 'expired':
      return { ...known, state, why: `since ${waiver.expires}` }
    case 'revoked':
      return { ...known, state, why: `since ${revoked?.value.revokedAt ?? ''}, by ${revoked?.signedBy.name ?? ''}` }
    case 'control_changed':
      return { ...known, state: 'refused', why: 'the control was changed after it was signed' }
    case 'other_scope':
      return { ...known, state: 'refused', why: `it is for ${waiver.application} in ${waiver.environment}` }
    case 'other_window':
      return { ...known, state: 'refused', why: `it is for the window ${waiver.window ?? ''} alone` }
    case 'unknown_control':
      return { ...known, state: 'refused', why: `the manifest has no control ${waiver.control}` }
    case 'self_approved':
      return { ...known, state: 'refused', why: `${signers[0].name} approved their own request` }
  }
}

/** What a waiver in force does not do. */
function limits(one: SignedWaiver, manifest: Manifest): string {
  const window = one.value.window === undefined ? '' : `, for the window ${one.value.window} alone`
  const from = manifest.review?.twoPeopleFrom
  const isAlone = from !== undefined && needsSecond(one, manifest)({ severity: from })
  return `${window}${isAlone ? `; findings of severity ${from} or worse take a second person, who has not signed` : ''}`
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
