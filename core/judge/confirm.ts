import type { Confirmation } from '../model/decision.ts'
import type { ConfirmationUse } from '../model/judgement.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Verified } from '../model/waiver.ts'
import type { Found } from './found.ts'
import { controlDigest } from './resolve.ts'
import { inOrder, samePerson, type Moment } from './waive.ts'

/**
 * What people confirmed to be violations of this window: such a finding is as certain as it can be, and says who made it so. What that
 * does to the verdict is for the thresholds to say.
 */
export function confirm(
  manifest: Manifest,
  findings: readonly Found[],
  confirmations: readonly Verified<Confirmation>[],
  moment: Moment,
): { readonly findings: readonly Found[]; readonly confirmations: readonly ConfirmationUse[] } {
  if (confirmations.length === 0) return { findings, confirmations: [] }
  const given = [...confirmations].sort(inOrder).map((confirmation) => {
    const state = confirmationState(confirmation, manifest, moment)
    return { confirmation, state, named: new Set(state === 'counted' ? confirmation.value.fingerprints : []) }
  })
  const confirmed = findings.map((finding) => {
    if (finding.excepted !== null) return finding
    const by = given.filter(
      ({ confirmation, named }) => confirmation.value.control === finding.control && named.has(finding.fingerprint),
    )
    const confirmedBy = [...new Set(by.map(({ confirmation }) => confirmation.value.id))]
    return confirmedBy.length === 0 ? finding : { ...finding, confidence: 1, confirmedBy }
  })
  return {
    findings: confirmed,
    confirmations: given.map(({ confirmation, state, named }) => {
      const { id, control, reason, requestedBy = null, decidedAt } = confirmation.value
      const seen = confirmed.filter(
        (finding) => finding.control === control && finding.excepted === null && named.has(finding.fingerprint),
      )
      return {
        ...{
          id,
          control,
          digest: confirmation.digest,
          state,
          reason,
          requestedBy,
          signedBy: { ...confirmation.signedBy },
          decidedAt,
        },
        findings: seen.map(({ fingerprint }) => fingerprint),
      }
    }),
  }
}

function confirmationState(
  { value, subject, signedBy }: Verified<Confirmation>,
  { scope, controls }: Manifest,
  { evaluatedAt, window }: Moment,
): ConfirmationUse['state'] {
  const control = controls.find(({ id }) => id === value.control)
  if (value.application !== scope.application || value.environment !== scope.environment) return 'other_scope'
  if (!control) return 'unknown_control'
  if (!subject.includes(controlDigest(control))) return 'control_changed'
  if (value.requestedBy !== undefined && samePerson(value.requestedBy, signedBy.name)) return 'self_approved'
  if (value.window !== window) return 'other_window'
  return evaluatedAt < value.decidedAt ? 'not_yet' : 'counted'
}
