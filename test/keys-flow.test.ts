import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { auditMembers } from '../core/model/audit-file.ts'
import { instantMs } from '../core/model/time.ts'
import type { Trust } from '../core/model/trust.ts'
import { windowOf, type Window } from '../core/model/window.ts'
import { payloadOf, readEnvelope, type Envelope } from '../core/proof/dsse.ts'
import { jcs, type JsonValue } from '../core/proof/jcs.ts'
import { keyHint, spkiFromPem } from '../core/proof/keys.ts'
import { sha256Hex } from '../core/proof/sha256.ts'
import { buildBundle } from '../core/proof/sigstore-bundle.ts'
import { DSSE_PAYLOAD_TYPE } from '../core/proof/statement.ts'
import { readTar } from '../core/proof/tar.ts'
import { publishManifest } from '../src/actions/publish-manifest.ts'
import { manifestStatement } from '../src/declare/statements.ts'
import { loadSigningKey, openKeys, type SigningKey } from '../src/keys/keys.ts'
import { signEnvelope } from '../src/keys/sign-envelope.ts'
import { closeWindow } from '../src/service/close-window.ts'
import { reportFile, serviceTrust } from '../src/service/handover.ts'
import { revokeReportKey, rotateReportKey } from '../src/service/report-key.ts'
import { bundled, logInside, manifestEvent } from '../src/store/ledger/logged.ts'
import { eventEntry } from '../src/store/ledger/entries.ts'
import { peopleRows } from '../src/store/state/people.ts'
import { personKeyRows } from '../src/store/state/person-keys.ts'
import { verifyAudit } from '../verify/src/index.ts'
import { sample } from './sample.ts'
import { serviceParts } from './service-parts.ts'

const scope = { application: 'payments', environment: 'production' }
const windows = [2, 3, 4, 5].map((day) => windowOf(scope, `2026-03-0${day}T00:00:00Z`, `2026-03-0${day + 1}T00:00:00Z`)) as [
  Window,
  Window,
  Window,
  Window,
]
const now = (): number => instantMs('2026-03-02T23:00:00Z')
let parts: Awaited<ReturnType<typeof serviceParts>>
before(async () => {
  parts = await serviceParts(now)
  await parts.publish(join(sample, 'assurance'))
  await parts.receive('falco', readFileSync(join(sample, 'events', 'falco.ndjson')))
  await parts.fold()
})
after(() => parts.close())

// One service, whose keys change as the file goes on.
let first: string
let second: string
/** What somebody copied before it was replaced. */
let stolen: SigningKey

test('a report key that is rotated is used by the next report without a restart, and both reports verify with one trust root', async () => {
  await parts.closing.reportKey()
  stolen = await loadSigningKey(join(parts.data, 'keys', 'report.pem'))
  first = (await closeWindow(parts.closing, windows[0], 1, 'close')).report
  const { previous, next } = rotateReportKey(place(), now)
  second = (await closeWindow(parts.closing, windows[1], 1, 'close')).report
  const { reports } = parts.closing
  assert.deepEqual(
    [first, second].map((report) => keyHint(spkiFromPem(reports.receipt(report).signer.key))),
    [previous, next],
  )
  assert.match(await signatureOf(first), /^signed by report \(.*\) before the key was replaced \(entry \d+ < \d+\)$/)
  assert.match(await signatureOf(second), /^signed by report \([^)]*\)$/)
  // A service that knows only the key that it started with has the other from the ledger.
  const { ledger, state, promiseOf } = parts.closing
  const started = serviceTrust({ ledger, state }, promiseOf, [{ name: 'report', key: stolen.pem }], '')
  assert.deepEqual(started.signers, (await trust()).signers)
})

test('a key that is replaced while a report is being made signs no report that would not verify', async () => {
  let asked = 0
  const racing = {
    ...parts.closing,
    reportKey: async () => {
      const key = await parts.closing.reportKey()
      // Right after the key was opened, before anything is committed with it.
      if (asked++ === 0) rotateReportKey(place(), now)
      return key
    },
  }
  const { report, isNew } = await closeWindow(racing, windows[2], 1, 'close')
  assert.deepEqual([isNew, asked], [true, 2])
  assert.match(await signatureOf(report), /^signed by report \([^)]*\)$/)
})

test('what a revoked key signed before stays verifiable, and what it signs later does not', async () => {
  revokeReportKey(place(), stolen.keyId, 'compromised laptop', now)
  assert.match(await signatureOf(first), /before the key was revoked \(entry \d+ < \d+: compromised laptop\)$/)

  const members = await membersOf(first)
  const envelope = await forged(members)
  const inNoLog = buildBundle({ envelope, hint: stolen.keyId, entry: null })
  const unlogged = await verifyAudit(withBundle(members, inNoLog), await trust())
  assert.equal(unlogged.ok, false)
  assert.match(
    failures(unlogged)['signature'] ?? '',
    /^signed by a key that was revoked at entry \d+ \(compromised laptop\), and nothing shows that this report came before: the bundle has no log entry;/,
  )

  // Even somebody who gets it into the log comes too late.
  const { ledger } = parts.closing
  const entry = ledger.transaction((inside) => logInside(inside, envelope, stolen.spki, 'forged'))
  const logged = bundled(ledger, envelope, stolen.spki, entry)
  const late = failures(await verifyAudit(withBundle(members, logged.bundle), await trust()))
  assert.match(
    late['signature'] ?? '',
    new RegExp(`revoked at entry \\d+ \\(compromised laptop\\), and this report is entry ${logged.index};`),
  )

  // The place of an earlier signature is not this one's.
  const stale = JSON.parse(text(members.get(auditMembers.bundle))) as { dsseEnvelope: unknown }
  stale.dsseEnvelope = { ...envelope, signatures: [{ sig: envelope.signatures[0].sig }] }
  const borrowed = failures(await verifyAudit(withBundle(members, stale as JsonValue), await trust()))
  assert.match(
    borrowed['signature'] ?? '',
    /nothing shows that this report came before: the logged leaf is not the one of this envelope/,
  )
})

test('a trust root whose revocation names another log, or that lists the key twice, does not bring it back', async () => {
  const members = await membersOf(first)
  const root = await trust()
  const elsewhere = root.signers.map((key) =>
    key.revokedAt ? { ...key, revokedAt: { ...key.revokedAt, origin: 'other.example.com' } } : key,
  )
  const compared = failures(await verifyAudit(members, { ...root, signers: elsewhere }))
  assert.match(compared['signature'] ?? '', /of the log other\.example\.com; this report is in the log .* cannot be compared/)
  const envelope = await forged(members)
  const twice = { ...root, signers: [{ name: 'report', key: stolen.pem }, ...root.signers] }
  const again = failures(
    await verifyAudit(withBundle(members, buildBundle({ envelope, hint: stolen.keyId, entry: null })), twice),
  )
  assert.match(again['signature'] ?? '', /revoked at entry/)
  assert.ok((await verifyAudit(members, twice)).ok)
})

test('a manifest that was logged before its owner’s key was revoked stays signed; without that proof it does not', async () => {
  const { ledger, promiseOf } = parts.closing
  const promise = promiseOf(1)
  const [atLog] = ledger.named(manifestEvent(promise.signature))
  const revocation = aRevocation()
  const root = await trust()
  const owners = root.owners.map((key) => ({
    ...key,
    revokedAt: { origin: ledger.origin, index: revocation, because: 'left the company' },
  }))
  const { report } = await closeWindow(parts.closing, windows[3], 1, 'close')
  const members = await membersOf(report)
  const verification = await verifyAudit(members, { ...root, owners })
  assert.deepEqual(failures(verification), {})
  const said = verification.checks.find(({ name }) => name === 'manifest')?.why ?? ''
  assert.ok(said.endsWith(` before the key was revoked (entry ${atLog?.index} < ${revocation}: left the company)`), said)

  const bare = new Map(members)
  bare.delete(auditMembers.manifestEntry)
  assert.deepEqual(failures(await verifyAudit(bare, root)), {})
  assert.match(
    failures(await verifyAudit(bare, { ...root, owners }))['manifest'] ?? '',
    /left the company\), and this report, the oldest proof of the manifest, is entry \d+/,
  )
  // An older report is itself the proof that the manifest is older than the revocation.
  const older = new Map(await membersOf(first))
  older.delete(auditMembers.manifestEntry)
  assert.deepEqual(failures(await verifyAudit(older, { ...root, owners })), {})

  const swapped = new Map(members).set(auditMembers.manifestEntry, members.get(auditMembers.bundle) ?? new Uint8Array())
  assert.match(failures(await verifyAudit(swapped, root))['manifest'] ?? '', /is of another signature/)
})

test('after an owner’s key was revoked it publishes no more, and another key may take its place', async () => {
  const own = await serviceParts(now)
  try {
    const folder = join(sample, 'assurance')
    await own.publish(folder)
    const { ledger, promiseOf, state } = own.closing
    const first = promiseOf(1)
    const spki = spkiFromPem(first.ownerKey)
    const keyId = keyHint(spki)
    const version = (number: string) => ({ ...first.manifest, metadata: { ...first.manifest.metadata, version: number } })
    const key = await (await openKeys({ dataDir: own.data })).signer('owner')
    const signed = async (number: string, owner_key: string) => {
      const signature = await signEnvelope(key, DSSE_PAYLOAD_TYPE, manifestStatement(version(number)))
      return publishManifest.run(own.context, { manifest: JSON.stringify(version(number)), signature, owner_key })
    }
    const refused = { code: 'manifest.signature_invalid' }
    await assert.rejects(signed('9.0.0', key.pem), { ...refused, message: /signed by another key than this one/ })

    peopleRows(ledger.db).insertPerson({
      id: 'o',
      issuer: 'urn:test',
      subject: 'o',
      name: 'O',
      email: null,
      createdAt: '2026-03-01T00:00:00Z',
    })
    const keys = personKeyRows(ledger.db)
    for (const [person, each] of [
      [keyId, spki],
      [key.keyId, key.spki],
    ] as const)
      keys.insertPersonKey({
        keyId: person,
        person: 'o',
        spki: each,
        name: 'O',
        statement: '{}',
        enrolledAt: '2026-03-01T00:00:00Z',
        ledgerIndex: 0,
      })
    keys.revokePersonKey(keyId, { at: '2026-03-02T21:00:00Z', by: 'person:1', because: 'left', ledgerIndex: 1 })
    assert.ok((await signed('9.0.0', key.pem)).is_new)
    assert.equal(state.scope(scope)?.ownerKey, key.pem)

    keys.revokePersonKey(key.keyId, { at: '2026-03-02T22:00:00Z', by: 'person:1', because: 'left too', ledgerIndex: 2 })
    await assert.rejects(signed('9.0.1', key.pem), { ...refused, message: /was revoked at entry 2 of the ledger \(left too\)/ })
    assert.equal(state.manifestsOf(scope).length, 2)
  } finally {
    await own.close()
  }
})

test('a decision counts when the log holds it before its signer’s key was revoked, and not when it comes later', async () => {
  const { ledger, state } = parts.closing
  const file = readFileSync(join(sample, 'assurance', 'waivers', 'settlement-legacy-host.dsse.json'), 'utf8')
  const envelope = readEnvelope(JSON.parse(file))
  const signedBy = envelope.signatures[0].keyid
  const approver = parts.closing.promiseOf(1).manifest.approvers?.find(({ key }) => keyHint(spkiFromPem(key)) === signedBy)
  assert.ok(approver)
  const spki = spkiFromPem(approver.key)
  const keyId = keyHint(spki)
  const { db } = ledger
  peopleRows(db).insertPerson({
    id: 'maren',
    issuer: 'urn:test',
    subject: 'maren',
    name: approver.name,
    email: null,
    createdAt: '2026-03-01T00:00:00Z',
  })
  const keys = personKeyRows(db)
  keys.insertPersonKey({
    keyId,
    person: 'maren',
    spki,
    name: approver.name,
    statement: '{}',
    enrolledAt: '2026-03-01T00:00:00Z',
    ledgerIndex: 0,
  })
  const hand = (event: string): number =>
    ledger.transaction((inside) => {
      const { index } = logInside(inside, envelope, spki, event)
      const at = '2026-03-02T22:00:00Z'
      const decision = {
        digest: sha256Hex(payloadOf(envelope)),
        keyId,
        envelope: jcs(envelope),
        subject: 'waiver:1',
        windowId: null,
      }
      state.insertDecision({ ...scope, ...decision, decidedBy: approver.name, decidedAt: at, ledgerIndex: index })
      return index
    })
  const index = hand(`decision:${sha256Hex(jcs(envelope))}`)
  const counted = (await closeWindow(parts.closing, windows[0], 1, 'decision')).report
  assert.deepEqual(
    parts.closing.reports.report(counted).decisions.map(({ ledgerIndex }) => ledgerIndex),
    [index],
  )

  // Said by another log entry before the decision's: only their order differs.
  keys.revokePersonKey(keyId, { at: '2026-03-02T22:30:00Z', by: 'person:1', because: 'phone lost', ledgerIndex: aRevocation() })
  const root = await trust()
  assert.deepEqual(
    root.approvers.filter(({ revokedAt }) => revokedAt).map(({ name, revokedAt }) => [name, revokedAt?.because]),
    [[approver.name, 'phone lost']],
  )
  assert.deepEqual(failures(await verifyAudit(await membersOf(counted), root)), {})

  const earlier = { origin: ledger.origin, index, because: 'phone lost' }
  const approvers = root.approvers.map((key) => (key.revokedAt ? { ...key, revokedAt: earlier } : key))
  const refused = failures(await verifyAudit(await membersOf(counted), { ...root, approvers }))
  assert.match(
    refused['decisions'] ?? '',
    new RegExp(`signed by a key that was revoked at entry ${index} \\(phone lost\\), and this decision is entry ${index}`),
  )
})

test('the service itself does not count a decision that was handed in after the key was revoked', async () => {
  const own = await serviceParts(now)
  try {
    await own.publish(join(sample, 'assurance'))
    const { ledger, state, promiseOf, reports } = own.closing
    const envelope = readEnvelope(
      JSON.parse(readFileSync(join(sample, 'assurance', 'waivers', 'settlement-legacy-host.dsse.json'), 'utf8')),
    )
    const keyId = envelope.signatures[0].keyid
    const approver = promiseOf(1).manifest.approvers?.find(({ key }) => keyHint(spkiFromPem(key)) === keyId)
    assert.ok(approver)
    const spki = spkiFromPem(approver.key)
    peopleRows(ledger.db).insertPerson({
      id: 'maren',
      issuer: 'urn:test',
      subject: 'maren',
      name: 'Maren',
      email: null,
      createdAt: '2026-03-01T00:00:00Z',
    })
    const keys = personKeyRows(ledger.db)
    keys.insertPersonKey({
      keyId,
      person: 'maren',
      spki,
      name: 'Maren',
      statement: '{}',
      enrolledAt: '2026-03-01T00:00:00Z',
      ledgerIndex: 0,
    })
    const [event] = ledger.append([eventEntry('keyEvent', { act: 'key-revoked' }, 'revoked')])
    keys.revokePersonKey(keyId, {
      at: '2026-03-02T21:00:00Z',
      by: 'person:1',
      because: 'phone lost',
      ledgerIndex: event?.index ?? 0,
    })
    ledger.transaction((inside) => {
      const { index } = logInside(inside, envelope, spki, `decision:${sha256Hex(jcs(envelope))}`)
      const decision = {
        digest: sha256Hex(payloadOf(envelope)),
        keyId,
        envelope: jcs(envelope),
        subject: 'waiver:1',
        windowId: null,
      }
      state.insertDecision({ ...scope, ...decision, decidedBy: 'Maren', decidedAt: '2026-03-02T22:00:00Z', ledgerIndex: index })
    })
    const { report } = await closeWindow(own.closing, windows[0], 1, 'close')
    assert.deepEqual(reports.report(report).decisions, [])
    assert.match(
      reports.report(report).refusedWaivers[0]?.why ?? '',
      /^signed by a key that was revoked at entry 1 \(phone lost\), and it is entry 2$/,
    )
  } finally {
    await own.close()
  }
})

function place() {
  return { data: parts.data, passphrase: null, ledger: parts.closing.ledger }
}

/** The index of an entry that stands for somebody's revocation. */
function aRevocation(): number {
  const { ledger } = parts.closing
  const [entry] = ledger.append([eventEntry('keyEvent', { act: 'key-revoked' }, `revoked:${ledger.head().size}`)])
  return entry?.index ?? assert.fail()
}

async function trust(): Promise<Trust> {
  const { ledger, state, promiseOf } = parts.closing
  const { name, pem } = await parts.closing.reportKey()
  return serviceTrust({ ledger, state }, promiseOf, [{ name, key: pem }], '')
}

async function membersOf(digest: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { ledger, state, reports } = parts.closing
  const pdfOf = () => Promise.reject(new Error('not asked for'))
  const { bytes } = await reportFile({ ledger, state, reports, pdfOf }, digest, 'audit')
  return new Map(readTar(bytes, { members: 100, memberBytes: 1e9, totalBytes: 1e9 }))
}

/** What `verify` says of the signature; the whole report verifies. */
async function signatureOf(digest: string): Promise<string> {
  const verification = await verifyAudit(await membersOf(digest), await trust())
  assert.deepEqual(failures(verification), {})
  return verification.checks.find(({ name }) => name === 'signature')?.why ?? ''
}

function failures({ checks }: Awaited<ReturnType<typeof verifyAudit>>): Record<string, string> {
  return Object.fromEntries(checks.filter(({ ok }) => !ok).map(({ name, why }) => [name, why]))
}

/** The same statement, signed anew with the key that somebody stole. */
async function forged(members: ReadonlyMap<string, Uint8Array>): Promise<Envelope> {
  const { dsseEnvelope } = JSON.parse(text(members.get(auditMembers.bundle))) as {
    readonly dsseEnvelope: { readonly payload: string }
  }
  return signEnvelope(stolen, DSSE_PAYLOAD_TYPE, new Uint8Array(Buffer.from(dsseEnvelope.payload, 'base64')))
}

function withBundle(members: ReadonlyMap<string, Uint8Array>, bundle: JsonValue): Map<string, Uint8Array> {
  return new Map(members).set(auditMembers.bundle, new TextEncoder().encode(jcs(bundle)))
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes)
}
