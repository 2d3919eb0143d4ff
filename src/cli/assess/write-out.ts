import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { auditMembers } from '../../../core/model/audit-file.ts'
import { trustedRoot } from '../../../core/proof/trusted-root.ts'
import type { Trust } from '../../../core/model/trust.ts'
import { auditMembersOf, writeAuditFile } from '../../lib/io/audit-file.ts'
import { reportBytes } from '../../report/assemble.ts'
import { reportHtml } from '../../report/html.ts'
import type { Receipt } from '../../shell.ts'
import { pdfOf } from '../../service/pdf/report-pdf.ts'
import type { Quarantined } from './read-events.ts'

/** Where things are, for the person and for `--json`. */
export type Written = {
  readonly audit: string
  readonly page: string
  readonly pdf: string
  readonly trust: string
  readonly folder: string
}

export type Handed = {
  readonly receipt: Receipt
  /** As it was packed while it was sealed. */
  readonly evidence: Uint8Array
  readonly trust: Trust
  readonly log: { readonly origin: string; readonly publicKey: Uint8Array; readonly size: number }
  readonly signer: { readonly name: string; readonly keyId: string; readonly pem: string }
  readonly quarantined: readonly Quarantined[]
}

/**
 * Writes what is handed over: the audit file (all that `verify` needs beside a trust root), the page for people as HTML and as PDF, the
 * same parts as single files for other people's tools, and the trust root of this run.
 */
export async function writeOut(folder: string, { receipt, evidence, trust, log, signer, quarantined }: Handed): Promise<Written> {
  await mkdir(folder, { recursive: true })
  const { report, reportDigest, bundle, caseFile, ledgerIndex } = receipt
  const seal = {
    reportDigest,
    ledger: { origin: log.origin, index: ledgerIndex, size: log.size },
    signer: { name: signer.name, keyId: signer.keyId },
  }
  const page = reportHtml(report, seal)
  const members = auditMembersOf({
    bundle,
    report: reportBytes(report),
    evidence,
    signature: caseFile.promised.signature,
    decisions: caseFile.decisions.map(({ verified, bundle }) => ({
      digest: verified.digest,
      keyId: verified.signedBy.keyId,
      bundle,
    })),
    page,
  })
  const audit = join(folder, `${report.window.id}.runproof.tar`)
  await writeAuditFile(audit, members)
  for (const name of [auditMembers.bundle, auditMembers.report, auditMembers.evidence, auditMembers.page]) {
    await writeFile(join(folder, name), members.get(name) ?? new Uint8Array())
  }
  // Beside the audit file and not in it: it repeats the page, and nobody's check rests on it.
  const pdf = join(folder, 'report.pdf')
  await writeFile(pdf, await pdfOf(report, seal))
  await writeFile(join(folder, 'trust.json'), `${JSON.stringify(trust, null, 2)}\n`)
  const since = '1970-01-01T00:00:00Z'
  await writeFile(
    join(folder, 'trusted_root.json'),
    `${JSON.stringify(trustedRoot({ logs: [{ ...log, validFrom: since, validUntil: null }] }), null, 2)}\n`,
  )
  await writeFile(join(folder, 'report.pub'), signer.pem)
  await writeFile(join(folder, 'quarantine.ndjson'), quarantined.map((one) => `${JSON.stringify(one)}\n`).join(''))
  return { audit, page: join(folder, auditMembers.page), pdf, trust: join(folder, 'trust.json'), folder }
}
