import type { Intake } from '../../core/model/intake.ts'
import type { Report } from '../../core/model/report.ts'
import type { Facts, Sealed } from '../../core/model/sealed.ts'
import { instantMs, instantOf, type Instant } from '../../core/model/time.ts'
import type { RefusedWaiver } from '../../core/model/waiver.ts'
import type { Window } from '../../core/model/window.ts'
import { merge } from '../../core/judge/merge.ts'
import { open } from '../../core/judge/open.ts'
import type { Sealing } from '../../core/judge/seal.ts'
import { sealedFacts } from '../../core/judge/sealed-facts.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { utf8, hex } from '../../core/proof/bytes.ts'
import { payloadOf, readEnvelope, type Envelope } from '../../core/proof/dsse.ts'
import { jcs } from '../../core/proof/jcs.ts'
import { keyHint, pemFromSpki, spkiFromPem } from '../../core/proof/keys.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { DSSE_PAYLOAD_TYPE } from '../../core/proof/statement.ts'
import { verifyDecision } from '../../core/proof/decisions.ts'
import type { NamedKey } from '../../core/proof/verified.ts'
import { historyAfter, noHistory } from '../enrich/history.ts'
import type { SigningKey } from '../keys/keys.ts'
import { signEnvelope } from '../keys/sign-envelope.ts'
import { assure, close } from '../pipeline.ts'
import { reportBytes } from '../report/assemble.ts'
import type { CaseFile, LoggedDecision, Promised, Receipt, Shell } from '../shell.ts'
import type { EvidenceReader } from '../store/evidence/evidence.ts'
import { eventEntry, signedEntry } from '../store/ledger/entries.ts'
import { bundled, decisionEvent, logged } from '../store/ledger/logged.ts'
import type { Ledger } from '../store/ledger/ledger.ts'
import type { Objects } from '../store/objects/objects.ts'
import type { Cause } from '../store/state/reports.ts'
import { personKeyRows } from '../store/state/person-keys.ts'
import type { State } from '../store/state/state.ts'
import type { PublishedPromise } from '../store/kept/promises.ts'
import type { KeptReceipt, ReportReader } from '../store/kept/reports.ts'
import { demandInUse } from './report-key.ts'

/** Everything that closing a window works with. */
export type Closing = {
  readonly ledger: Ledger
  readonly state: State
  readonly evidence: EvidenceReader
  readonly objects: Objects
  readonly reports: ReportReader
  readonly promiseOf: (manifest: number) => PublishedPromise
  /** The report key as it is now: it may be replaced at any moment. */
  readonly reportKey: () => Promise<SigningKey>
  readonly version: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** What else belongs into the transaction of a report: cases, things to be sent. */
  readonly alongside: (receipt: Omit<Receipt, 'bundle' | 'sealed'>, cause: Cause) => void
}

/** What became of a wish to close: a new report, or the one that stands because nothing had changed. */
export type Closed = { readonly report: string; readonly isNew: boolean }

/**
 * Seals and judges a window with the steps that `assess` runs, and commits what came out. It may be asked again at any time, after a
 * crash at any step, for late evidence or a decision: the same evidence and decisions lead to no second report.
 */
export async function closeWindow(closing: Closing, window: Window, manifest: number, cause: Cause): Promise<Closed> {
  try {
    return await closeOnce(closing, window, manifest, cause)
  } catch (error) {
    // Replaced while this report was made, and nothing of it was committed: the new key is there by now.
    if (error instanceof RunproofError && error.code === 'key.retired') return closeOnce(closing, window, manifest, cause)
    throw error
  }
}

async function closeOnce(closing: Closing, window: Window, manifest: number, cause: Cause): Promise<Closed> {
  const { state, evidence } = closing
  const before = state.sealedWindow(window.id)
  const { intake: loaded, revision, lastReceivedMs, forgotten } = evidence.intakeOf(window)
  const intake = forgotten && before !== null ? joined(closing, before.report, loaded) : loaded
  const promise = closing.promiseOf(before?.manifest ?? manifest)
  const { facts, previous } = earlier(closing, window, before?.report ?? null)
  const counted = await decisionsFor(closing, window, promise)
  const evaluatedAt = timeOf(closing, window, cause, lastReceivedMs, counted.newest, before?.report ?? null)

  const reportKey = await closing.reportKey()

  let stands: Closed | null = null
  const shell: Shell = {
    version: closing.version,
    take: () => Promise.reject(new Error('a window that is being closed takes nothing')),
    windowInputs: async () => ({ promised: promisedOf(promise), intake, facts }),
    keepSealed: (sealing) => keepSealed(closing, sealing),
    async caseFileOf() {
      const decisions = counted.decisions.map((decision) => asLogged(closing.ledger, decision))
      const { origin, size, root } = closing.ledger.head()
      const ledger = { origin, size, root: hex(root) }
      return { promised: promisedOf(promise), decisions, refused: counted.refused, previous, evaluatedAt, ledger }
    },
    sign: (payload) => signEnvelope(reportKey, DSSE_PAYLOAD_TYPE, payload),
    async commit(report, envelope, sealed, caseFile) {
      const committed = commit(closing, {
        report,
        envelope,
        reportKey,
        sealed,
        caseFile,
        cause,
        revision,
        manifest: before?.manifest ?? manifest,
      })
      stands = { report: committed.reportDigest, isNew: true }
      return committed
    },
  }
  const sealed = await close(window, shell)
  const known = state.assured(causeOf(sealed, counted.decisions))
  if (known !== null) {
    if (before !== null && before.sealedRevision < revision) {
      closing.ledger.transaction(() => state.putWindow({ ...before, sealedRevision: revision }))
    }
    return { report: known, isNew: false }
  }
  await assure(sealed, shell)
  if (stands === null) throw new Error('a window was assured without being committed')
  return stands
}

/** A window whose rows were let go after it was sealed: what came since joins what the sealed evidence holds, which has every sign of life. */
function joined({ reports }: Closing, report: string, since: Intake): Intake {
  const { intake } = open({ lines: reports.evidenceLines(report) })
  return { ...merge(intake, { ...since, watch: new Map() }), watch: intake.watch }
}

type CountedDecision = { readonly verified: LoggedDecision['verified']; readonly envelope: Envelope; readonly spki: Uint8Array }

/** The signed waivers and decisions that people handed in for the scope, as far as their keys are approvers' of its manifest. */
async function decisionsFor(
  { state, ledger }: Closing,
  window: Window,
  { manifest }: PublishedPromise,
): Promise<{
  readonly decisions: readonly CountedDecision[]
  readonly refused: readonly RefusedWaiver[]
  readonly newest: Instant | null
}> {
  const approvers: readonly NamedKey[] = (manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
  const { personKey } = personKeyRows(ledger.db)
  const decisions: CountedDecision[] = []
  const refused: RefusedWaiver[] = []
  let newest: Instant | null = null
  for (const row of state.decisionsOf(window)) {
    if (row.windowId !== null && row.windowId !== window.id) continue
    const end = personKey(row.keyId)?.revoked
    if (end && row.ledgerIndex >= end.ledgerIndex) {
      const why = `signed by a key that was revoked at entry ${end.ledgerIndex} (${end.because}), and it is entry ${row.ledgerIndex}`
      refused.push({ source: row.subject, id: null, why })
      continue
    }
    const envelope: unknown = JSON.parse(row.envelope)
    const checked = await verifyDecision(envelope, approvers)
    const spki = checked.ok
      ? approvers.find((approver) => keyHint(approver.spki) === checked.verified.signedBy.keyId)?.spki
      : undefined
    if (checked.ok && spki) {
      decisions.push({ verified: checked.verified, envelope: readEnvelope(envelope), spki })
      if (newest === null || row.decidedAt > newest) newest = row.decidedAt
    } else refused.push({ source: row.subject, id: null, why: checked.ok ? 'the signer is no approver' : checked.why })
  }
  return { decisions: stillOf(decisions, window), refused, newest }
}

/** Long after its end a waiver says nothing about a window, and neither does whoever took it back. */
const ENDED_MS = 30 * 86_400_000

function stillOf(decisions: readonly CountedDecision[], window: Window): readonly CountedDecision[] {
  const endedBefore = instantOf(instantMs(window.start) - ENDED_MS)
  const kept = decisions.filter(({ verified: { value } }) => !('expires' in value) || value.expires >= endedBefore)
  const waivers = new Set(kept.map(({ verified }) => verified.digest))
  return kept.filter(
    ({ verified: { value, subject } }) => !('revokedAt' in value) || subject.some((digest) => waivers.has(digest)),
  )
}

/** The time of what caused the judgement: the window's end, the last late event, the newest decision; never before an earlier report's. */
function timeOf(
  { state }: Closing,
  window: Window,
  cause: Cause,
  lastReceivedMs: number,
  newestDecision: Instant | null,
  standing: string | null,
): Instant {
  const causes = [window.end]
  const earlier = standing === null ? null : state.report(standing)
  if (earlier !== null) causes.push(earlier.evaluatedAt)
  if (cause === 'late_evidence') causes.push(instantOf(lastReceivedMs))
  if (cause === 'decision' && newestDecision !== null) causes.push(newestDecision)
  return causes.reduce((latest, time) => (time > latest ? time : latest))
}

function promisedOf({ manifest, signature, signedBy, gate, blindSpots, redactionUse }: PublishedPromise): Promised {
  return { manifest, signature, signedBy, gate, blindSpots, redaction: redactionUse }
}

/** What came before: the report that this one replaces, or the one of the last window, and what either knew of findings. */
function earlier(
  { state, reports }: Closing,
  window: Window,
  standing: string | null,
): { readonly facts: Facts; readonly previous: Report['previous'] } {
  if (standing !== null) {
    const facts = sealedFacts(reports.evidenceLines(standing))
    return { facts, previous: { windowId: window.id, reportDigest: standing, relation: 'supersedes' } }
  }
  const last = state.lastSealed(window, window.start)
  if (last === null) return { facts: noHistory, previous: null }
  const { judgement } = reports.report(last.report)
  return {
    facts: historyAfter(sealedFacts(reports.evidenceLines(last.report)), judgement, last.report),
    previous: { windowId: last.window.id, reportDigest: last.report, relation: 'follows' },
  }
}

/** The evidence itself is kept as an object while it is sealed; the ledger remembers that this window was sealed with this root. */
async function keepSealed({ objects, ledger }: Closing, sealing: Sealing): Promise<Sealed> {
  const kept = await objects.putStream(sealing.blocks())
  const { window } = sealing
  const { root, digest, lines } = sealing.sums()
  if (kept !== digest) throw new Error('the sealed evidence was not kept under its own digest')
  const spec = { window: window.id, evidence: { root, digest, lines } }
  ledger.append([eventEntry('windowSealed', spec, sealedEvent(window, digest))])
  return { window, root, digest, lines, pieces: () => objects.getStream(digest) }
}

function sealedEvent(window: Window, digest: string): string {
  return `sealed:${window.id}:${digest}`
}

function asLogged(ledger: Ledger, { verified, envelope, spki }: CountedDecision): LoggedDecision {
  const { index, bundle } = logged(ledger, envelope, spki, decisionEvent(envelope))
  return { verified, envelope, ledgerIndex: index, bundle }
}

/** The same evidence and the same decisions lead to one report, whoever asks and however often. */
function causeOf(
  { window, digest }: Pick<Sealed, 'window' | 'digest'>,
  decisions: readonly Pick<CountedDecision, 'verified'>[],
): string {
  const signed = decisions.map(({ verified }) => `${verified.digest}:${verified.signedBy.keyId}`).sort()
  return sha256Hex(jcs(['runproof/cause/v1', window.id, digest, signed]))
}

type Committing = {
  readonly report: Report
  readonly envelope: Envelope
  readonly reportKey: SigningKey
  readonly sealed: Sealed
  readonly caseFile: CaseFile
  readonly cause: Cause
  readonly revision: number
  readonly manifest: number
}

function commit(
  closing: Closing,
  { report, envelope, reportKey, sealed, caseFile, cause, revision, manifest }: Committing,
): Receipt {
  const { ledger, objects, state, now, alongside } = closing
  const { window, judgement, evaluatedAt, previous } = report
  const approvers = new Map((caseFile.promised.manifest.approvers ?? []).map(({ key }) => [keyHint(spkiFromPem(key)), key]))
  const reportDigest = objects.put(reportBytes(report))
  const promise = closing.promiseOf(manifest)
  const kept: KeptReceipt = {
    envelope,
    signer: { name: reportKey.name, key: pemFromSpki(reportKey.spki) },
    manifest: { signature: promise.signature, ownerKey: promise.ownerKey },
    decisions: caseFile.decisions.map(({ verified, envelope, ledgerIndex }) => ({
      digest: verified.digest,
      envelope,
      ledgerIndex,
      key: approvers.get(verified.signedBy.keyId) ?? '',
    })),
  }
  const receipt = objects.put(utf8(jcs(kept)))
  const causeId = causeOf(sealed, caseFile.decisions)
  const appended = ledger.transaction(({ append }) => {
    demandInUse(ledger, reportKey)
    const [entry] = append([signedEntry(envelope, reportKey.spki, `report:${sha256Hex(payloadOf(envelope))}`)])
    if (!entry) throw new Error('the ledger did not answer for the entry')
    const scope = { application: window.application, environment: window.environment }
    state.insertReport({
      ...scope,
      digest: reportDigest,
      windowId: window.id,
      verdict: judgement.verdict,
      verdictBefore: judgement.verdictBeforeWaivers,
      cause,
      supersedes: previous?.relation === 'supersedes' ? previous.reportDigest : null,
      evaluatedAt,
      madeAt: instantOf(now()),
      evidence: sealed.digest,
      receipt,
      ledgerIndex: entry.index,
    })
    state.putWindow({ window, manifest, sealedRevision: revision, evidence: sealed.digest, report: reportDigest })
    state.insertAssured(causeId, reportDigest)
    alongside({ report, reportDigest, ledgerIndex: entry.index, caseFile }, cause)
    return entry
  })
  const { index, bundle } = bundled(ledger, envelope, reportKey.spki, appended)
  return { report, reportDigest, bundle, ledgerIndex: index, sealed, caseFile }
}
