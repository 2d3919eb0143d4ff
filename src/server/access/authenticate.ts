import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../../core/model/access.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { instantOf } from '../../../core/model/time.ts'
import { callerOf, type Caller } from './caller.ts'
import { readCookie, SESSION_COOKIE } from './cookies.ts'
import { crossSiteReason } from './csrf.ts'
import type { Failures } from './failures.ts'
import { personPrincipal, sensorPrincipal, tokenPrincipal } from '../../access/principals.ts'
import { forms, isHashOf } from '../../access/secrets.ts'
import { sessionOf, type SessionLimits } from '../../access/sessions.ts'
import type { TrustBundles } from './spiffe/bundles.ts'
import { checkJwtSvid, type SvidCheck } from './spiffe/jwt-svid.ts'
import { checkX509Svid } from './spiffe/x509-svid.ts'
import { writing, type AccessWorld } from '../../access/world.ts'

export type Gatekeeper = {
  readonly world: AccessWorld
  readonly failures: Failures
  readonly sessions: SessionLimits
  readonly bundles: TrustBundles
  /** What a JWT-SVID must be made for. */
  readonly audiences: readonly string[]
  /** `https://runproof.example.org`: where people reach us; null: wherever the request came to. */
  readonly publicOrigin: string | null
}

/**
 * Who asks; null when nobody says. Credentials are tried in the order `Authorization`, cookie, client certificate, and the first that
 * is given decides: one that does not hold is never made good by another.
 * @throws RunproofError `access.unauthenticated` for credentials that do not hold (which way, is in the access log alone),
 * `access.rate_limited` after too many of those, `access.denied` for a session that another site uses
 */
export async function authenticate(keeper: Gatekeeper, request: FastifyRequest): Promise<Principal | null> {
  const caller = callerOf(request)
  const attempt = await attempted(keeper, caller)
  if (attempt === null || 'kind' in attempt) return attempt
  throw refusal(keeper, caller.address, 'authenticate', attempt.why, attempt.isCrossSite === true)
}

/** Counts and notes a failed attempt, and says what to answer. */
export function refusal(
  { world, failures }: Gatekeeper,
  address: string,
  action: string,
  why: string,
  isCrossSite = false,
): RunproofError {
  const unnoted = failures.count(address)
  if (unnoted === null)
    return new RunproofError('access.rate_limited', 'too many failed attempts from this address; wait a minute')
  const what = unnoted > 0 ? `${why} (${unnoted} attempts before went unnoted)` : why
  world.log.record({ who: 'nobody', action, what, outcome: 'refused', address })
  if (isCrossSite) return new RunproofError('access.denied', 'the request was not made by a page of this service')
  return new RunproofError('access.unauthenticated', 'these credentials do not hold')
}

/** Whether this service is reached over TLS, as far as browsers see it. */
export function isSecure({ publicOrigin }: Pick<Gatekeeper, 'publicOrigin'>, { origin }: Pick<Caller, 'origin'>): boolean {
  return (publicOrigin ?? origin).startsWith('https:')
}

type Attempt = Principal | null | { readonly why: string; readonly isCrossSite?: boolean }

async function attempted(keeper: Gatekeeper, caller: Caller): Promise<Attempt> {
  const { authorization } = caller.headers
  if (authorization !== undefined) return byHeader(keeper, authorization)
  const session = bySession(keeper, caller)
  if (session !== null) return session
  if (caller.certificates.length === 0) return null
  return byWorkload(keeper, checkX509Svid(caller.certificates, keeper.bundles, keeper.world.now))
}

async function byHeader(keeper: Gatekeeper, header: string): Promise<Attempt> {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(header) ?? []
  if (scheme.toLowerCase() === 'basic') return byBasic(keeper, value)
  if (scheme.toLowerCase() !== 'bearer') return { why: 'neither Basic nor Bearer' }
  const [, tokenId = '', tokenSecret = ''] = forms.apiToken.exec(value) ?? []
  if (tokenId !== '') return byToken(keeper, tokenId, tokenSecret)
  const [, sensorId = '', sensorSecret = ''] = forms.sensorToken.exec(value) ?? []
  if (sensorId !== '') return bySensor(keeper, sensorId, sensorSecret)
  const { audiences, bundles, world } = keeper
  return byWorkload(keeper, await checkJwtSvid(value, { audiences, bundles, now: world.now }))
}

function byBasic(keeper: Gatekeeper, value: string): Attempt {
  const text = Buffer.from(value, 'base64').toString('latin1')
  const colon = text.indexOf(':')
  const [id, secret] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)]
  if (!forms.id.test(id) || !forms.secret.test(secret)) return { why: 'Basic credentials that are none of ours' }
  return bySensor(keeper, id, secret)
}

function byToken({ world }: Gatekeeper, id: string, secret: string): Attempt {
  const { state, now } = world
  const token = state.token(id)
  if (token === null || !isHashOf(token.hash, secret)) return { why: 'an API token that is none of ours' }
  if (token.revokedAt !== null) return { why: `token ${id} is revoked` }
  if (token.expiresAt <= instantOf(now())) return { why: `token ${id} is over` }
  const principal = tokenPrincipal(state, token)
  if (principal === null) return { why: `the person of token ${id} is shut out` }
  const today = instantOf(now()).slice(0, 10)
  if (token.lastUsedDay !== today) writing(world, () => state.useToken(id, today))
  return principal
}

function bySensor({ world }: Gatekeeper, id: string, secret: string): Attempt {
  const sensor = world.state.sensor(id)
  const hash = sensor?.secretHash ?? null
  if (sensor === null || hash === null || !isHashOf(hash, secret)) return { why: 'a sensor’s secret that is none of ours' }
  return sensor.revokedAt === null ? sensorPrincipal(sensor) : { why: `sensor ${id} is revoked` }
}

function byWorkload({ world }: Gatekeeper, check: SvidCheck): Attempt {
  if (!check.ok) return { why: `workload identity: ${check.why}` }
  const sensor = world.state.sensorOfWorkload(check.spiffeId.id)
  return sensor === null ? { why: `nobody enrolled the workload ${check.spiffeId.id}` } : sensorPrincipal(sensor)
}

/** A session that ended is nobody's, and no attempt to break in. */
function bySession(keeper: Gatekeeper, caller: Caller): Attempt {
  const { world, sessions, publicOrigin } = keeper
  const secret = readCookie(caller.headers, SESSION_COOKIE, isSecure(keeper, caller), forms.secret)
  const session = secret === null ? null : sessionOf(world, secret, sessions)
  if (secret === null || session === null) return null
  const foreign = crossSiteReason(caller, secret, publicOrigin ?? caller.origin)
  if (foreign !== null) return { why: `session of person ${session.person.id}: ${foreign}`, isCrossSite: true }
  return personPrincipal(world.state, session.person)
}
