import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pae, payloadOf, signatureOf } from '../../core/proof/dsse.ts'
import { verifyKeyRotation } from '../../core/proof/key-rotation.ts'
import { keyHint } from '../../core/proof/keys.ts'
import { readBundle } from '../../core/proof/sigstore-bundle.ts'
import { openKeys } from '../keys/keys.ts'
import { bundled, rotationEvent } from '../store/ledger/logged.ts'
import { openLedger, type Ledger } from '../store/ledger/ledger.ts'
import { signerEvents, trustedSigners } from '../store/ledger/signer-events.ts'
import { demandInUse, openReportKey, revokeReportKey, rotateReportKey, type ReportKeyPlace } from './report-key.ts'

const open: { readonly data: string; readonly ledger: Ledger }[] = []
after(() => {
  for (const { ledger } of open) ledger.close()
  for (const { data } of open) rmSync(data, { recursive: true, force: true })
})
const now = (): number => Date.parse('2026-03-02T00:00:00Z')

test('a new key takes the place of the old one, and both have signed that it is so', async () => {
  const place = await aPlace()
  const { ledger } = place
  const first = await openReportKey(place)
  const { previous, next, index } = rotateReportKey(place, now)
  const second = await openReportKey(place)
  assert.deepEqual([previous, next], [first.keyId, second.keyId])
  assert.notEqual(previous, next)
  assert.deepEqual(readdirSync(join(place.data, 'keys')).sort(), ['log.pem', 'report.pem'])
  assert.equal(statSync(join(place.data, 'keys', 'report.pem')).mode & 0o777, 0o600)

  const [rotation] = signerEvents(ledger).rotations
  assert.ok(rotation)
  const bundles = {
    byPrevious: bundleOf(ledger, rotation.byPrevious, first.spki),
    byNext: bundleOf(ledger, rotation.byNext, second.spki),
  }
  const checked = await verifyKeyRotation(bundles, { previous: first.spki, logs: [ledger] })
  assert.deepEqual(checked, {
    ok: true,
    next: second.spki,
    origin: ledger.origin,
    index: BigInt(index - 1),
    createdAt: '2026-03-02T00:00:00Z',
  })
  assert.deepEqual(trustedSigners(ledger, [{ name: 'report', key: second.pem }]), [
    { name: 'report', key: first.pem, retiredAt: { origin: ledger.origin, index } },
    { name: 'report', key: second.pem },
  ])
})

test('openssl finds both signatures of a rotation good', async (context) => {
  if (spawnSync('openssl', ['version']).status !== 0) return context.skip('openssl is not installed')
  const place = await aPlace()
  rotateReportKey(place, now)
  const [rotation] = signerEvents(place.ledger).rotations
  assert.ok(rotation)
  const { byPrevious, byNext, previousKey, nextKey } = rotation
  for (const [envelope, key] of [
    [byPrevious, previousKey],
    [byNext, nextKey],
  ] as const) {
    const [pub, sig, signed] = ['key.pub', 'sig', 'signed'].map((name) => join(place.data, name)) as [string, string, string]
    writeFileSync(pub, key)
    writeFileSync(sig, signatureOf(envelope))
    writeFileSync(signed, pae(envelope.payloadType, payloadOf(envelope)))
    assert.match(
      execFileSync('openssl', ['dgst', '-sha256', '-verify', pub, '-signature', sig, signed]).toString(),
      /Verified OK/,
    )
    const other = key === previousKey ? nextKey : previousKey
    writeFileSync(pub, other)
    assert.notEqual(spawnSync('openssl', ['dgst', '-sha256', '-verify', pub, '-signature', sig, signed]).status, 0)
  }
})

test('a rotation that stopped after its commit is finished by whoever opens the key next', async () => {
  const place = await aPlace()
  const path = join(place.data, 'keys', 'report.pem')
  const before = readFileSync(path)
  const { next } = rotateReportKey(place, now)
  // As a kill between the commit and the files leaves it.
  writeFileSync(join(place.data, 'keys', 'report.next.pem'), readFileSync(path), { mode: 0o600 })
  writeFileSync(path, before, { mode: 0o600 })
  assert.equal((await openReportKey(place)).keyId, next)
  assert.ok(!existsSync(join(place.data, 'keys', 'report.next.pem')))
  assert.equal((await openReportKey(place)).keyId, next)

  writeFileSync(join(place.data, 'keys', 'report.next.pem'), readFileSync(path), { mode: 0o600 })
  writeFileSync(path, before, { mode: 0o600 })
  const again = rotateReportKey(place, now)
  assert.equal(again.previous, next)
  assert.equal((await openReportKey(place)).keyId, again.next)
})

test('a rotation that stopped before its commit has not happened', async () => {
  const place = await aPlace()
  const first = await openReportKey(place)
  const other = await aPlace()
  // What was left behind is not what the next one takes: somebody may have copied it meanwhile.
  const left = readFileSync(join(other.data, 'keys', 'report.pem'))
  writeFileSync(join(place.data, 'keys', 'report.next.pem'), left, { mode: 0o600 })
  assert.equal((await openReportKey(place)).keyId, first.keyId)
  const { next } = rotateReportKey(place, now)
  assert.notEqual(next, (await openReportKey(other)).keyId)
  assert.equal((await openReportKey(place)).keyId, next)
})

test('an old key that was put back signs nothing, and neither rotates nor comes back', async () => {
  const place = await aPlace()
  const path = join(place.data, 'keys', 'report.pem')
  const before = readFileSync(path)
  const first = await openReportKey(place)
  rotateReportKey(place, now)
  writeFileSync(path, before)
  const { size } = place.ledger.head()
  await assert.rejects(openReportKey(place), { code: 'key.retired', message: /was replaced by .* at entry 2/ })
  assert.throws(() => rotateReportKey(place, now), { code: 'key.retired' })
  assert.throws(() => demandInUse(place.ledger, first), { code: 'key.retired' })
  assert.equal(place.ledger.head().size, size)
})

test('revoking the key in use replaces it in the same step; an older one is only revoked', async () => {
  const place = await aPlace()
  const first = await openReportKey(place)
  const { next, index } = revokeReportKey(place, first.keyId, ' the laptop was stolen ', now)
  assert.equal((await openReportKey(place)).keyId, next)
  assert.deepEqual(signerEvents(place.ledger, first.keyId).revocations, [
    { index, at: '2026-03-02T00:00:00Z', keyId: first.keyId, because: 'the laptop was stolen' },
  ])
  assert.throws(() => demandInUse(place.ledger, first), { message: /was revoked at entry 3 .*the laptop was stolen/ })
  const change = rotateReportKey(place, now)
  const older = revokeReportKey(place, next ?? '', 'found in a backup', now)
  assert.equal(older.next, null)
  assert.equal((await openReportKey(place)).keyId, change.next)
})

test('what cannot be revoked is refused, and nothing is written', async () => {
  const place = await aPlace()
  const { keyId } = await openReportKey(place)
  revokeReportKey(place, keyId, 'lost', now)
  const { size } = place.ledger.head()
  const current = await openReportKey(place)
  const refused = (id: string, because: string, message: RegExp) =>
    assert.throws(() => revokeReportKey(place, id, because, now), { code: 'request.invalid', message })
  refused(keyId, 'again', /revoked already, at entry 3/)
  refused('nobody', 'x', /unknown here/)
  refused(current.keyId, ' ', /say why/)
  refused(current.keyId, 'x'.repeat(501), /at most 500/)
  assert.equal(place.ledger.head().size, size)
  assert.equal((await openReportKey(place)).keyId, current.keyId)
})

test('an encrypted key is followed by one that the same passphrase opens', async () => {
  const place = await aPlace('correct horse')
  const { next } = rotateReportKey(place, now)
  assert.match(readFileSync(join(place.data, 'keys', 'report.pem'), 'utf8'), /BEGIN ENCRYPTED PRIVATE KEY/)
  assert.equal((await openReportKey(place)).keyId, next)
  await assert.rejects(openReportKey({ ...place, passphrase: null }), { code: 'key.unreadable' })
  const { size } = place.ledger.head()
  assert.throws(() => rotateReportKey({ ...place, passphrase: 'wrong' }, now), { code: 'key.unreadable' })
  assert.equal(place.ledger.head().size, size)
})

test('a second process sees the rotation at once and goes on from it', async () => {
  const place = await aPlace()
  const { data } = place
  const stale = await openReportKey(place)
  const ledger = openLedger({ path: join(data, 'ledger.db'), logKey: await (await openKeys({ dataDir: data })).log(), now })
  try {
    const change = rotateReportKey({ ...place, ledger }, now)
    assert.throws(() => demandInUse(place.ledger, stale), { code: 'key.retired' })
    assert.equal(rotateReportKey(place, now).previous, change.next)
    assert.equal((await openReportKey({ ...place, ledger })).keyId, (await openReportKey(place)).keyId)
  } finally {
    ledger.close()
  }
})

test('an event that does not say what its name says is a contradiction, not a key', async () => {
  const place = await aPlace()
  const { keyId } = await openReportKey(place)
  place.ledger.append([{ body: new TextEncoder().encode('{}'), kind: 'keyEvent', eventId: `keyEvent:signer-revoked:${keyId}` }])
  await assert.rejects(openReportKey(place), { code: 'ledger.contradiction', message: /entry 0 should say/ })
})

/** A data folder with a ledger and a report key. */
async function aPlace(passphrase: string | null = null): Promise<ReportKeyPlace> {
  const data = mkdtempSync(join(tmpdir(), 'runproof-signer-'))
  const keys = await openKeys({ dataDir: data, passphrase })
  const ledger = openLedger({ path: join(data, 'ledger.db'), logKey: await keys.log(), now })
  open.push({ data, ledger })
  await openReportKey({ data, passphrase, ledger })
  return { data, passphrase, ledger }
}

function bundleOf(ledger: Ledger, envelope: Parameters<typeof bundled>[1], spki: Uint8Array) {
  const [entry] = ledger.named(rotationEvent(envelope))
  assert.ok(entry)
  assert.equal(keyHint(spki), envelope.signatures[0].keyid)
  return readBundle(bundled(ledger, envelope, spki, entry).bundle)
}
