import { digestsOf, open } from '../../core/judge/seal.ts'
import { judge } from '../../core/judge/judge.ts'
import { derivedParts, predicateOf } from '../../core/judge/report.ts'
import { manifestDigest } from '../../core/judge/resolve.ts'
import { auditMembers } from '../../core/model/audit-file.ts'
import { REPORT_PREDICATE, type Report } from '../../core/model/report.ts'
import type { SealedInputs } from '../../core/model/sealed.ts'
import type { Trust } from '../../core/model/trust.ts'
import { WaiverSchema, WAIVER_PREDICATE, type Verified, type Waiver } from '../../core/model/waiver.ts'
import { payloadOf, verifyEnvelope } from '../../core/proof/dsse.ts'
import { keyHint, spkiFromPem } from '../../core/proof/ecdsa.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { checkLogEntry, type Bundle } from '../../core/proof/sigstore-bundle.ts'
import { DSSE_PAYLOAD_TYPE, readStatement } from '../../core/proof/statement.ts'
import { MANIFEST_PREDICATE, ManifestClaimSchema, verifySigned, type NamedKey } from '../../core/proof/verified.ts'
import { checking, insist, NotVerified, type Check, type CheckName, type Verification } from './check.ts'
import { firstDifference, sameJson } from './difference.ts'
import { readDecisions, readEvidence, readManifestSignature, readReport, readReportBundle, type Members } from './members.ts'
import { logsOf, namedKeys } from './trust.ts'

/**
 * Checks an audit file as an outsider would: from its members and the trust root alone, without network, clock, disk or server. Every
 * check runs even after one has failed, so that an auditor sees the whole picture. Last of all the judgement is made again from the
 * sealed evidence and compared. It says whether the report is genuine, not whether it is good.
 */
export async function verifyAudit(members: Members, trust: Trust): Promise<Verification> {
  const { parts, check: format } = await readParts(members)
  const { bundle, report, lines, inputs } = parts
  const evidence = lines && { ...digestsOf(lines), lines: lines.length }
  const decisions: Verified<Waiver>[] = []
  const checks: Check[] = [
    format,
    await run('signature', { bundle, report }, ({ bundle, report }) => checkSignature(bundle, trust, report.report.evaluatedAt)),
    await run('statement', { bundle, report }, ({ bundle, report }) => checkStatement(bundle, report)),
    await run('ledger', { bundle }, ({ bundle }) => checkLedger(bundle, trust)),
    await run('evidence', { report, evidence, inputs }, ({ report, evidence }) => checkEvidence(report.report, evidence)),
    await run('manifest', { report, inputs }, ({ report, inputs }) => checkManifest(members, report.report, inputs, trust)),
    await run('gate', { report, inputs }, ({ report, inputs }) => checkGate(report.report, inputs, trust)),
    await run('decisions', { report, inputs }, ({ report, inputs }) =>
      checkDecisions(members, report.report, inputs, trust, decisions),
    ),
    await run('replay', { report, evidence, inputs }, ({ report, evidence, inputs }) =>
      checkReplay(report.report, evidence, inputs, decisions),
    ),
  ]
  const notes = [...notesOf(trust, report?.report, inputs), ...uncheckedMembers(members)]
  if (report && checks.every(({ ok }) => ok)) return { ok: true, report: report.report, checks, notes }
  return { ok: false, checks, notes }
}

type Parts = {
  readonly bundle: Bundle | undefined
  readonly report: ReturnType<typeof readReport> | undefined
  readonly lines: readonly string[] | undefined
  readonly inputs: SealedInputs | undefined
}

/** Reads each part by itself: a broken one is named and must not keep the others from being checked. */
async function readParts(members: Members): Promise<{ readonly parts: Parts; readonly check: Check }> {
  const broken: string[] = []
  const attempt = async <T>(read: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await read()
    } catch (error) {
      broken.push(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  const bundle = await attempt(() => readReportBundle(members))
  const report = await attempt(() => readReport(members))
  const lines = await attempt(() => readEvidence(members))
  const inputs = lines && (await attempt(() => open({ lines })))
  const check = await checking('format', () => {
    insist(broken.length === 0, broken.join('; '))
    return `${members.size} members, every one readable and in canonical form`
  })
  return { parts: { bundle, report, lines, inputs }, check }
}

/** A check whose parts could not be read has not passed. */
function run<T extends object>(
  name: CheckName,
  parts: T,
  check: (parts: { [K in keyof T]: NonNullable<T[K]> }) => Promise<string> | string,
): Promise<Check> {
  return checking(name, () => {
    const missing = Object.entries(parts).filter(([, part]) => part === undefined)
    insist(missing.length === 0, `not checked, because ${missing.map(([part]) => part).join(' and ')} could not be read`)
    return check(parts as { [K in keyof T]: NonNullable<T[K]> })
  })
}

async function checkSignature({ envelope }: Bundle, trust: Trust, at: string): Promise<string> {
  const keys = namedKeys(trust.signers, at).map(({ name, spki }) => ({ name, spki, keyId: keyHint(spki) }))
  const verified = await verifyEnvelope(envelope, keys, DSSE_PAYLOAD_TYPE)
  insist(verified.ok, verified.ok ? '' : verified.why)
  return `signed by ${keys.find(({ keyId }) => keyId === verified.keyId)?.name ?? 'a trusted key'} (${verified.keyId})`
}

function checkStatement({ envelope }: Bundle, { report, bytes }: ReturnType<typeof readReport>): string {
  const { subject, predicate } = readStatement(payloadOf(envelope), REPORT_PREDICATE)
  const digest = sha256Hex(bytes)
  insist(
    subject[0]?.sha256 === digest,
    `the statement speaks of a report with digest ${subject[0]?.sha256 ?? 'none'}, this one has ${digest}`,
  )
  const difference = firstDifference(predicate, predicateOf(report))
  insist(difference === null, `statement and report differ at ${difference}`)
  return `it speaks of this report (sha256 ${digest}) and says the same`
}

async function checkLedger(bundle: Bundle, trust: Trust): Promise<string> {
  const logs = logsOf(trust)
  const spki = spkiOf(bundle, trust)
  insist(spki !== undefined, `the bundle names the key ${bundle.hint}, which the trust root does not have`)
  const found = await checkLogEntry(bundle, { logs, spki })
  insist(found.ok, found.ok ? '' : found.why)
  return `entry ${found.index} of log ${found.log.origin}, under its signed checkpoint of ${found.checkpoint.size} entries`
}

function spkiOf({ hint }: Bundle, trust: Trust): Uint8Array | undefined {
  return namedKeys(trust.signers).find(({ spki }) => keyHint(spki) === hint)?.spki
}

type EvidenceDigests = { readonly root: string; readonly digest: string; readonly lines: number }

function checkEvidence(report: Report, { root, digest, lines }: EvidenceDigests): string {
  insist(report.evidence.lines === lines, `the report rests on ${report.evidence.lines} lines of evidence, here are ${lines}`)
  insist(report.evidence.root === root, `the evidence has the Merkle root ${root}, the report names ${report.evidence.root}`)
  insist(report.evidence.digest === digest, `the evidence has the digest ${digest}, the report names ${report.evidence.digest}`)
  return `${lines} sealed lines under the Merkle root ${root}`
}

async function checkManifest(members: Members, report: Report, { manifest }: SealedInputs, trust: Trust): Promise<string> {
  const digest = manifestDigest(manifest)
  const { name, version } = manifest.metadata
  insist(
    report.manifest.digest === digest,
    `the sealed manifest has the digest ${digest}, the report names ${report.manifest.digest}`,
  )
  const signature = readManifestSignature(members)
  if (signature === null) {
    insist(
      report.manifest.signedBy === null,
      `the report says that ${report.manifest.signedBy?.name} signed the manifest, but the signature is missing`,
    )
    return `${name} ${version} (sha256 ${digest}); nobody signed it, and the report says so`
  }
  const checked = await verifySigned(
    signature,
    namedKeys(trust.owners, report.evaluatedAt),
    MANIFEST_PREDICATE,
    ManifestClaimSchema,
  )
  insist(checked.ok, checked.ok ? '' : `the manifest's signature does not hold: ${checked.why}`)
  const { signedBy, subject } = checked.verified
  insist(subject[0] === digest, `the manifest's signature is over another manifest (sha256 ${subject[0]})`)
  insist(report.manifest.signedBy?.keyId === signedBy.keyId, 'the report names another signer of the manifest')
  return `${name} ${version} (sha256 ${digest}), signed by ${signedBy.name}`
}

function checkGate(report: Report, { gate }: SealedInputs, trust: Trust): string {
  const digest = sha256Hex(jcs(gate))
  insist(report.gate.digest === digest, `the sealed gate has the digest ${digest}, the report names ${report.gate.digest}`)
  const known = trust.gates.find((trusted) => trusted.digest === digest)
  return known
    ? `${known.name} (sha256 ${digest})`
    : `a gate that the trust root does not know (sha256 ${digest}): read its rules before you rely on its verdict`
}

/** Each decision must be signed by a person whom the manifest (and the trust root, where it names any) lets decide, and be logged. */
async function checkDecisions(
  members: Members,
  report: Report,
  { manifest }: SealedInputs,
  trust: Trust,
  into: Verified<Waiver>[],
): Promise<string> {
  const approvers: readonly NamedKey[] = (manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
  const trusted = new Set(namedKeys(trust.approvers).map(({ spki }) => keyHint(spki)))
  const logs = logsOf(trust)
  const failures: string[] = []
  for (const { name, bundle } of readDecisions(members)) {
    try {
      const checked = await verifySigned(bundle.envelope, approvers, WAIVER_PREDICATE, WaiverSchema)
      insist(checked.ok, checked.ok ? '' : checked.why)
      const { verified } = checked
      insist(
        trusted.size === 0 || trusted.has(verified.signedBy.keyId),
        `${verified.signedBy.name} is not an approver in the trust root`,
      )
      const spki = approvers.find(({ spki }) => keyHint(spki) === verified.signedBy.keyId)?.spki
      const logged = await checkLogEntry(bundle, { logs, spki: spki ?? new Uint8Array() })
      insist(logged.ok, logged.ok ? '' : logged.why)
      const listed = report.decisions.find(({ digest }) => digest === verified.digest)
      insist(listed !== undefined, 'the report does not know this decision')
      insist(
        BigInt(listed.ledgerIndex) === logged.index,
        `the report says ledger entry ${listed.ledgerIndex}, the proof says ${logged.index}`,
      )
      into.push(verified)
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const missing = report.decisions.filter(({ digest }) => !into.some((decision) => decision.digest === digest))
  if (missing.length > 0 && failures.length === 0)
    failures.push(`the signed decision ${missing.map(({ id }) => id).join(', ')} is missing`)
  insist(failures.length === 0, failures.join('; '))
  return into.length === 0
    ? 'none was made'
    : into.map(({ value, signedBy }) => `${value.id} by ${signedBy.name} until ${value.expires}`).join('; ')
}

/** Judges again and names the first step of the procedure whose result differs. */
function checkReplay(
  report: Report,
  evidence: EvidenceDigests,
  inputs: SealedInputs,
  decisions: readonly Verified<Waiver>[],
): string {
  const again = judge({ ...inputs, decisions, evaluatedAt: report.evaluatedAt })
  const step = again.steps.find(({ digest }, index) => digest !== report.judgement.steps[index]?.digest)
  const parts = derivedParts(inputs.manifest, sha256Hex(jcs(inputs.gate)), evidence, again)
  const said = report as unknown as { readonly [key: string]: JsonValue }
  for (const [name, value] of Object.entries(parts)) {
    const saidPart = name === 'manifest' ? withoutSigner(said['manifest']) : said[name]
    if (sameJson(saidPart, value)) continue
    const where = firstDifference(saidPart, value) ?? name
    throw new NotVerified(
      `${step ? `the step "${step.name}" is the first that differs; ` : ''}report and replay differ in ${name} at ${where}`,
    )
  }
  insist(step === undefined, `the step "${step?.name}" is the first that differs`)
  return `${again.procedure}: ${again.steps.map(({ name }) => name).join(', ')} give the same result; the verdict is ${again.verdict}`
}

function withoutSigner(manifest: JsonValue | undefined): JsonValue | undefined {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return manifest
  return Object.fromEntries(Object.entries(manifest).filter(([key]) => key !== 'signedBy'))
}

/** Whatever lies in the file and was not checked must not borrow trust from what was. */
function uncheckedMembers(members: Members): string[] {
  const { bundle, report, evidence, manifest, decisions } = auditMembers
  const checked = new Set<string>([bundle, report, evidence, manifest])
  const others = [...members.keys()].filter((name) => !checked.has(name) && !name.startsWith(decisions)).sort()
  if (others.length === 0) return []
  const named = others.length > 3 ? `${others.slice(0, 3).join(', ')} and ${others.length - 3} more` : others.join(', ')
  return [`not checked, because no evidence: ${named}; make the page again from what was checked: runproof show FILE --html PAGE`]
}

function notesOf(trust: Trust, report: Report | undefined, inputs: SealedInputs | undefined): string[] {
  const notes: string[] = []
  if (trust.source.kind === 'run')
    notes.push(
      'the trust root was written by the run that made this report: it shows that nothing was changed since, not who made it',
    )
  if (inputs && !trust.gates.some(({ digest }) => digest === sha256Hex(jcs(inputs.gate))))
    notes.push('the gate is not one that the trust root knows: a gate that always passes would replay too')
  if (report && trust.manifests.length > 0 && !trust.manifests.some(({ digest }) => digest === report.manifest.digest))
    notes.push('the manifest is not one that the trust root knows: read what it promises')
  if (report && report.manifest.signedBy === null) notes.push('nobody signed the manifest')
  notes.push(
    'replay starts at the folded behaviours: that they were read right from the raw events rests on the platform that made the report',
  )
  return notes
}
