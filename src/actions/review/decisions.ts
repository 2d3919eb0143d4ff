import { signedWaivers, sorted, waiverState, type SignedWaiver } from '../../../core/judge/waive.ts'
import type { Confirmation, Decision } from '../../../core/model/decision.ts'
import type { WaiverState } from '../../../core/model/judgement.ts'
import { instantOf, type Instant } from '../../../core/model/time.ts'
import type { Verified } from '../../../core/model/waiver.ts'
import { verifyDecision } from '../../../core/proof/decisions.ts'
import { spkiFromPem } from '../../../core/proof/keys.ts'
import type { SignedCheck } from '../../../core/proof/verified.ts'
import type { PublishedPromise } from '../../store/kept/promises.ts'
import type { DecisionRow } from '../../store/state/decisions.ts'
import type { ScopeName } from '../../store/state/manifests.ts'
import type { Context } from '../action.ts'

/** The decisions of a scope as one published manifest and one moment see them. */
export type Decisions = {
  readonly promise: PublishedPromise
  readonly waivers: readonly (SignedWaiver & { readonly state: WaiverState; readonly rows: readonly DecisionRow[] })[]
  readonly confirmations: readonly { readonly verified: Verified<Confirmation>; readonly row: DecisionRow }[]
  /** Handed in once, and of no person whom this manifest names. */
  readonly refused: readonly { readonly row: DecisionRow; readonly why: string }[]
}

/**
 * Every decision that was handed in for a scope, checked by the very functions that a judgement uses, as of a moment: nothing is kept
 * about whether a waiver holds, so nothing can be out of date.
 */
export async function decisionsUnder(
  { state }: Pick<Context, 'state'>,
  scope: ScopeName,
  promise: PublishedPromise,
  at: Instant,
): Promise<Decisions> {
  const rows = state.decisionsOf(scope)
  const checked = await Promise.all(rows.map(async (row) => ({ row, check: await checkedRow(row, promise) })))
  const held = checked.flatMap(({ row, check }) => (check.ok ? [{ row, verified: check.verified }] : []))
  const { waivers, revocations, confirmations } = sorted(held.map(({ verified }) => verified))
  const rowsOf = Map.groupBy(
    held.map(({ row }) => row),
    ({ digest }) => digest,
  )
  return {
    promise,
    waivers: signedWaivers(waivers, revocations, { evaluatedAt: at }).map((signed) => ({
      ...signed,
      state: waiverState(signed, promise.manifest, { evaluatedAt: at, window: null }),
      rows: rowsOf.get(signed.digest) ?? [],
    })),
    confirmations: confirmations.flatMap((verified) => {
      const row = rowsOf.get(verified.digest)?.find(({ keyId }) => keyId === verified.signedBy.keyId)
      return row ? [{ verified, row }] : []
    }),
    refused: checked.flatMap(({ row, check }) => (check.ok ? [] : [{ row, why: check.why }])),
  }
}

/** The manifest that governs a scope at a moment; the first one where that is before it. */
export function promiseAt(
  { state, promiseOf }: Pick<Context, 'state' | 'promiseOf'>,
  scope: ScopeName,
  at: Instant,
): PublishedPromise | null {
  const versions = state.manifestsOf(scope)
  const row = versions.findLast(({ governsFrom }) => governsFrom <= at) ?? versions[0]
  return row ? promiseOf(row.id) : null
}

/** The moment of a context. */
export function nowOf({ now }: Pick<Context, 'now'>): Instant {
  return instantOf(now())
}

/** A row never changes, nor does a published manifest: what was checked once stays so. */
const known = new WeakMap<PublishedPromise, Map<string, SignedCheck<Decision>>>()

async function checkedRow({ digest, keyId, envelope }: DecisionRow, promise: PublishedPromise): Promise<SignedCheck<Decision>> {
  const ofPromise = known.get(promise) ?? new Map<string, SignedCheck<Decision>>()
  known.set(promise, ofPromise)
  const before = ofPromise.get(`${digest} ${keyId}`)
  if (before) return before
  const approvers = (promise.manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
  const check = await verifyDecision(JSON.parse(envelope), approvers)
  ofPromise.set(`${digest} ${keyId}`, check)
  return check
}
