import { readFile } from 'node:fs/promises'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Report } from '../../../core/model/report.ts'
import type { Facts } from '../../../core/model/sealed.ts'
import type { Trust } from '../../../core/model/trust.ts'
import type { Window } from '../../../core/model/window.ts'
import { jcs } from '../../../core/proof/jcs.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { readTrust, verifyAudit } from '../../../verify/src/index.ts'
import { readSealed } from '../../../verify/src/members.ts'
import { historyAfter, noHistory } from '../../enrich/history.ts'
import { readAuditFile } from '../../lib/io/audit-file.ts'

/** What an earlier report hands on: its place in the chain and what it knew of its findings. */
export type Earlier = { readonly facts: Facts; readonly previous: Report['previous'] }

/**
 * The report that this one follows or replaces. It is verified first: a chain is no better than its weakest link.
 * @throws RunproofError `report.previous_invalid`
 */
export async function earlierReport(path: string | null, trustPath: string | null, own: Trust, window: Window): Promise<Earlier> {
  if (path === null) return { facts: noHistory, previous: null }
  const members = await readAuditFile(path)
  const trust = trustPath === null ? own : readTrust(await readFile(trustPath, 'utf8'))
  const verification = await verifyAudit(members, trust)
  if (!verification.ok) {
    const failed = verification.checks.filter(({ ok }) => !ok).map(({ name, why }) => `${name}: ${why}`)
    throw new RunproofError(
      'report.previous_invalid',
      `the previous report does not verify (give its trust root with --trust):\n  ${failed.join('\n  ')}`,
    )
  }
  const { report } = verification
  const { window: before } = report
  const digest = sha256Hex(jcs(report))
  if (before.application !== window.application || before.environment !== window.environment) {
    throw new RunproofError(
      'report.previous_invalid',
      `the previous report speaks of ${before.application}/${before.environment}, not of ${window.application}/${window.environment}`,
    )
  }
  const { opened } = await readSealed(members)
  if ('refusal' in opened) throw opened.refusal
  const { facts } = opened.inputs
  if (before.id === window.id) return { facts, previous: { windowId: before.id, reportDigest: digest, relation: 'supersedes' } }
  if (before.end > window.start) {
    throw new RunproofError(
      'report.previous_invalid',
      `the previous report's window ends ${before.end}, after this one starts (${window.start}); give the same window to replace it, or an earlier one to follow it`,
    )
  }
  return {
    facts: historyAfter(facts, report.judgement, digest),
    previous: { windowId: before.id, reportDigest: digest, relation: 'follows' },
  }
}
