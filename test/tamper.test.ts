import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { generateKeyPairSync } from 'node:crypto'
import { verifyAudit, type CheckName, type Verification } from '../verify/src/index.ts'
import { jcs } from '../core/proof/jcs.ts'
import { auditMembers } from '../core/model/audit-file.ts'
import type { Report } from '../core/model/report.ts'
import { assessedSample, type BundleJson } from './sample.ts'

/** Every way to change an audit file that matters, and the claim that must be named for it. */

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)

async function tampered(change: (members: Map<string, Uint8Array>) => void): Promise<Verification> {
  const { members, trust } = await assessedSample()
  const copy = new Map(members)
  change(copy)
  return verifyAudit(copy, trust)
}

function failed(verification: Verification): CheckName[] {
  return verification.checks.filter(({ ok }) => !ok).map(({ name }) => name)
}

const evidenceOf = (members: ReadonlyMap<string, Uint8Array>): string[] =>
  text(gunzipSync(members.get(auditMembers.evidence) ?? new Uint8Array()))
    .trimEnd()
    .split('\n')
const withEvidence = (members: Map<string, Uint8Array>, lines: readonly string[]): void =>
  void members.set(auditMembers.evidence, new Uint8Array(gzipSync(lines.map((line) => `${line}\n`).join(''))))
/** Changes the report and keeps it canonical, as somebody would who knows the format. */
const withReport = (members: Map<string, Uint8Array>, change: (report: Report) => void): void => {
  const report = JSON.parse(text(members.get(auditMembers.report))) as Report
  change(report)
  members.set(auditMembers.report, bytes(jcs(report)))
}

test('the sample as it was made is verified', async () => {
  const { members, trust } = await assessedSample()
  const verification = await verifyAudit(members, trust)
  assert.deepEqual(failed(verification), [])
  assert.equal(verification.ok, true)
})

test('a verdict that was changed in the report is named by statement and replay', async () => {
  const verification = await tampered((members) => withReport(members, (report) => (report.judgement.verdict = 'pass')))
  assert.deepEqual(failed(verification), ['statement', 'replay'])
})

test('a finding that was taken out of the report is named', async () => {
  const verification = await tampered((members) => withReport(members, (report) => report.judgement.findings.shift()))
  assert.deepEqual(failed(verification), ['statement', 'replay'])
})

test('a blind stretch that was painted over is named', async () => {
  const verification = await tampered((members) =>
    withReport(members, (report) => {
      for (const instance of report.judgement.coverage.instances) for (const run of instance.runs) run.state = 'observed'
    }),
  )
  assert.deepEqual(failed(verification), ['statement', 'replay'])
})

test('evidence that lacks the behaviour behind the failure is named by evidence and replay', async () => {
  const verification = await tampered((members) =>
    withEvidence(
      members,
      evidenceOf(members).filter((line) => !line.includes('/usr/bin/bash')),
    ),
  )
  assert.ok(failed(verification).includes('evidence') || failed(verification).includes('format'))
  assert.equal(verification.ok, false)
})

test('any changed character in any kind of evidence line is named', async () => {
  const { members } = await assessedSample()
  const lines = evidenceOf(members)
  const kinds = new Map(lines.map((line, index) => [/"kind":"(\w+)"/.exec(line)?.[1] ?? '', index]))
  assert.ok(kinds.size >= 5)
  for (const [kind, index] of kinds) {
    const line = lines[index] ?? ''
    const digit = line.search(/\d/)
    const other =
      digit < 0
        ? line.replace('null', '{"reportDigest":"","windowId":""}').replace('io_uring', 'nothing')
        : `${line.slice(0, digit)}${(Number(line[digit]) + 1) % 10}${line.slice(digit + 1)}`
    assert.notEqual(other, line, kind)
    const changed = lines.with(index, other)
    const verification = await tampered((copy) => withEvidence(copy, changed))
    assert.equal(verification.ok, false, kind)
    assert.ok(
      failed(verification).some((name) => name === 'evidence' || name === 'format'),
      kind,
    )
  }
})

test('evidence in another order, doubled or cut is named', async () => {
  const { members } = await assessedSample()
  const lines = evidenceOf(members)
  const behaviours = lines.findIndex((line) => line.includes('"kind":"behaviour"'))
  const swapped = lines.with(behaviours, lines[behaviours + 1] ?? '').with(behaviours + 1, lines[behaviours] ?? '')
  for (const changed of [swapped, [...lines, lines.at(-1) ?? ''], lines.slice(0, -1)]) {
    assert.equal((await tampered((copy) => withEvidence(copy, changed))).ok, false)
  }
})

test('a signature by somebody else is named, also when the key travels with it', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { members, trust } = await assessedSample()
  const stranger = {
    ...trust,
    signers: [{ name: 'stranger', key: publicKey.export({ type: 'spki', format: 'pem' }).toString() }],
  }
  assert.deepEqual(failed(await verifyAudit(members, stranger)), ['signature', 'ledger'])
})

test('a flipped bit in payload, signature, logged entry, inclusion proof or checkpoint is named', async () => {
  const { members } = await assessedSample()
  const original = text(members.get(auditMembers.bundle))
  const bundle = JSON.parse(original) as BundleJson
  const [entry] = bundle.verificationMaterial.tlogEntries
  assert.ok(entry)
  const targets: Record<string, string | undefined> = {
    payload: bundle.dsseEnvelope.payload,
    signature: bundle.dsseEnvelope.signatures[0].sig,
    body: entry.canonicalizedBody,
    root: entry.inclusionProof.rootHash,
    hash: entry.inclusionProof.hashes[0],
    checkpoint: entry.inclusionProof.checkpoint.envelope.split('\n')[2],
  }
  for (const [name, value = ''] of Object.entries(targets)) {
    const middle = Math.floor(value.length / 2)
    const flipped = `${value.slice(0, middle)}${value[middle] === 'A' ? 'B' : 'A'}${value.slice(middle + 1)}`
    const verification = await tampered((copy) => copy.set(auditMembers.bundle, bytes(original.replace(value, flipped))))
    assert.equal(verification.ok, false, name)
    assert.ok(
      failed(verification).some((check) => ['format', 'signature', 'statement', 'ledger'].includes(check)),
      name,
    )
  }
})

test('a log that the trust root does not know is named', async () => {
  const { members, trust } = await assessedSample()
  assert.deepEqual(failed(await verifyAudit(members, { ...trust, logs: [] })), ['ledger', 'decisions', 'replay'])
})

test('a waiver that was taken away is named by decisions and replay', async () => {
  const verification = await tampered((members) => {
    for (const name of [...members.keys()]) if (name.startsWith(auditMembers.decisions)) members.delete(name)
  })
  assert.deepEqual(failed(verification), ['decisions', 'replay'])
})

test('a waiver with a later expiry is named', async () => {
  const verification = await tampered((members) => {
    const name = [...members.keys()].find((member) => member.startsWith(auditMembers.decisions)) ?? ''
    const bundle = JSON.parse(text(members.get(name))) as BundleJson
    const payload = text(Buffer.from(bundle.dsseEnvelope.payload, 'base64')).replace(/"expires":"2026/, '"expires":"2036')
    bundle.dsseEnvelope.payload = Buffer.from(payload).toString('base64')
    members.set(name, bytes(jcs(bundle)))
  })
  assert.deepEqual(failed(verification), ['decisions', 'replay'])
})

test('a manifest whose signature is missing, or by nobody trusted, is named', async () => {
  assert.deepEqual(failed(await tampered((members) => members.delete(auditMembers.manifest))), ['manifest'])
  const { members, trust } = await assessedSample()
  assert.deepEqual(failed(await verifyAudit(members, { ...trust, owners: [] })), ['manifest'])
})

test('every member is missed when it is gone, except the page, which is not evidence', async () => {
  const { members } = await assessedSample()
  for (const name of members.keys()) {
    const verification = await tampered((copy) => copy.delete(name))
    assert.equal(verification.ok, name === auditMembers.page, name)
  }
})

test('all checks are answered also when nothing can be read', async () => {
  const { trust } = await assessedSample()
  const verification = await verifyAudit(new Map(), trust)
  assert.equal(verification.ok, false)
  assert.deepEqual(failed(verification), [
    'format',
    'signature',
    'statement',
    'ledger',
    'evidence',
    'manifest',
    'gate',
    'decisions',
    'replay',
  ])
})

test('an unknown gate is said, not hidden', async () => {
  const { members, trust } = await assessedSample()
  const verification = await verifyAudit(members, { ...trust, gates: [] })
  assert.equal(verification.ok, true)
  assert.ok(verification.notes.some((note) => note.includes('gate')))
})

test('what lies in the file unchecked is named, so that it borrows no trust', async () => {
  const verification = await tampered((members) => members.set('advice.txt', bytes('trust me')))
  assert.equal(verification.ok, true)
  assert.ok(verification.notes.some((note) => note.includes('advice.txt') && note.includes(auditMembers.page)))
})
