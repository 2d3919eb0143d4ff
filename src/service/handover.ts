import { TRUST_TYPE, type Trust, type TrustedKey } from '../../core/model/trust.ts'
import { manifestDigest } from '../../core/judge/resolve.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { keyHint, spkiFromPem } from '../../core/proof/keys.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { writeTar } from '../../core/proof/tar.ts'
import { auditMembersOf } from '../lib/io/audit-file.ts'
import { packEvidence } from '../lib/io/packed-evidence.ts'
import { reportBytes } from '../report/assemble.ts'
import { reportHtml, type Seal } from '../report/html.ts'
import type { PublishedPromise } from '../store/kept/promises.ts'
import type { KeptReceipt, ReportReader } from '../store/kept/reports.ts'
import { trustedSigners } from '../store/ledger/signer-events.ts'
import { bundled, manifestEvent, type Logged } from '../store/ledger/logged.ts'
import type { Ledger } from '../store/ledger/ledger.ts'
import { personKeyRows } from '../store/state/person-keys.ts'
import type { ScopeName } from '../store/state/manifests.ts'
import type { State } from '../store/state/state.ts'
import type { Envelope } from '../../core/proof/dsse.ts'

/** The forms in which a report is handed over. */
export const reportFormats = ['audit', 'bundle', 'json', 'html', 'pdf'] as const
export type ReportFormat = (typeof reportFormats)[number]
export type ReportFile = { readonly name: string; readonly type: string; readonly bytes: Uint8Array }

export type Handover = {
  readonly ledger: Ledger
  readonly state: State
  readonly reports: ReportReader
  readonly pdfOf: (report: ReturnType<ReportReader['report']>, seal: Seal) => Promise<Uint8Array>
}

/**
 * A report as a file, with proofs under the newest checkpoint.
 * @throws RunproofError `report.unknown`
 */
export async function reportFile(
  { ledger, state, reports, pdfOf }: Handover,
  digest: string,
  format: ReportFormat,
): Promise<ReportFile> {
  const report = reports.report(digest)
  const receipt = reports.receipt(digest)
  const name = `${report.window.id}.${digest.slice(0, 12)}`
  if (format === 'json') return { name: `${name}.json`, type: 'application/json', bytes: reportBytes(report) }
  const { index, bundle } = bundleOf(ledger, receipt.envelope, receipt.signer.key, state.report(digest)?.ledgerIndex ?? 0)
  if (format === 'bundle') {
    const bytes = new TextEncoder().encode(jcs(bundle))
    return { name: `${name}.sigstore.json`, type: 'application/vnd.dev.sigstore.bundle.v0.3+json', bytes }
  }
  const seal: Seal = {
    reportDigest: digest,
    ledger: { origin: ledger.origin, index, size: ledger.head().size },
    signer: { name: receipt.signer.name, keyId: keyHint(spkiFromPem(receipt.signer.key)) },
  }
  if (format === 'pdf') return { name: `${name}.pdf`, type: 'application/pdf', bytes: await pdfOf(report, seal) }
  const page = reportHtml(report, seal)
  if (format === 'html') return { name: `${name}.html`, type: 'text/html; charset=utf-8', bytes: new TextEncoder().encode(page) }
  const since = manifestEntry(ledger, receipt.manifest)
  const members = auditMembersOf({
    bundle,
    report: reportBytes(report),
    evidence: Buffer.concat(await packEvidence([reports.evidence(digest)])),
    signature: receipt.manifest.signature,
    ...(since && { signatureEntry: since }),
    decisions: decisionsIn(ledger, receipt),
    page,
  })
  return { name: `${name}.runproof.tar`, type: 'application/x-tar', bytes: writeTar(members) }
}

function decisionsIn(
  ledger: Ledger,
  { decisions }: KeptReceipt,
): readonly { readonly digest: string; readonly keyId: string; readonly bundle: JsonValue }[] {
  return decisions.map(({ digest, envelope, key, ledgerIndex }) => {
    return { digest, keyId: keyHint(spkiFromPem(key)), bundle: bundleOf(ledger, envelope, key, ledgerIndex).bundle }
  })
}

function bundleOf(ledger: Ledger, envelope: Envelope, key: string, index: number): Logged {
  return bundled(ledger, envelope, spkiFromPem(key), { index, body: ledger.entry(index).body })
}

/** Where the log holds the manifest's signature: it counts for good, whatever becomes of its key later. */
function manifestEntry(ledger: Ledger, { signature, ownerKey }: KeptReceipt['manifest']): JsonValue | null {
  const event = manifestEvent(signature)
  const entry = ledger.named(event).find(({ eventId }) => eventId === event)
  return entry ? bundled(ledger, signature, spkiFromPem(ownerKey), entry).bundle : null
}

/** What a person's key is to a trust root: where it was revoked, if it was. */
function ending({ db, origin }: Ledger): (key: { readonly name: string; readonly key: string }) => TrustedKey {
  const { personKey } = personKeyRows(db)
  return (key) => {
    const revoked = personKey(keyHint(spkiFromPem(key.key)))?.revoked
    if (!revoked) return key
    return { ...key, revokedAt: { origin, index: revoked.ledgerIndex, because: revoked.because } }
  }
}

/**
 * Whom this service vouches with, as far as one may see the applications. It shows that nothing was changed since; who is behind a key must
 * be known from elsewhere.
 */
export function serviceTrust(
  { ledger, state }: Pick<Handover, 'ledger' | 'state'>,
  promiseOf: (manifest: number) => PublishedPromise,
  signers: readonly { readonly name: string; readonly key: string }[],
  shippedGate: string,
  isVisible: (scope: ScopeName) => boolean = () => true,
): Trust {
  const visible = state.scopes().filter(isVisible)
  const promises = visible.flatMap((scope) => state.manifestsOf(scope).map((row) => promiseOf(row.id)))
  const personal = ending(ledger)
  const once = <T>(items: readonly T[]): T[] => [...new Map(items.map((item) => [jcs(item as JsonValue), item])).values()]
  return {
    type: TRUST_TYPE,
    source: {
      kind: 'run',
      note: 'written by the service that made the reports; obtain signers, logs and owners from elsewhere before you rely on who they are',
    },
    signers: trustedSigners(ledger, signers),
    logs: [{ origin: ledger.origin, vkey: ledger.vkey }],
    owners: once(promises.map(({ signedBy, ownerKey }) => personal({ name: signedBy.name, key: ownerKey }))),
    approvers: once(
      promises.flatMap(({ manifest }) => (manifest.approvers ?? []).map(({ name, key }) => personal({ name, key }))),
    ),
    gates: once(
      promises.map(({ gate, manifest }) => {
        const digest = sha256Hex(jcs(gate))
        return { name: digest === shippedGate ? 'Runproof default gate' : `gate of ${manifest.metadata.name}`, digest }
      }),
    ),
    manifests: once(
      promises.map(({ manifest }) => ({
        name: manifest.metadata.name,
        version: manifest.metadata.version,
        digest: manifestDigest(manifest),
      })),
    ),
  }
}
