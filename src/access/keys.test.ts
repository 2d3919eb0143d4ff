import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { Principal } from '../../core/model/access.ts'
import { instantOf } from '../../core/model/time.ts'
import { signerEnrolmentPayload } from '../../core/proof/enrolment.ts'
import { DSSE_PAYLOAD_TYPE } from '../../core/proof/statement.ts'
import { signEnvelope } from '../keys/sign-envelope.ts'
import { signingKeyOf, type SigningKey } from '../keys/signing-key.ts'
import { accesses, everywhere, personWith, type TestAccess } from '../server/access/fixtures/world.ts'
import { enrolKey, revokeKey } from './keys.ts'

const access = accesses()

test('a person’s key is enrolled by a statement that it signed, and the ledger holds the statement', async () => {
  const own = access()
  const ada = personWith(own, [everywhere('approver')])
  const key = newKey()
  const row = await enrolKey(own.world, ada, await statement(own, ada, key))
  assert.deepEqual([row.keyId, row.person, row.name, row.revoked], [key.keyId, ada.id, ada.name, null])
  assert.deepEqual(own.world.state.personKey(key.keyId), row)
  const entry = own.world.ledger.db.prepare('SELECT kind FROM ledger_entry WHERE idx = ?').get(row.ledgerIndex)
  assert.equal(entry?.['kind'], 'hashedrekord/0.0.2')
})

test('a key is refused that somebody else signed for, or that is said to be somebody else’s', async () => {
  const own = access()
  const [ada, eve] = [personWith(own, [everywhere('approver')]), personWith(own, [everywhere('approver')], 'Eve')]
  const [key, other] = [newKey(), newKey()]
  const refused = async (by: Principal, envelope: unknown, code: string) =>
    assert.rejects(enrolKey(own.world, by, envelope), { code })
  await refused(ada, await statement(own, ada, key, { signedBy: other }), 'signature.invalid')
  await refused(eve, await statement(own, ada, key), 'signature.invalid')
  await refused(ada, await statement(own, ada, key, { name: 'Eve' }), 'signature.invalid')
  await refused(ada, await statement(own, ada, key, { createdAt: instantOf(own.now() - 11 * 60_000) }), 'signature.invalid')
  await refused(ada, await statement(own, ada, key, { createdAt: instantOf(own.now() + 11 * 60_000) }), 'signature.invalid')
  await refused(ada, { ...(await statement(own, ada, key)), payload: 'e30=' }, 'format.malformed')
  await refused(ada, 'nothing', 'format.malformed')
  await refused(personWith(own, [everywhere('viewer')]), await statement(own, ada, key), 'access.denied')
  const machine: Principal = { ...ada, kind: 'token', person: null }
  await refused(machine, await statement(own, ada, key), 'access.denied')
  assert.equal(own.world.state.personKeys(null).length, 0)

  await enrolKey(own.world, ada, await statement(own, ada, key))
  await refused(eve, await statement(own, eve, key), 'request.invalid')
})

test('a key is revoked by its owner or by who may revoke keys, once, with a reason, and stays known', async () => {
  const own = access()
  const [ada, eve] = [personWith(own, [everywhere('approver')]), personWith(own, [everywhere('approver')], 'Eve')]
  const admin = personWith(own, [everywhere('admin')], 'Root')
  const [first, second] = [newKey(), newKey()]
  for (const key of [first, second]) await enrolKey(own.world, ada, await statement(own, ada, key))
  assert.throws(() => revokeKey(own.world, eve, first.keyId, 'mine now'), { code: 'access.denied' })
  assert.throws(() => revokeKey(own.world, ada, first.keyId, ' '), { code: 'request.invalid' })
  assert.throws(() => revokeKey(own.world, ada, newKey().keyId, 'lost'), { code: 'request.invalid' })
  assert.ok(revokeKey(own.world, ada, first.keyId, 'laptop lost'))
  assert.ok(!revokeKey(own.world, admin, first.keyId, 'laptop lost'))
  assert.ok(revokeKey(own.world, admin, second.keyId, 'left the company'))
  const rows = own.world.state.personKeys(ada.id)
  const said = new Map(rows.map(({ keyId, revoked }) => [keyId, revoked]))
  assert.equal(said.get(first.keyId)?.by, `person:${ada.id}`)
  assert.equal(said.get(second.keyId)?.because, 'left the company')
  const { db } = own.world.ledger
  const entry = db.prepare('SELECT leaf FROM ledger_entry WHERE idx = ?').get(said.get(first.keyId)?.ledgerIndex ?? -1)
  assert.match(
    Buffer.from(entry?.['leaf'] as Uint8Array).toString(),
    /"act":"key-revoked".*"kind":"keyEvent"|"kind":"keyEvent".*"act":"key-revoked"/,
  )
  assert.throws(
    () => db.exec('UPDATE person_key SET revoked_at = NULL, revoked_by = NULL, revoked_because = NULL, revocation_index = NULL'),
    /once/,
  )
  assert.throws(() => db.exec('DELETE FROM person_key'), /append-only/)
  await assert.rejects(enrolKey(own.world, ada, await statement(own, ada, first)), /enrolled already and revoked/)
})

type Changes = { readonly signedBy?: SigningKey; readonly name?: string; readonly createdAt?: string }

async function statement(own: TestAccess, by: Principal, key: SigningKey, { signedBy = key, name, createdAt }: Changes = {}) {
  const { issuer, subject } = by.person ?? { issuer: 'none', subject: 'none' }
  const claim = { issuer, subject, name: name ?? by.name, createdAt: createdAt ?? instantOf(own.now()) }
  return signEnvelope(signedBy, DSSE_PAYLOAD_TYPE, signerEnrolmentPayload(claim, key.spki))
}

function newKey(): SigningKey {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return signingKeyOf(pem, { path: 'test', passphrase: null, name: 'test' })
}
