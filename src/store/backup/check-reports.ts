import { join } from 'node:path'
import { REPORT_PREDICATE } from '../../../core/model/report.ts'
import { equalBytes } from '../../../core/proof/bytes.ts'
import { verifyEnvelope, type SignerKey } from '../../../core/proof/dsse.ts'
import { keyHint, spkiFromPem } from '../../../core/proof/keys.ts'
import { DSSE_PAYLOAD_TYPE, readStatement } from '../../../core/proof/statement.ts'
import type { KeptReceipt } from '../kept/reports.ts'
import { signedEntry } from '../ledger/entries.ts'
import { readLedger, type LedgerReader } from '../ledger/ledger.ts'
import { openObjects, type Objects } from '../objects/objects.ts'
import type { StagedOptions } from './check-staged.ts'
import type { KeptReport, LedgerCopy } from './contents.ts'
import { damaged } from './damage.ts'
import { LEDGER } from './names.ts'

/**
 * That every object which the database names is there and is what its name says, and that every report is signed, by a key that the manifest
 * names, and in the ledger where its row says. Returns how many reports there are.
 * @throws RunproofError `backup.invalid`, or what a reader says about the object that it could not read
 */
export async function checkReports(options: StagedOptions & { readonly ledger: LedgerCopy }): Promise<number> {
  const { backup, folder, manifest, ledger: rows, onProgress } = options
  const signers = manifest.keys.reportSigners.map(spkiFromPem).map((spki) => ({ keyId: keyHint(spki), spki }))
  const ledger = readLedger({ path: join(folder, LEDGER) })
  try {
    const objects = openObjects(join(folder, 'objects'))
    await checkObjects(backup, rows, objects)
    let reports = 0
    for (const report of rows.reports()) {
      const why = await faultOf(report, { objects, ledger, signers })
      if (why !== null) throw damaged(backup, `report ${report.digest}`, why)
      onProgress(`verifying report ${++reports} of ${manifest.reports}`)
    }
    if (reports !== manifest.reports)
      throw damaged(backup, LEDGER, `it has ${reports} reports, the manifest says ${manifest.reports}`)
    return reports
  } finally {
    ledger.close()
  }
}

async function checkObjects(backup: string, rows: LedgerCopy, objects: Objects): Promise<void> {
  const checked = new Set<string>()
  for (const { digest, of } of rows.references()) {
    if (checked.has(digest)) continue
    if (!objects.has(digest)) throw damaged(backup, `objects/${digest.slice(0, 2)}/${digest}`, `it is missing; it is ${of}`)
    for await (const piece of objects.getStream(digest)) void piece
    if (checked.size >= MOST_REMEMBERED) checked.clear()
    checked.add(digest)
  }
}

/** Most are named twice in a row; remembering all of them would be much. */
const MOST_REMEMBERED = 100_000

type Parts = { readonly objects: Objects; readonly ledger: LedgerReader; readonly signers: readonly SignerKey[] }

async function faultOf(
  { digest, receipt, ledgerIndex }: KeptReport,
  { objects, ledger, signers }: Parts,
): Promise<string | null> {
  // Its digest is right, so it is what the service wrote.
  const { envelope, signer } = JSON.parse(Buffer.from(objects.get(receipt)).toString()) as KeptReceipt
  const spki = spkiFromPem(signer.key)
  const known = signers.filter(({ keyId }) => keyId === keyHint(spki))
  if (known.length === 0) return `it is signed with a key that the manifest does not name, ${keyHint(spki)}`
  const check = await verifyEnvelope(envelope, known, DSSE_PAYLOAD_TYPE)
  if (!check.ok) return `its signature does not verify: ${check.why}`
  const [subject] = readStatement(check.payload, REPORT_PREDICATE).subject
  if (subject?.sha256 !== digest) return `its signature is of another report, ${subject?.sha256 ?? 'none'}`
  const { body } = signedEntry(envelope, spki, '')
  if (!equalBytes(ledger.entry(ledgerIndex).body, body))
    return `the ledger has something else at ${ledgerIndex}, where its row says that it is logged`
  return null
}
