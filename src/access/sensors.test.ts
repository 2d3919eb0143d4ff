import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { may, type Principal } from '../../core/model/access.ts'
import { sensorEnrolmentProof } from '../../core/proof/enrolment.ts'
import { accesses, appOf, everywhere, personWith } from '../server/access/fixtures/world.ts'
import { enrolWorkload, inviteSensor, revokeSensor } from './sensors.ts'

const access = accesses()
const payments = { application: 'payments', environment: 'prod' }

test('a sensor enrols with a one-time token and sends with what it got, for the scopes of the token alone', async () => {
  const own = access()
  const app = await appOf(own)
  const engineer = personWith(own, [{ role: 'engineer', application: 'payments', environment: '*' }])
  const { token } = inviteSensor(own.world, engineer, { scopes: [payments], minutes: 60 })
  const asked = { token, name: 'falco-prod', kind: 'falco' }
  const greedy = await app.inject({
    method: 'POST',
    url: '/api/v1/sensors/enrol',
    payload: { ...asked, scopes: [{ application: '*', environment: '*' }] },
  })
  assert.equal(greedy.statusCode, 400, 'a sensor does not say what it may speak for')
  const enrolled = await app.inject({ method: 'POST', url: '/api/v1/sensors/enrol', payload: asked })
  assert.equal(enrolled.statusCode, 200, enrolled.body)
  const { id, secret, token: bearer, scopes } = enrolled.json<{ id: string; secret: string; token: string; scopes: unknown }>()
  assert.deepEqual(scopes, [payments])

  const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  for (const authorization of [basic, `Bearer ${bearer}`]) {
    const answer = await app.inject({ method: 'POST', url: '/who', headers: { authorization } })
    const { who } = answer.json<{ who: Principal }>()
    assert.deepEqual([who.kind, who.id, who.name], ['sensor', id, 'falco-prod'])
    assert.ok(may(who, 'ingest:write', payments))
    assert.ok(!may(who, 'ingest:write', { ...payments, environment: 'test' }))
    assert.ok(!may(who, 'report:read', payments))
  }
  const again = await app.inject({ method: 'POST', url: '/api/v1/sensors/enrol', payload: asked })
  assert.equal(again.statusCode, 401)
  for (const kept of [secret, token, token.slice(4)]) assert.ok(!own.bytes().includes(kept))

  assert.ok(revokeSensor(own.world, engineer, id))
  assert.ok(!revokeSensor(own.world, engineer, id))
  assert.equal((await app.inject({ url: '/who', headers: { authorization: basic } })).statusCode, 401)
  await app.close()
})

test('an enrolment token is over in its time, and a link for people enrols no sensor', async () => {
  const own = access()
  const app = await appOf(own)
  const admin = personWith(own, [everywhere('admin')])
  const { token } = inviteSensor(own.world, admin, { scopes: [payments], minutes: 5 })
  own.wait(5 * 60_000 + 1000)
  const enrol = (payload: object) => app.inject({ method: 'POST', url: '/api/v1/sensors/enrol', payload })
  const late = await enrol({ token, name: 'a', kind: 'auto' })
  assert.equal(late.statusCode, 401)
  const sensorsToken = inviteSensor(own.world, admin, { scopes: [payments], minutes: 5 }).token
  const asPerson = await app.inject({ method: 'POST', url: '/login/link', payload: { token: sensorsToken, name: 'Eve' } })
  assert.equal(asPerson.statusCode, 401)
  assert.equal((await enrol({ token: sensorsToken, name: 'a', kind: 'auto' })).statusCode, 200)
  for (const payload of [
    {},
    { token, name: '', kind: 'auto' },
    { token, name: 'a b', kind: 'auto' },
    { token, name: 'a', kind: 'other' },
  ])
    assert.equal((await enrol(payload)).statusCode, 400)
  await app.close()
})

test('only who may enrol there invites, and never without a scope', () => {
  const own = access()
  const local = personWith(own, [{ role: 'engineer', application: 'payments', environment: '*' }])
  const viewer = personWith(own, [everywhere('viewer')])
  const invite =
    (by: Principal, scopes: readonly (typeof payments)[], minutes = 5) =>
    () =>
      inviteSensor(own.world, by, { scopes, minutes })
  assert.throws(invite(viewer, [payments]), { code: 'access.denied' })
  assert.throws(invite(local, [payments, { ...payments, application: 'shop' }]), { code: 'access.denied' })
  assert.throws(invite(local, [{ application: '*', environment: 'prod' }]), { code: 'access.denied' })
  assert.throws(invite(local, []), { code: 'request.invalid' })
  for (const minutes of [0, 7 * 24 * 60 + 1, 0.5]) assert.throws(invite(local, [payments], minutes), { code: 'request.invalid' })
})

test('a key is enrolled with a proof that it is the sensor’s own, bound to this token, name and kind', async () => {
  const own = access()
  const app = await appOf(own)
  const admin = personWith(own, [everywhere('admin')])
  const [mine, other] = [p256(), p256()]
  const proven = (by: KeyObject, token: string, name: string, kind: string, spki: Uint8Array): string =>
    sign('sha256', sensorEnrolmentProof({ token, name, kind, spki }), by).toString('base64')
  const { token } = inviteSensor(own.world, admin, { scopes: [payments], minutes: 5 })
  const another = inviteSensor(own.world, admin, { scopes: [payments], minutes: 5 }).token
  const enrol = (proof: string | null, key: string | null = mine.pem) =>
    app.inject({
      method: 'POST',
      url: '/api/v1/sensors/enrol',
      payload: { token, name: 'edge', kind: 'runproof', public_key: key, proof },
    })
  const { spki } = mine
  const refused = [
    null,
    '',
    'AAAA',
    proven(other.key, token, 'edge', 'runproof', spki),
    proven(mine.key, another, 'edge', 'runproof', spki),
    proven(mine.key, token, 'edge2', 'runproof', spki),
    proven(mine.key, token, 'edge', 'falco', spki),
    proven(mine.key, token, 'edge', 'runproof', other.spki),
  ]
  for (const proof of refused) assert.equal((await enrol(proof)).statusCode, 422)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString()
  assert.equal((await enrol('AAAA', rsa)).statusCode, 422)
  const offCurve = Buffer.from(spki)
  offCurve[90] = (offCurve[90] ?? 0) ^ 1
  const broken = `-----BEGIN PUBLIC KEY-----\n${offCurve.toString('base64')}\n-----END PUBLIC KEY-----\n`
  assert.equal((await enrol('AAAA', broken)).statusCode, 422)
  const done = await enrol(proven(mine.key, token, 'edge', 'runproof', spki))
  assert.equal(done.statusCode, 200, 'refusals did not use the token up')
  assert.deepEqual(own.world.state.sensor(done.json<{ id: string }>().id)?.spki, spki)
  await app.close()
})

test('a workload is one sensor at a time', () => {
  const own = access()
  const admin = personWith(own, [everywhere('admin')])
  const asked = { name: 'falco', kind: 'falco' as const, scopes: [payments], spiffeId: 'spiffe://example.org/ns/prod/falco' }
  const { id } = enrolWorkload(own.world, admin, asked)
  assert.throws(() => enrolWorkload(own.world, admin, asked), { code: 'request.invalid' })
  assert.ok(revokeSensor(own.world, admin, id))
  enrolWorkload(own.world, admin, asked)
  for (const spiffeId of [
    'spiffe://example.org/',
    'spiffe://example.org',
    'https://example.org/a',
    'spiffe://example.org/a/../b',
  ])
    assert.throws(() => enrolWorkload(own.world, admin, { ...asked, spiffeId }), { code: 'request.invalid' })
  assert.throws(() => enrolWorkload(own.world, personWith(own, [everywhere('auditor')]), asked), { code: 'access.denied' })
})

function p256() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    key: privateKey,
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
  }
}
