import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { RunproofError } from '../../core/model/errors.ts'
import type { Report } from '../../core/model/report.ts'
import { keyHint } from '../../core/proof/ecdsa.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import type { Bundle } from '../../core/proof/sigstore-bundle.ts'
import { readTrust, verifyAudit, type Verification } from '../../verify/src/index.ts'
import { readReport, readReportBundle, type Members } from '../../verify/src/members.ts'
import { namedKeys } from '../../verify/src/trust.ts'
import { readAuditFile } from '../lib/io/audit-file.ts'
import type { Seal } from '../report/html.ts'
import { visible } from '../report/visible.ts'
import { fetchStoredReport, readStoredReport, type ConnectionValues } from './client/stored-report.ts'
import type { Io } from './command.ts'

/** A report from an audit file or folder, and whether anybody looked if it is genuine. */
export type OpenedReport = {
  readonly members: Members
  readonly report: Report
  readonly reportDigest: string
  /** Null: no trust root was given, so nothing was checked. */
  readonly verification: Verification | null
  /** Who signed and where it was logged, as the file says; the name only from a trust root that knows the key. */
  readonly seal: Seal
}

/** What of the command line says which report is meant, and by whom it is vouched for. */
export type ReportValues = ConnectionValues & { readonly trust?: string | undefined }

/**
 * Reads the report, from a file or from a service that keeps it; with a trust root it is verified as `runproof verify` does.
 * @throws RunproofError when file or trust root cannot be read, or the file holds no report; what a service refuses
 */
export async function openReport(path: string, values: ReportValues, io: Io): Promise<OpenedReport> {
  const { cwd } = io
  const { trust: trustPath } = values
  const stored = readStoredReport(path)
  const members = stored === null ? await readAuditFile(resolve(cwd, path)) : await fetchStoredReport(stored, values, io)
  const { report, bytes } = attempted(path, () => readReport(members))
  const bundle = attempted(path, () => readReportBundle(members))
  const trust = trustPath === undefined ? null : readTrust(await textOf(resolve(cwd, trustPath)))
  const verification = trust && (await verifyAudit(members, trust))
  const name = trust && namedKeys(trust.signers).find(({ spki }) => keyHint(spki) === bundle.hint)?.name
  const reportDigest = sha256Hex(bytes)
  const signer = { name: name ?? 'an unknown signer, not verified', keyId: bundle.hint }
  return { members, report, reportDigest, verification, seal: { reportDigest, ledger: ledgerOf(bundle), signer } }
}

/** One line for the top of whatever is shown of a report. */
export function standing({ verification }: Pick<OpenedReport, 'verification'>): string {
  if (verification === null)
    return 'NOT VERIFIED: nobody’s signature was checked and nothing was recomputed; give --trust TRUST to do both'
  if (verification.ok) return `VERIFIED: all ${verification.checks.length} checks against the trust root hold`
  const failed = verification.checks.filter(({ ok }) => !ok).length
  return `NOT VERIFIED: ${failed} of ${verification.checks.length} checks failed; do not rely on this report`
}

/** What does not hold, and what the reader must know besides. */
export function objections({ verification }: Pick<OpenedReport, 'verification'>): readonly string[] {
  if (verification === null) return []
  return [
    ...verification.checks.filter(({ ok }) => !ok).map(({ name, why }) => `FAIL ${name.padEnd(9)}  ${visible(why)}`),
    ...verification.notes.map((note) => `note ${visible(note)}`),
  ]
}

/** True, false, or null where nobody looked; for `--json`. */
export function verifiedJson({ verification }: Pick<OpenedReport, 'verification'>): object {
  if (verification === null) return { verified: null }
  return { verified: verification.ok, checks: verification.checks, notes: verification.notes }
}

function ledgerOf({ entry }: Bundle): Seal['ledger'] {
  if (entry === null) return null
  const [origin = ''] = entry.inclusionProof.checkpoint.split('\n')
  return { origin, index: Number(entry.index), size: Number(entry.inclusionProof.size) }
}

function attempted<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RunproofError('format.malformed', `${path} holds no report: ${why}`, { cause })
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new RunproofError('file.unreadable', `cannot read the trust root ${path}`, { cause })
  }
}
