import assert from 'node:assert/strict'
import { Provider } from 'oidc-provider'
import { after, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { Grant } from '../../../core/model/access.ts'
import { clients, identityProvider, logInAt, rogueProvider, type Account, type Forgery } from './fixtures/identity-provider.ts'
import { accesses, appOf, cookieIn, everywhere, personWith, type TestAccess } from './fixtures/world.ts'
import { oidcDefaults, type OidcSettings } from './oidc-settings.ts'
import { giveRole, shutOut } from '../../access/people.ts'

const access = accesses()
const publicUrl = 'http://runproof.test'
const callback = `${publicUrl}/login/callback`
const accounts = new Map<string, Account>([
  ['ada', { name: 'Ada Lovelace', email: 'ada@example.org', groups: ['security', 'unrelated'] }],
  ['bob', { name: 'Bob', email: 'bob@example.org', groups: [] }],
  ['eve', { name: 'Eve', email: 'eve@elsewhere.example', groups: ['security'] }],
  ['una', { name: 'Una', email: 'una@example.org', verified: false, groups: ['security'] }],
])
const idp = await identityProvider(Provider, callback, accounts)
after(() => idp.close())

const role: Grant = { role: 'approver', application: 'payments', environment: '*' }
const settings: OidcSettings = {
  ...oidcDefaults,
  issuer: idp.issuer,
  clientId: clients.ours[0],
  clientSecret: clients.ours[1],
  scopes: ['openid', 'profile', 'email', 'groups'],
  groups: [{ group: 'security', ...role }],
  emailDomains: [],
  allowInsecure: true,
}

async function service(changes: Partial<OidcSettings> = {}) {
  const own = access({ publicUrl, oidc: { ...settings, ...changes } })
  const app = await appOf(own)
  return { own, app }
}

/** To the provider: where, and the cookie of this browser. */
async function start(app: FastifyInstance, path = '/login') {
  const answer = await app.inject({ url: path })
  assert.equal(answer.statusCode, 302, answer.body)
  return { url: String(answer.headers.location), cookie: cookieIn(answer, 'runproof_login') ?? '', answer }
}

const back = (app: FastifyInstance, url: URL | string, cookie: string, accept = 'application/json') =>
  app.inject({ url: `/login/callback${new URL(url).search}`, headers: { cookie, accept } })

async function logIn(app: FastifyInstance, who: string, path = '/login') {
  const { url, cookie } = await start(app, path)
  return back(app, await logInAt(url, who), cookie)
}

const session = async (app: FastifyInstance, answer: Awaited<ReturnType<typeof logIn>>) => {
  const headers = { cookie: cookieIn(answer, 'runproof_session') ?? '' }
  return app.inject({ url: '/session', headers })
}

test('a person logs in by code, PKCE, state and nonce, and holds what their groups give', async () => {
  const { own, app } = await service()
  const { url, cookie, answer } = await start(app, '/login?return_to=/windows?a=b')
  const sent = new URL(url).searchParams
  assert.deepEqual(
    [sent.get('response_type'), sent.get('code_challenge_method'), sent.get('redirect_uri')],
    ['code', 'S256', callback],
  )
  for (const name of ['state', 'nonce', 'code_challenge']) assert.ok((sent.get(name)?.length ?? 0) >= 43, name)
  assert.match(String(answer.headers['set-cookie']), /^runproof_login=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/)

  const came = await back(app, await logInAt(url, 'ada'), cookie)
  assert.equal(came.statusCode, 200, came.body)
  assert.match(came.body, /content="0;url=\/windows\?a=b"/)
  const { person, grants } = (await session(app, came)).json<{ person: object; grants: Grant[] }>()
  assert.deepEqual(grants, [role])
  const [known] = own.world.state.people()
  assert.deepEqual(person, { id: known?.id, issuer: idp.issuer, subject: 'ada', name: 'Ada Lovelace', email: 'ada@example.org' })
  const verifierFree = own.bytes()
  for (const secret of [
    sent.get('state'),
    sent.get('nonce'),
    clients.ours[1],
    (cookieIn(came, 'runproof_session') ?? '').split('=')[1],
  ])
    assert.ok(!verifierFree.includes(secret ?? 'missing'))
  own.world.log.flush()
  const [noted] = own.world.state.accesses({ who: null, before: null, limit: 1 })
  assert.deepEqual([noted?.who, noted?.action, noted?.outcome], [`person:${known?.id}`, 'login', 'done'])
  await app.close()
})

test('a login is good once, in the browser that began it, with the state that it began with', async () => {
  const { own, app } = await service()
  const { url, cookie } = await start(app)
  const returned = await logInAt(url, 'ada')
  assert.equal((await back(app, returned, '')).statusCode, 401, 'no cookie')
  assert.equal((await back(app, returned, (await start(app)).cookie)).statusCode, 401, 'another login’s cookie: another state')
  const first = await back(app, returned, cookie)
  assert.equal(first.statusCode, 200, first.body)
  assert.equal((await back(app, returned, cookie)).statusCode, 401, 'replayed')

  const second = await start(app)
  const other = await logInAt(second.url, 'ada')
  const changed = new URL(other)
  changed.searchParams.set('state', 'x'.repeat(43))
  assert.equal((await back(app, changed, second.cookie)).statusCode, 401, 'a changed state')
  assert.equal((await back(app, other, second.cookie)).statusCode, 401, 'and that login is over')

  const third = await start(app)
  const late = await logInAt(third.url, 'ada')
  own.wait(11 * 60_000)
  assert.equal((await back(app, late, third.cookie)).statusCode, 401, 'after ten minutes')
  assert.equal(own.world.state.people().length, 1)
  own.world.log.flush()
  assert.equal(own.world.state.accesses({ who: 'nobody', before: null, limit: 100 }).length, 6)
  await app.close()
})

test('the provider refuses a code for another verifier, a second time, for another client, and a login without PKCE', async () => {
  const { app } = await service()
  const swap = await start(app)
  const victim = await start(app)
  const injected = new URL(await logInAt(swap.url, 'eve'))
  // Code injection: Eve's code, brought into the login of somebody else with that login's own state.
  injected.searchParams.set('state', new URL(victim.url).searchParams.get('state') ?? '')
  assert.equal((await back(app, injected, victim.cookie)).statusCode, 401)

  const [again, once] = [await start(app), await start(app)]
  const used = await logInAt(once.url, 'ada')
  assert.equal((await back(app, used, once.cookie)).statusCode, 200)
  const replayed = new URL(used)
  replayed.searchParams.set('state', new URL(again.url).searchParams.get('state') ?? '')
  assert.equal((await back(app, replayed, again.cookie)).statusCode, 401)

  const foreign = await start(app)
  const asOther = new URL(foreign.url)
  asOther.searchParams.set('client_id', clients.other[0])
  assert.equal((await back(app, await logInAt(asOther.href, 'ada'), foreign.cookie)).statusCode, 401)

  const bare = await start(app)
  const withoutPkce = new URL(bare.url)
  for (const name of ['code_challenge', 'code_challenge_method']) withoutPkce.searchParams.delete(name)
  const refused = await logInAt(withoutPkce.href, 'ada')
  assert.equal(refused.searchParams.get('error'), 'invalid_request')
  assert.equal((await back(app, refused, bare.cookie)).statusCode, 401)
  await app.close()
})

test('an ID token that is not for us, of us, now and for this login lets nobody in', async () => {
  let forgery: Forgery = {}
  const rogue = await rogueProvider(() => forgery)
  try {
    const { own, app } = await service({ issuer: rogue.issuer, emailDomains: [], groups: [{ group: 'g', ...role }] })
    const attempt = async (next: Forgery): Promise<number> => {
      forgery = { ...next, claims: { groups: ['g'], ...next.claims } }
      const { url, cookie } = await start(app)
      const sent = new URL(url).searchParams
      rogue.sawNonce(sent.get('nonce') ?? '')
      own.wait(10_000)
      const query = new URLSearchParams({ code: 'abc', state: sent.get('state') ?? '' })
      return (await back(app, `${callback}?${query.toString()}`, cookie)).statusCode
    }
    const past = Math.floor(Date.now() / 1000) - 1000
    const refused: Readonly<Record<string, Forgery>> = {
      'another audience': { claims: { aud: 'other' } },
      'two audiences, for another party': { claims: { aud: ['runproof', 'other'], azp: 'other' } },
      'another issuer': { claims: { iss: 'https://elsewhere.example' } },
      'another nonce': { claims: { nonce: 'x'.repeat(43) } },
      'no nonce': { claims: { nonce: undefined } },
      over: { claims: { iat: past, exp: past + 60 } },
      'no end': { claims: { exp: undefined } },
      'no subject': { claims: { sub: undefined } },
      'another key': { signedBy: 'a stranger' },
      'nobody’s signature': { signedBy: 'nobody' },
    }
    for (const [why, next] of Object.entries(refused)) assert.equal(await attempt(next), 401, why)
    assert.equal(own.world.state.people().length, 0)
    assert.equal(await attempt({}), 200, 'and the same without a forgery comes in')
    await app.close()
  } finally {
    await rogue.close()
  }
})

test('somebody without a role is refused and not remembered, until an administrator gives one', async () => {
  const { own, app } = await service()
  const refused = await logIn(app, 'bob')
  assert.equal(refused.statusCode, 403, refused.body)
  assert.equal(own.world.state.people().length, 0)
  const first = await logIn(app, 'ada')
  assert.equal(first.statusCode, 200)
  const [ada] = own.world.state.people()
  const admin = personWith(own, [everywhere('admin')])
  assert.ok(giveRole(own.world, admin, ada?.id ?? '', everywhere('viewer')))
  const names = async (answer: Awaited<ReturnType<typeof logIn>>) =>
    (await session(app, answer)).json<{ grants: Grant[] }>().grants.map(({ role }) => role)
  assert.deepEqual(await names(await logIn(app, 'ada')), ['approver', 'viewer'])
  const before = grantEvents(own)
  await logIn(app, 'ada')
  assert.equal(grantEvents(own), before, 'nothing changed, nothing is said')

  accounts.set('ada', { name: 'Ada King', email: 'ada@example.org', groups: [] })
  const later = await logIn(app, 'ada')
  accounts.set('ada', { name: 'Ada Lovelace', email: 'ada@example.org', groups: ['security'] })
  assert.deepEqual(await names(later), ['viewer'], 'what came from the group went with it; what was given stayed')
  assert.equal(grantEvents(own), before + 1)
  assert.equal(own.world.state.person(ada?.id ?? '')?.name, 'Ada King')

  shutOut(own.world, admin, ada?.id ?? '')
  assert.equal((await session(app, later)).statusCode, 401)
  assert.equal((await logIn(app, 'ada')).statusCode, 403)
  await app.close()
})

test('where domains are named, a verified address of one of them comes in and no other', async () => {
  const { own, app } = await service({ emailDomains: ['Example.org'] })
  assert.equal((await logIn(app, 'bob')).statusCode, 200, 'without a role')
  assert.equal((await logIn(app, 'eve')).statusCode, 403, 'another domain, whatever the group')
  assert.equal((await logIn(app, 'una')).statusCode, 403, 'not verified')
  assert.deepEqual(
    own.world.state.people().map(({ name }) => name),
    ['Bob'],
  )
  await app.close()
})

test('logging out ends the session and says where the provider ends its own', async () => {
  const { app } = await service()
  const came = await logIn(app, 'ada')
  const cookie = cookieIn(came, 'runproof_session') ?? ''
  const { csrf_token: csrf } = (await session(app, came)).json<{ csrf_token: string }>()
  const out = await app.inject({ method: 'POST', url: '/logout', headers: { cookie, 'x-csrf-token': csrf, origin: publicUrl } })
  assert.equal(out.statusCode, 200, out.body)
  const goTo = new URL(out.json<{ provider_logout: string }>().provider_logout)
  assert.equal(goTo.origin, idp.issuer)
  assert.equal(goTo.searchParams.get('post_logout_redirect_uri'), `${publicUrl}/`)
  assert.equal((await session(app, came)).statusCode, 401)
  await app.close()
})

test('a refusal is a page for people and a problem document for programs', async () => {
  const { app } = await service()
  const page = await back(app, `${callback}?code=a&state=b`, '', 'text/html')
  assert.equal(page.statusCode, 401)
  assert.match(String(page.headers['content-type']), /text\/html/)
  const document = await back(app, `${callback}?code=a&state=b`, '')
  assert.match(String(document.headers['content-type']), /problem\+json/)
  await app.close()
})

test('a provider that is away is said to be away, and is asked again the next time', async () => {
  const away = await rogueProvider(() => ({}))
  await away.close()
  const { app } = await service({ issuer: away.issuer })
  const answer = await app.inject({ url: '/login', headers: { accept: 'text/html' } })
  assert.equal(answer.statusCode, 502, answer.body)
  assert.match(answer.body, /access\.provider_failed/)
  await app.close()
})

test('plain http is for an issuer on this machine, where it is allowed', () => {
  const open = (changes: Partial<OidcSettings>) => () => access({ publicUrl, oidc: { ...settings, ...changes } })
  assert.throws(open({ allowInsecure: false }), { code: 'settings.invalid' })
  assert.throws(open({ issuer: 'http://idp.example' }), { code: 'settings.invalid' })
  assert.throws(open({ issuer: 'http://127.0.0.1.example' }), { code: 'settings.invalid' })
  assert.throws(open({ issuer: 'nonsense' }), { code: 'settings.invalid' })
  assert.doesNotThrow(open({ issuer: 'https://idp.example', allowInsecure: false }))
  assert.throws(() => access({ publicUrl: null, oidc: settings }), { code: 'settings.invalid' })
})

test('without a provider the login page says how one comes in', async () => {
  const app = await appOf(access())
  const answer = await app.inject({ url: '/login' })
  assert.equal(answer.statusCode, 200)
  assert.match(answer.body, /runproof access link/)
  await app.close()
})

function grantEvents(own: TestAccess): number {
  const row = own.world.ledger.db.prepare("SELECT count(*) AS n FROM ledger_entry WHERE event_id LIKE 'loginEvent:roles:%'").get()
  return Number(row?.['n'])
}
