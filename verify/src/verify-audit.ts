import { derivedParts, predicateOf } from '../../core/judge/report.ts'
import { manifestDigest } from '../../core/judge/resolve.ts'
import { auditMembers } from '../../core/model/audit-file.ts'
import { decisionKind, type Decision } from '../../core/model/decision.ts'
import type { Judgement } from '../../core/model/judgement.ts'
import { REPORT_PREDICATE, type Report } from '../../core/model/report.ts'
import type { SealedInputs } from '../../core/model/sealed.ts'
import type { Trust } from '../../core/model/trust.ts'
import { payloadOf, verifyEnvelope } from '../../core/proof/dsse.ts'
import { keyHint } from '../../core/proof/ecdsa.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { checkLogEntry, type Bundle } from '../../core/proof/sigstore-bundle.ts'
import { DSSE_PAYLOAD_TYPE, readStatement } from '../../core/proof/statement.ts'
import { MANIFEST_PREDICATE, ManifestClaimSchema, verifySigned } from '../../core/proof/verified.ts'
import { blindSpotsNote } from './blind-spots.ts'
import { checking, insist, NotVerified, type Check, type CheckName, type Verification } from './check.ts'
import type { Decided } from './decided.ts'
import { firstDifference, sameJson } from './difference.ts'
import { beforeItsEnd, placeOf } from './key-end.ts'
import { readManifestEntry, readManifestSignature, type Members } from './members.ts'
import { readParts, type EvidenceDigests, type Parts } from './parts.ts'
import { logsOf, namedKeys } from './trust.ts'

/**
 * Checks an audit file as an outsider would: from its members and the trust root alone, without network, clock, disk or server. Every
 * check runs even after one has failed, so that an auditor sees the whole picture. Last of all the judgement is made again from the
 * sealed evidence and compared. It says whether the report is genuine, not whether it is good.
 */
export async function verifyAudit(members: Members, trust: Trust): Promise<Verification> {
  const { parts, check: format } = await readParts(members, trust)
  const { bundle, report, evidence, inputs, decided, replayed } = parts
  const checks: Check[] = [
    format,
    await run('signature', { bundle, report }, ({ bundle, report }) => checkSignature(bundle, trust, report.report.evaluatedAt)),
    await run('statement', { bundle, report }, ({ bundle, report }) => checkStatement(bundle, report)),
    await run('ledger', { bundle }, ({ bundle }) => checkLedger(bundle, trust)),
    await run('evidence', { report, evidence, inputs }, ({ report, evidence }) => checkEvidence(report.report, evidence)),
    await run('manifest', { report, inputs, bundle }, ({ report, inputs, bundle }) =>
      checkManifest(members, report.report, inputs, trust, bundle),
    ),
    await run('gate', { report, inputs }, ({ report, inputs }) => checkGate(report.report, inputs, trust)),
    await run('decisions', { report, inputs, decided }, ({ decided }) => checkDecisions(decided())),
    await run('replay', { report, evidence, inputs, replayed }, ({ report, evidence, inputs, replayed }) =>
      checkReplay(report.said, evidence, inputs, replayed()),
    ),
  ]
  const notes = [...notesOf(trust, report?.report, inputs), ...uncheckedMembers(members)]
  if (report && checks.every(({ ok }) => ok)) return { ok: true, report: report.report, checks, notes }
  return { ok: false, checks, notes }
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

async function checkSignature(bundle: Bundle, trust: Trust, at: string): Promise<string> {
  const { envelope } = bundle
  const keys = namedKeys(trust.signers, at).map(({ name, spki }) => ({ name, spki, keyId: keyHint(spki) }))
  const verified = await verifyEnvelope(envelope, keys, DSSE_PAYLOAD_TYPE)
  insist(verified.ok, verified.ok ? '' : verified.why)
  const signer = keys.find(({ keyId }) => keyId === verified.keyId)
  const place = () => placeOf(bundle, signer?.spki ?? new Uint8Array(), logsOf(trust))
  const end = await beforeItsEnd(trust.signers, verified.keyId, place, 'this report')
  return `signed by ${signer?.name ?? 'a trusted key'} (${verified.keyId})${end}`
}

function checkStatement({ envelope }: Bundle, { report, bytes }: NonNullable<Parts['report']>): string {
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

function checkEvidence(report: Report, { root, digest, lines }: EvidenceDigests): string {
  insist(report.evidence.lines === lines, `the report rests on ${report.evidence.lines} lines of evidence, here are ${lines}`)
  insist(report.evidence.root === root, `the evidence has the Merkle root ${root}, the report names ${report.evidence.root}`)
  insist(report.evidence.digest === digest, `the evidence has the digest ${digest}, the report names ${report.evidence.digest}`)
  return `${lines} sealed lines under the Merkle root ${root}`
}

async function checkManifest(
  members: Members,
  report: Report,
  { manifest }: SealedInputs,
  trust: Trust,
  bundle: Bundle,
): Promise<string> {
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
  const owners = namedKeys(trust.owners, report.evaluatedAt)
  const checked = await verifySigned(signature, owners, MANIFEST_PREDICATE, ManifestClaimSchema)
  insist(checked.ok, checked.ok ? '' : `the manifest's signature does not hold: ${checked.why}`)
  const { signedBy, subject } = checked.verified
  insist(subject[0] === digest, `the manifest's signature is over another manifest (sha256 ${subject[0]})`)
  insist(report.manifest.signedBy?.keyId === signedBy.keyId, 'the report names another signer of the manifest')
  const entry = readManifestEntry(members, signature)
  const logs = logsOf(trust)
  const spki = owners.find(({ spki }) => keyHint(spki) === signedBy.keyId)?.spki ?? new Uint8Array()
  if (entry !== null) {
    const place = await placeOf(entry, spki, logs)
    insist(
      'index' in place,
      'why' in place ? `the proof that the manifest's signature is in the log does not hold: ${place.why}` : '',
    )
  }
  // Without a proof of its own it is at least as old as the report that rests on it.
  const place = () => (entry ? placeOf(entry, spki, logs) : placeOf(bundle, spkiOf(bundle, trust) ?? new Uint8Array(), logs))
  const what = entry ? 'the manifest' : 'this report, the oldest proof of the manifest,'
  const end = await beforeItsEnd(trust.owners, signedBy.keyId, place, what)
  return `${name} ${version} (sha256 ${digest}), signed by ${signedBy.name}${end}`
}

function checkGate(report: Report, { gate }: SealedInputs, trust: Trust): string {
  const digest = sha256Hex(jcs(gate))
  insist(report.gate.digest === digest, `the sealed gate has the digest ${digest}, the report names ${report.gate.digest}`)
  const known = trust.gates.find((trusted) => trusted.digest === digest)
  return known
    ? `${known.name} (sha256 ${digest})`
    : `a gate that the trust root does not know (sha256 ${digest}): read its rules before you rely on its verdict`
}

function checkDecisions({ verified, failures }: Decided): string {
  insist(failures.length === 0, failures.join('; '))
  return verified.length === 0
    ? 'none was made'
    : verified.map(({ value, signedBy }) => `${value.id} by ${signedBy.name}${decisionWords(value)}`).join('; ')
}

function decisionWords(decision: Decision): string {
  switch (decisionKind(decision)) {
    case 'confirmation':
      return ', who confirmed a violation'
    case 'revocation':
      return ', who took a waiver back'
    case 'waiver':
      return ` until ${'expires' in decision ? decision.expires : ''}`
  }
}

/** The judgement was made again: names the first step of the procedure whose result differs. */
function checkReplay(report: Report, evidence: EvidenceDigests, inputs: SealedInputs, again: Judgement): string {
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
  const { bundle, report, evidence, manifest, manifestEntry, decisions } = auditMembers
  const checked = new Set<string>([bundle, report, evidence, manifest, ...(members.has(manifest) ? [manifestEntry] : [])])
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
  if (inputs) notes.push(blindSpotsNote(inputs.blindSpots, trust))
  if (report && trust.manifests.length > 0 && !trust.manifests.some(({ digest }) => digest === report.manifest.digest))
    notes.push('the manifest is not one that the trust root knows: read what it promises')
  if (report && report.manifest.signedBy === null) notes.push('nobody signed the manifest')
  notes.push(
    'replay starts at the folded behaviours: that they were read right from the raw events rests on the platform that made the report',
  )
  return notes
}
