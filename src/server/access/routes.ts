import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod/mini'
import { permissionsOf } from '../../../core/model/access.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { orElse } from '../../../core/proof/shape.ts'
import { sensorKinds } from '../../store/state/sensors.ts'
import { authenticate, isSecure, refusal, type Gatekeeper } from './authenticate.ts'
import { useLink } from '../../access/bootstrap.ts'
import { callerOf, type Caller } from './caller.ts'
import { LOGIN_COOKIE, readCookie, SESSION_COOKIE, setCookie } from './cookies.ts'
import { csrfTokenOf, foreignReason } from './csrf.ts'
import type { Oidc } from './oidc.ts'
import { linkPage, noProviderPage, pageHeaders, refusedPage, welcomePage } from './pages.ts'
import type { PendingLogins } from './pending-logins.ts'
import { arrive } from '../../access/people.ts'
import { personPrincipal, grantsNow } from '../../access/principals.ts'
import { safeReturn } from './return-to.ts'
import { forms } from '../../access/secrets.ts'
import { enrolSensor } from '../../access/sensors.ts'
import { closeSession, openSession, sessionOf } from '../../access/sessions.ts'
import { insertToken } from '../../access/tokens.ts'

export type AccessRoutes = Gatekeeper & {
  /** Null: people come in by links alone. */
  readonly oidc: Oidc | null
  readonly pending: PendingLogins
}

/** Longer forms are nobody's. */
const MAX_FORM = 16_384
/** A token that a link was exchanged for: long enough for the work at hand. */
const LINK_TOKEN_DAYS = 30

/** Logging in and out, and sensors that enrol themselves: what cannot ask for a permission, because nobody is known yet. */
export function registerAccess(app: FastifyInstance, access: AccessRoutes): void {
  void app.register(async (inside) => {
    inside.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: MAX_FORM },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body.toString()))),
    )
    inside.addHook('onSend', async (_request, reply) => {
      void reply.header('cache-control', 'no-store')
    })
    inside.get('/login', (request, reply) => startLogin(access, request, reply))
    inside.get('/login/callback', (request, reply) => finishLogin(access, request, reply))
    inside.get('/login/link/:token', (request, reply) => showLink(request, reply))
    inside.post('/login/link', { bodyLimit: MAX_FORM }, (request, reply) => followLink(access, request, reply))
    inside.get('/session', (request) => showSession(access, request))
    inside.post('/logout', { bodyLimit: MAX_FORM }, (request, reply) => logOut(access, request, reply))
    inside.post('/api/v1/sensors/enrol', { bodyLimit: MAX_FORM }, (request) => enrol(access, request))
  })
}

async function startLogin(access: AccessRoutes, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (access.oidc === null) return reply.headers(pageHeaders).send(noProviderPage())
  return asPage(request, reply, async () => {
    const { return_to: returnTo } = request.query as { readonly return_to?: unknown }
    const { url, login } = await (access.oidc ?? never()).start(safeReturn(returnTo))
    // Lax: the provider's redirect brings the browser back from another site, and this cookie must come along.
    const options = { isSecure: isSecure(access, callerOf(request)), sameSite: 'Lax', seconds: 600 } as const
    return reply.header('set-cookie', setCookie(LOGIN_COOKIE, access.pending.start(login), options)).redirect(url, 302)
  })
}

async function finishLogin(access: AccessRoutes, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const caller = callerOf(request)
  const secure = isSecure(access, caller)
  void reply.header('set-cookie', setCookie(LOGIN_COOKIE, '', { isSecure: secure, sameSite: 'Lax', seconds: 0 }))
  return asPage(request, reply, async () => {
    const secret = readCookie(caller.headers, LOGIN_COOKIE, secure, forms.secret)
    const login = secret === null ? null : access.pending.take(secret)
    if (login === null || access.oidc === null)
      throw refusal(access, caller.address, 'login', 'no login of this browser is under way')
    const person = await noted(access, caller, 'login', async () => {
      const arrival = await (access.oidc ?? never()).finish(request.url.split('?')[1] ?? '', login)
      return arrive(access.world, arrival)
    })
    comeIn(access, caller, reply, person.id, 'login')
    return reply.headers(pageHeaders).send(welcomePage(login.returnTo))
  })
}

function showLink(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { token } = request.params as { readonly token: string }
  return reply.headers(pageHeaders).send(linkPage(token))
}

const LinkForm = z.strictObject({
  token: z.string().check(z.maxLength(100)),
  name: orElse(z.string().check(z.maxLength(200)), ''),
  /** `token`: an API token instead of a session, for the command line. */
  as: orElse(z.enum(['session', 'token']), 'session'),
})

async function followLink(access: AccessRoutes, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const caller = callerOf(request)
  return asPage(request, reply, async () => {
    const { token, name, as } = input(LinkForm, request.body)
    const foreign = foreignReason(caller, access.publicOrigin ?? caller.origin)
    if (foreign !== null) throw refusal(access, caller.address, 'follow-link', foreign, true)
    const person = await noted(access, caller, 'follow-link', async () => useLink(access.world, token, name))
    if (as === 'token') return reply.send({ person: person.id, name: person.name, ...tokenFor(access, person.id, caller) })
    const secret = comeIn(access, caller, reply, person.id, 'follow-link')
    if (wantsPage(request)) return reply.headers(pageHeaders).send(welcomePage('/'))
    return reply.send({ person: person.id, name: person.name, csrf_token: csrfTokenOf(secret) })
  })
}

function tokenFor(access: AccessRoutes, person: string, caller: Caller) {
  const { world } = access
  const asked = { name: 'command line', grants: grantsNow(world.state, person), permissions: null, days: LINK_TOKEN_DAYS }
  const { token, expiresAt } = insertToken(world, asked, { person, madeBy: `person:${person}` })
  world.log.record({
    who: `person:${person}`,
    action: 'follow-link',
    what: 'an API token',
    outcome: 'done',
    address: caller.address,
  })
  return { token, expires_at: expiresAt }
}

/** Who is logged in, and the word that the page sends back with what it changes. */
async function showSession(access: AccessRoutes, request: FastifyRequest) {
  const caller = callerOf(request)
  const secret = readCookie(caller.headers, SESSION_COOKIE, isSecure(access, caller), forms.secret)
  const session = secret === null ? null : sessionOf(access.world, secret, access.sessions)
  if (secret === null || session === null) throw new RunproofError('access.unauthenticated', 'nobody is logged in')
  const principal = personPrincipal(access.world.state, session.person)
  return {
    person: principal.person,
    grants: principal.grants,
    permissions: permissionsOf(principal),
    csrf_token: csrfTokenOf(secret),
    expires_at: session.expiresAt,
  }
}

async function logOut(access: AccessRoutes, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const caller = callerOf(request)
  const principal = await authenticate(access, request)
  const secure = isSecure(access, caller)
  const secret = readCookie(caller.headers, SESSION_COOKIE, secure, forms.secret)
  if (principal?.kind !== 'person' || secret === null) throw new RunproofError('access.unauthenticated', 'nobody is logged in')
  closeSession(access.world, secret)
  access.world.log.record({ who: `person:${principal.id}`, action: 'logout', what: '', outcome: 'done', address: caller.address })
  const isFromProvider = principal.person?.issuer.startsWith('http') === true
  // Logging out works while the provider is away.
  const goTo = isFromProvider ? await access.oidc?.logoutUrl().catch(() => null) : null
  void reply.header('set-cookie', setCookie(SESSION_COOKIE, '', { isSecure: secure, sameSite: 'Strict', seconds: 0 }))
  return reply.send({ status: 'logged out', provider_logout: goTo ?? null })
}

const EnrolForm = z.strictObject({
  token: z.string().check(z.maxLength(100)),
  name: z
    .string()
    .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be up to 100 letters, digits, dots, dashes and underscores')),
  kind: z.enum(sensorKinds),
  public_key: orElse(z.nullable(z.string().check(z.maxLength(1000))), null),
  proof: orElse(z.nullable(z.string().check(z.maxLength(200))), null),
})

async function enrol(access: AccessRoutes, request: FastifyRequest) {
  const caller = callerOf(request)
  const { token, name, kind, public_key: publicKey, proof } = input(EnrolForm, request.body)
  const made = await noted(access, caller, 'enrol-sensor', () =>
    enrolSensor(access.world, { token, name, kind, publicKey, proof }),
  )
  access.world.log.record({
    who: `sensor:${made.id}`,
    action: 'enrol-sensor',
    what: name,
    outcome: 'done',
    address: caller.address,
  })
  return { id: made.id, secret: made.secret, token: made.token, scopes: made.scopes, ledger_index: made.ledgerIndex }
}

/** Opens the session and puts its cookie into the answer. */
function comeIn(access: AccessRoutes, caller: Caller, reply: FastifyReply, person: string, action: string): string {
  const { world, sessions } = access
  const secret = openSession(world, person, sessions)
  const options = {
    isSecure: isSecure(access, caller),
    sameSite: 'Strict',
    seconds: Math.floor(sessions.lastsMs / 1000),
  } as const
  void reply.header('set-cookie', setCookie(SESSION_COOKIE, secret, options))
  world.log.record({ who: `person:${person}`, action, what: 'a session', outcome: 'done', address: caller.address })
  return secret
}

/** Runs what may refuse credentials; a refusal is counted, noted, and answered alike. */
async function noted<T>(access: AccessRoutes, { address }: Caller, action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RunproofError) || !refusals.has(error.code)) throw error
    const limited = refusal(access, address, action, error.message)
    throw limited.code === 'access.rate_limited' ? limited : error
  }
}

const refusals: ReadonlySet<string> = new Set(['access.unauthenticated', 'access.denied', 'signature.invalid', 'key.malformed'])

/** People see a page, programs the problem document that the error handler makes. */
async function asPage(request: FastifyRequest, reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RunproofError) || !wantsPage(request)) throw error
    const status = pageStatuses.get(error.code) ?? 400
    return reply.code(status).headers(pageHeaders).send(refusedPage(error.message, error.code))
  }
}

const pageStatuses: ReadonlyMap<string, number> = new Map([
  ['access.unauthenticated', 401],
  ['access.denied', 403],
  ['access.rate_limited', 429],
  ['access.provider_failed', 502],
])

function wantsPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') === true
}

/** @throws RunproofError `request.invalid` naming every field */
function input<T>(schema: z.ZodMiniType<T>, body: unknown): T {
  const read = z.safeParse(schema, body)
  if (read.success) return read.data
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
  throw new RunproofError('request.invalid', faults.join('; '))
}

function never(): never {
  throw new Error('asked for an identity provider where there is none')
}
