import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { accesses, appOf, cookieIn, everywhere, personWith, type TestAccess } from './fixtures/world.ts'
import { firstLink, invitePerson, ownersLink } from '../../access/bootstrap.ts'
import { letIn, shutOut } from '../../access/people.ts'

const access = accesses()
const url = 'http://runproof.test'
const json = { host: 'runproof.test' }

async function loggedIn(own: TestAccess, app: FastifyInstance) {
  const link = firstLink(own.world, url) ?? ownersLink(own.world, url, { madeBy: 'test', person: null })
  const answer = await app.inject({
    method: 'POST',
    url: '/login/link',
    headers: json,
    payload: { token: link.token, name: 'Ada' },
  })
  assert.equal(answer.statusCode, 200, answer.body)
  const cookie = cookieIn(answer, 'runproof_session') ?? ''
  return { link, answer, cookie, csrf: answer.json<{ csrf_token: string }>().csrf_token }
}

test('the first link makes the first administrator, once', async () => {
  const own = access()
  const app = await appOf(own)
  const earlier = firstLink(own.world, url)
  const { link, cookie } = await loggedIn(own, app)
  const session = await app.inject({ url: '/session', headers: { ...json, cookie } })
  const { grants, person } = session.json<{ grants: { role: string }[]; person: { name: string; issuer: string } }>()
  assert.deepEqual(
    grants.map(({ role }) => role),
    ['admin', 'approver', 'engineer'],
  )
  assert.deepEqual([person.name, person.issuer], ['Ada', 'urn:runproof:local'])
  const again = await app.inject({
    method: 'POST',
    url: '/login/link',
    headers: json,
    payload: { token: link.token, name: 'Eve' },
  })
  assert.equal(again.statusCode, 401)
  const late = await app.inject({
    method: 'POST',
    url: '/login/link',
    headers: json,
    payload: { token: earlier?.token, name: 'Eve' },
  })
  assert.equal(late.statusCode, 401, 'the link of an earlier start does not count any more')
  assert.equal(firstLink(own.world, url), null)
  assert.equal(own.world.state.people().length, 1)
  await app.close()
})

test('a link is over after thirty minutes, opening it does not use it up, and every refusal sounds alike', async () => {
  const own = access()
  const app = await appOf(own)
  const link = firstLink(own.world, url)
  assert.ok(link)
  assert.equal(link.url, `${url}/login/link/${link.token}`)
  const opened = await app.inject({ url: new URL(link.url).pathname })
  assert.equal(opened.statusCode, 200)
  assert.equal(opened.headers['referrer-policy'], 'no-referrer')
  assert.match(String(opened.headers['content-security-policy']), /default-src 'none'/)
  own.wait(31 * 60_000)
  const late = await app.inject({ method: 'POST', url: '/login/link', payload: { token: link.token, name: 'Ada' } })
  const unknown = await app.inject({ method: 'POST', url: '/login/link', payload: { token: 'rpe_nonsense', name: 'Ada' } })
  assert.equal(late.statusCode, 401)
  assert.equal(late.body, unknown.body)
  assert.equal(own.world.state.people().length, 0)
  await app.close()
})

test('the form of the link’s page comes in too, and its page goes on by itself because the cookie is Strict', async () => {
  const own = access()
  const app = await appOf(own)
  const link = firstLink(own.world, url)
  const answer = await app.inject({
    method: 'POST',
    url: '/login/link',
    headers: {
      ...json,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html',
      origin: 'http://runproof.test',
    },
    payload: new URLSearchParams({ token: link?.token ?? '', name: 'Ada <b>' }).toString(),
  })
  assert.equal(answer.statusCode, 200, answer.body)
  assert.match(answer.body, /http-equiv="refresh" content="0;url=\/"/)
  assert.ok(cookieIn(answer, 'runproof_session'))
  const refused = await app.inject({
    method: 'POST',
    url: '/login/link',
    headers: { ...json, 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
    payload: `token=${link?.token ?? ''}&name=Eve`,
  })
  assert.equal(refused.statusCode, 401)
  assert.match(refused.body, /does not hold/)
  await app.close()
})

test('a link is not used by a page of another site', async () => {
  const own = access()
  const app = await appOf(own)
  const link = firstLink(own.world, url)
  const answer = await app.inject({
    method: 'POST',
    url: '/login/link',
    headers: { ...json, origin: 'https://elsewhere.example' },
    payload: { token: link?.token, name: 'Ada' },
  })
  assert.equal(answer.statusCode, 403)
  assert.equal(own.world.state.people().length, 0)
  await app.close()
})

test('a program exchanges a link for a token of its own', async () => {
  const own = access()
  const app = await appOf(own)
  const link = firstLink(own.world, url)
  const answer = await app.inject({
    method: 'POST',
    url: '/login/link',
    payload: { token: link?.token, name: 'Ada', as: 'token' },
  })
  const { token } = answer.json<{ token: string }>()
  assert.equal(cookieIn(answer, 'runproof_session'), null)
  const who = await app.inject({ url: '/who', headers: { authorization: `Bearer ${token}` } })
  assert.equal(who.json<{ who: { name: string } }>().who.name, 'Ada')
  assert.ok(!own.bytes().includes(token.slice(-43)))
  await app.close()
})

test('a link made for somebody brings back that person; one for an invited person gives what was settled', async () => {
  const own = access()
  const app = await appOf(own)
  await loggedIn(own, app)
  const [ada] = own.world.state.people()
  assert.ok(ada)
  const back = ownersLink(own.world, url, { madeBy: 'command line', person: ada.id })
  const returned = await app.inject({ method: 'POST', url: '/login/link', payload: { token: back.token } })
  assert.equal(returned.json<{ person: string }>().person, ada.id)
  const admin = personWith(own, [everywhere('admin')])
  const invited = invitePerson(own.world, admin, url, [{ role: 'auditor', application: 'payments', environment: '*' }])
  const came = await app.inject({ method: 'POST', url: '/login/link', payload: { token: invited.token, name: 'Grace' } })
  const { person } = came.json<{ person: string }>()
  assert.deepEqual(
    own.world.state.grantsOf(person).map(({ role, application }) => [role, application]),
    [['auditor', 'payments']],
  )
  const local = personWith(own, [{ role: 'admin', application: 'payments', environment: '*' }])
  assert.throws(() => invitePerson(own.world, local, url, [everywhere('viewer')]), { code: 'access.denied' })
  assert.throws(() => ownersLink(own.world, url, { madeBy: 'x', person: admin.id }), { code: 'request.invalid' })
  await app.close()
})

test('the cookie is out of reach of scripts and of other sites, and over https of plain connections and neighbours', async () => {
  const plain = access()
  const app = await appOf(plain)
  const { answer } = await loggedIn(plain, app)
  const line = String([answer.headers['set-cookie'] ?? []].flat()[0])
  assert.match(line, /^runproof_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  await app.close()

  const secure = access({ publicUrl: 'https://runproof.example' })
  const behindProxy = await appOf(secure)
  const link = firstLink(secure.world, 'https://runproof.example')
  const came = await behindProxy.inject({ method: 'POST', url: '/login/link', payload: { token: link?.token, name: 'Ada' } })
  const cookie = String([came.headers['set-cookie'] ?? []].flat()[0])
  assert.match(cookie, /^__Host-runproof_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/)
  const withName = (name: string) =>
    behindProxy.inject({ url: '/session', headers: { cookie: `${name}=${cookie.split(/[=;]/)[1]}` } })
  assert.equal((await withName('__Host-runproof_session')).statusCode, 200)
  assert.equal((await withName('runproof_session')).statusCode, 401)
  await behindProxy.close()
})

test('what changes something needs the word of the session and a page of ours', async () => {
  const own = access()
  const app = await appOf(own)
  const { cookie, csrf } = await loggedIn(own, app)
  const ask = async (method: 'GET' | 'POST', headers: Record<string, string>) =>
    (await app.inject({ method, url: '/who', headers: { ...json, cookie, ...headers } })).statusCode
  assert.equal(await ask('GET', {}), 200)
  assert.equal(await ask('GET', { origin: 'https://elsewhere.example' }), 200)
  assert.equal(await ask('POST', {}), 403)
  assert.equal(await ask('POST', { 'x-csrf-token': `${csrf.slice(0, -1)}!` }), 403)
  assert.equal(await ask('POST', { 'x-csrf-token': csrf }), 200)
  assert.equal(await ask('POST', { 'x-csrf-token': csrf, origin: 'http://runproof.test' }), 200)
  assert.equal(await ask('POST', { 'x-csrf-token': csrf, origin: 'https://runproof.test' }), 403)
  assert.equal(await ask('POST', { 'x-csrf-token': csrf, origin: 'null' }), 403)
  assert.equal(await ask('POST', { 'x-csrf-token': csrf, 'sec-fetch-site': 'cross-site' }), 403)
  const other = await loggedIn(own, app)
  assert.equal(await ask('POST', { 'x-csrf-token': other.csrf }), 403)
  await app.close()
})

test('a session ends: by itself, without use, by logging out, and with its person', async () => {
  const own = access()
  const app = await appOf(own)
  const isIn = async (cookie: string) => (await app.inject({ url: '/session', headers: { ...json, cookie } })).statusCode === 200
  const idle = await loggedIn(own, app)
  own.wait(2 * 3_600_000 - 60_000)
  assert.ok(await isIn(idle.cookie))
  own.wait(2 * 3_600_000 - 60_000)
  assert.ok(await isIn(idle.cookie), 'use keeps it')
  own.wait(2 * 3_600_000 + 60_000)
  assert.ok(!(await isIn(idle.cookie)))

  const whole = await loggedIn(own, app)
  for (let hour = 0; hour < 12; hour++) {
    assert.ok(await isIn(whole.cookie), `hour ${hour}`)
    own.wait(3_600_000)
  }
  assert.ok(!(await isIn(whole.cookie)))

  const left = await loggedIn(own, app)
  const headers = { ...json, cookie: left.cookie }
  assert.equal((await app.inject({ method: 'POST', url: '/logout', headers })).statusCode, 403)
  assert.ok(await isIn(left.cookie))
  const out = await app.inject({ method: 'POST', url: '/logout', headers: { ...headers, 'x-csrf-token': left.csrf } })
  assert.equal(out.statusCode, 200)
  assert.match(String(out.headers['set-cookie']), /Max-Age=0/)
  assert.ok(!(await isIn(left.cookie)))

  const shut = await loggedIn(own, app)
  const admin = personWith(own, [everywhere('admin')])
  const person = shut.answer.json<{ person: string }>().person
  shutOut(own.world, admin, person)
  assert.ok(!(await isIn(shut.cookie)))
  letIn(own.world, admin, person)
  assert.ok(!(await isIn(shut.cookie)), 'the sessions are gone for good')
  await app.close()
})

test('no session, link or word is in the database', async () => {
  const own = access()
  const app = await appOf(own)
  const { cookie, csrf, link } = await loggedIn(own, app)
  const bytes = own.bytes()
  assert.ok(bytes.includes('Ada'), 'the file is the one that holds it')
  for (const secret of [cookie.split('=')[1] ?? '', csrf, link.token, link.token.slice(4)]) {
    assert.ok(secret.length >= 43)
    assert.ok(!bytes.includes(secret))
    assert.ok(!bytes.includes(Buffer.from(secret, 'base64url')))
  }
  await app.close()
})
