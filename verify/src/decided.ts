import type { Report } from '../../core/model/report.ts'
import type { SealedInputs } from '../../core/model/sealed.ts'
import type { Trust } from '../../core/model/trust.ts'
import type { Decision } from '../../core/model/decision.ts'
import type { Verified } from '../../core/model/waiver.ts'
import { verifyDecision } from '../../core/proof/decisions.ts'
import { keyHint, spkiFromPem } from '../../core/proof/ecdsa.ts'
import { checkLogEntry, type Bundle } from '../../core/proof/sigstore-bundle.ts'
import type { NamedKey } from '../../core/proof/verified.ts'
import { insist } from './check.ts'
import { beforeItsEnd } from './key-end.ts'
import { readDecisions, type Members } from './members.ts'
import { logsOf, namedKeys } from './trust.ts'

/** The decisions that hold, and why others do not. */
export type Decided = { readonly verified: readonly Verified<Decision>[]; readonly failures: readonly string[] }

/**
 * Each decision must be signed by a person whom the manifest (and the trust root, where it names any) lets decide, and be logged.
 * @throws what makes it impossible to look at them
 */
export async function decisionsOf(members: Members, report: Report, { manifest }: SealedInputs, trust: Trust): Promise<Decided> {
  const approvers: readonly NamedKey[] = (manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
  const trusted = new Set(namedKeys(trust.approvers).map(({ spki }) => keyHint(spki)))
  const verified: Verified<Decision>[] = []
  const failures: string[] = []
  const check = checker(report, approvers, trusted, logsOf(trust), trust.approvers)
  for (const { name, bundle } of readDecisions(members)) {
    try {
      const decision = await check(bundle)
      insist(!verified.some((known) => isSame(known, decision)), 'it is here twice')
      verified.push(decision)
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const missing = report.decisions.filter((listed) => !verified.some((decision) => isSame(listed, decision)))
  if (missing.length > 0 && failures.length === 0)
    failures.push(`the signed decision ${missing.map(({ id }) => id).join(', ')} is missing`)
  return { verified, failures }
}

/** Two people may sign the same statement: each signature is a decision of its own. */
function isSame(a: Pick<Report['decisions'][number], 'digest' | 'signedBy'>, b: Verified<Decision>): boolean {
  return a.digest === b.digest && a.signedBy.keyId === b.signedBy.keyId
}

/** @throws NotVerified, RunproofError with the reason why a decision does not hold */
function checker(
  report: Report,
  approvers: readonly NamedKey[],
  trusted: ReadonlySet<string>,
  logs: ReturnType<typeof logsOf>,
  ends: Trust['approvers'],
): (bundle: Bundle) => Promise<Verified<Decision>> {
  return async (bundle) => {
    const checked = await verifyDecision(bundle.envelope, approvers)
    insist(checked.ok, checked.ok ? '' : checked.why)
    const { verified } = checked
    insist(
      trusted.size === 0 || trusted.has(verified.signedBy.keyId),
      `${verified.signedBy.name} is not an approver in the trust root`,
    )
    const spki = approvers.find(({ spki }) => keyHint(spki) === verified.signedBy.keyId)?.spki
    const logged = await checkLogEntry(bundle, { logs, spki: spki ?? new Uint8Array() })
    insist(logged.ok, logged.ok ? '' : logged.why)
    const { log, index } = logged
    await beforeItsEnd(ends, verified.signedBy.keyId, () => ({ origin: log.origin, index }), 'this decision')
    const listed = report.decisions.find((decision) => isSame(decision, verified))
    insist(listed !== undefined, 'the report does not know this decision')
    insist(
      BigInt(listed.ledgerIndex) === logged.index,
      `the report says ledger entry ${listed.ledgerIndex}, the proof says ${logged.index}`,
    )
    return verified
  }
}
