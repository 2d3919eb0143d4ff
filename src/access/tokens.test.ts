import assert from 'node:assert/strict'
import { test } from 'node:test'
import { may, type Grant, type Principal } from '../../core/model/access.ts'
import { accesses, appOf, everywhere, personWith } from '../server/access/fixtures/world.ts'
import { giveRole, letIn, shutOut, takeRole } from './people.ts'
import { makeToken, revokeToken, type TokenAsked } from './tokens.ts'

const access = accesses()
const DAY = 86_400_000
const prod: Grant = { role: 'viewer', application: 'payments', environment: 'prod' }
const asked: TokenAsked = { name: 'ci', actsAs: 'self', grants: [prod], permissions: null, days: 30 }

test('a token of one’s own holds what it was made for, and its secret is nowhere', async () => {
  const own = access()
  const app = await appOf(own)
  const ada = personWith(own, [everywhere('viewer'), everywhere('engineer')])
  const { token, id, ledgerIndex } = makeToken(own.world, ada, asked)
  assert.match(token, /^rp_[0-9a-f]{16}_[\w-]{43}$/)
  const answer = await app.inject({ url: '/who', headers: { authorization: `Bearer ${token}` } })
  const { who } = answer.json<{ who: Principal }>()
  assert.equal(who.kind, 'token')
  assert.equal(who.person?.id, ada.id)
  assert.ok(may(who, 'report:read', { application: 'payments', environment: 'prod' }))
  assert.ok(!may(who, 'report:read', { application: 'payments', environment: 'test' }))
  assert.ok(!may(who, 'manifest:publish', { application: 'payments', environment: 'prod' }))
  const { lastUsedDay } = own.world.state.token(id) ?? {}
  assert.equal(lastUsedDay, new Date(own.now()).toISOString().slice(0, 10))
  assert.ok(!own.bytes().includes(token.slice(-43)))
  assert.ok(!own.bytes().includes(Buffer.from(token.slice(-43), 'base64url')))
  assert.ok(own.bytes().includes('"act":"token-made"'), 'the ledger has it')
  assert.ok(ledgerIndex >= 0)
  await app.close()
})

test('a token that is changed, over, revoked, or of another service is refused, all in the same words', async () => {
  const own = access()
  const app = await appOf(own)
  const ada = personWith(own, [everywhere('viewer')])
  const elsewhere = access()
  const other = makeToken(elsewhere.world, personWith(elsewhere, [everywhere('viewer')]), asked).token
  const [kept, revoked, over] = [30, 30, 1].map((days) => makeToken(own.world, ada, { ...asked, days })) as [Made, Made, Made]
  assert.ok(revokeToken(own.world, ada, revoked.id))
  assert.ok(!revokeToken(own.world, ada, revoked.id), 'once')
  own.wait(DAY + 1000)
  const refused = [
    `Bearer ${other}`,
    `Bearer ${kept.token.slice(0, -2)}AA`,
    `Bearer ${kept.token.replace(kept.id, revoked.id)}`,
    `Bearer ${revoked.token}`,
    `Bearer ${over.token}`,
    `Basic ${Buffer.from(`${kept.id}:${kept.token.slice(-43)}`).toString('base64')}`,
    `Bearer ${kept.token} `.repeat(2),
    'Bearer',
    'Digest abc',
    '',
  ]
  const bodies = new Set<string>()
  for (const authorization of refused) {
    const answer = await app.inject({ url: '/who', headers: { authorization } })
    assert.equal(answer.statusCode, 401, authorization)
    bodies.add(answer.body)
  }
  assert.equal(bodies.size, 1)
  assert.equal((await app.inject({ url: '/who', headers: { authorization: `Bearer ${kept.token}` } })).statusCode, 200)
  own.world.log.flush()
  const noted = own.world.state.accesses({ who: 'nobody', before: null, limit: 100 })
  assert.equal(noted.length, refused.length)
  assert.ok(noted.some(({ what }) => what === `token ${over.id} is over`))
  await app.close()
})
type Made = ReturnType<typeof makeToken>

test('a token of a person loses what the person loses', async () => {
  const own = access()
  const app = await appOf(own)
  const [admin, ada] = [personWith(own, [everywhere('admin')]), personWith(own, [everywhere('viewer')])]
  const { token } = makeToken(own.world, ada, asked)
  const who = async () => app.inject({ url: '/who', headers: { authorization: `Bearer ${token}` } })
  const grants = async () => (await who()).json<{ who: Principal }>().who.grants
  assert.deepEqual(await grants(), [prod])
  assert.ok(takeRole(own.world, admin, ada.id, everywhere('viewer')))
  assert.deepEqual(await grants(), [])
  assert.ok(giveRole(own.world, admin, ada.id, { ...prod, environment: '*' }))
  assert.deepEqual(await grants(), [prod])
  shutOut(own.world, admin, ada.id)
  assert.equal((await who()).statusCode, 401)
  letIn(own.world, admin, ada.id)
  assert.equal((await who()).statusCode, 200)
  await app.close()
})

test('nobody makes a token for more than they hold, and a token makes none', () => {
  const own = access()
  const { world } = own
  const ada = personWith(own, [prod])
  const denied = { code: 'access.denied' }
  makeToken(world, ada, asked)
  assert.throws(() => makeToken(world, ada, { ...asked, grants: [everywhere('viewer')] }), denied)
  assert.throws(() => makeToken(world, ada, { ...asked, grants: [{ ...prod, role: 'engineer' }] }), denied)
  assert.throws(() => makeToken(world, ada, { ...asked, actsAs: 'service' }), denied)
  assert.throws(() => makeToken(world, { ...ada, kind: 'token' }, asked), denied)
  for (const days of [0, 367, 1.5]) assert.throws(() => makeToken(world, ada, { ...asked, days }), { code: 'request.invalid' })
  assert.throws(() => makeToken(world, ada, { ...asked, grants: [] }), { code: 'request.invalid' })
})

test('a token for a service reaches as far as its maker administers, and never decides', () => {
  const own = access()
  const { world } = own
  const admin = personWith(own, [{ role: 'admin', application: 'payments', environment: '*' }])
  const service = { ...asked, actsAs: 'service' as const }
  const made = makeToken(world, admin, { ...service, grants: [{ ...prod, role: 'sensor' }] })
  assert.equal(world.state.token(made.id)?.person, null)
  const refused: readonly Partial<TokenAsked>[] = [
    { grants: [{ ...prod, role: 'approver' }] },
    { permissions: ['case:decide'] },
    { grants: [{ ...prod, application: 'shop' }] },
    { grants: [prod, everywhere('viewer')] },
  ]
  for (const change of refused) assert.throws(() => makeToken(world, admin, { ...service, ...change }), { code: 'access.denied' })
  const stranger = personWith(own, [{ role: 'admin', application: 'shop', environment: '*' }])
  assert.throws(() => revokeToken(world, stranger, made.id), { code: 'access.denied' })
  assert.ok(revokeToken(world, admin, made.id))
  assert.throws(() => revokeToken(world, admin, '0000000000000000'), { code: 'request.invalid' })
})

test('who administers one application gives roles there and nowhere else', () => {
  const own = access()
  const { world } = own
  const admin = personWith(own, [{ role: 'admin', application: 'payments', environment: '*' }])
  const ada = personWith(own, [])
  assert.ok(giveRole(world, admin, ada.id, prod))
  assert.ok(!giveRole(world, admin, ada.id, prod), 'held already')
  assert.throws(() => giveRole(world, admin, ada.id, everywhere('viewer')), { code: 'access.denied' })
  assert.throws(() => giveRole(world, admin, ada.id, { ...prod, role: 'sensor' }), { code: 'request.invalid' })
  assert.throws(() => giveRole(world, ada, ada.id, prod), { code: 'access.denied' })
  assert.throws(() => shutOut(world, admin, ada.id), { code: 'access.denied' }, 'that would reach beyond payments')
  assert.throws(() => giveRole(world, personWith(own, [everywhere('admin')]), 'nobody', prod), { code: 'request.invalid' })
})

test('rows that evidence rests on cannot be changed or removed behind the service’s back', () => {
  const own = access()
  const { db } = own.world.ledger
  const ada = personWith(own, [everywhere('viewer')])
  const { id } = makeToken(own.world, ada, asked)
  own.world.log.record({ who: 'nobody', action: 'a', what: 'b', outcome: 'c', address: 'd' })
  own.world.log.flush()
  for (const sql of [
    `DELETE FROM person WHERE id = '${ada.id}'`,
    `UPDATE person SET subject = 'x' WHERE id = '${ada.id}'`,
    `UPDATE token SET expires_at = '2099-01-01T00:00:00Z' WHERE id = '${id}'`,
    `UPDATE token SET grants = '[]' WHERE id = '${id}'`,
    `DELETE FROM token`,
    `UPDATE access_log SET who = 'x'`,
    `DELETE FROM access_log`,
    `INSERT OR REPLACE INTO access_log SELECT * FROM access_log`,
  ]) {
    assert.throws(() => db.exec(sql), /append-only|kept|stays|can only/, sql)
  }
})
