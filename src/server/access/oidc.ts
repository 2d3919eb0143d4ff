import * as client from 'openid-client'
import type { Grant } from '../../../core/model/access.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { issuerUrl, type OidcSettings } from './oidc-settings.ts'
import type { PendingLogin } from './pending-logins.ts'
import type { Arrival } from '../../access/people.ts'

/** An identity provider that we are a client of. */
export type Oidc = {
  /** Where to send the browser, and what to remember until it comes back. */
  readonly start: (returnTo: string) => Promise<{ readonly url: string; readonly login: PendingLogin }>
  /**
   * Who came back, with what the provider put into the address.
   * @throws RunproofError `access.unauthenticated`, `access.provider_failed`, `access.denied`
   */
  readonly finish: (query: string, login: PendingLogin) => Promise<Arrival>
  /** Where to end the session with the provider too; null: it has no such place. */
  readonly logoutUrl: () => Promise<string | null>
}

/** Seconds that the provider may take for one answer. */
const TIMEOUT_S = 10

/**
 * Login by code, bound to this browser and this very login by PKCE (S256), state and nonce (RFC 9700 §2.1). The ID token's signature is
 * checked although it came over TLS. The provider is looked up at the first login: one that is away does not keep the service from
 * starting.
 * @throws RunproofError `settings.invalid`
 */
export function oidcOf(settings: OidcSettings, publicUrl: string): Oidc {
  const issuer = issuerUrl(settings)
  const redirectUri = new URL('/login/callback', publicUrl).href
  const provider = remembered(() => discovered(issuer, settings))

  return {
    async start(returnTo) {
      const [state, nonce, verifier] = [client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()]
      const url = client.buildAuthorizationUrl(await provider(), {
        redirect_uri: redirectUri,
        scope: settings.scopes.join(' '),
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, login: { state, nonce, verifier, returnTo } }
    },
    async finish(query, { state, nonce, verifier }) {
      const config = await provider()
      // From our settings, not from the request: nobody chooses by a Host header where we believe to be.
      const current = new URL(`${redirectUri}?${query}`)
      const claims = await asProvider('the login was refused', async () => {
        const tokens = await client.authorizationCodeGrant(config, current, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
        const idToken = tokens.claims()
        if (idToken === undefined) throw new Error('no ID token')
        return withUserInfo(config, settings, tokens.access_token, idToken)
      })
      return arrivalOf(settings, claims)
    },
    async logoutUrl() {
      const config = await provider()
      if (config.serverMetadata().end_session_endpoint === undefined) return null
      return client.buildEndSessionUrl(config, { post_logout_redirect_uri: new URL('/', publicUrl).href }).href
    },
  }
}

type Claims = { readonly [name: string]: unknown } & { readonly iss: string; readonly sub: string }

async function discovered(issuer: URL, { clientId, clientSecret }: OidcSettings): Promise<client.Configuration> {
  const execute = [client.enableNonRepudiationChecks, ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [])]
  const authentication = clientSecret === null ? client.None() : client.ClientSecretBasic(clientSecret)
  return asProvider('the identity provider cannot be reached', () =>
    client.discovery(issuer, clientId, undefined, authentication, { execute, timeout: TIMEOUT_S }),
  )
}

/** Providers put the e-mail address and the groups into one place or the other. */
async function withUserInfo(
  config: client.Configuration,
  { groupsClaim }: OidcSettings,
  accessToken: string,
  idToken: client.IDToken,
): Promise<Claims> {
  const isWhole = groupsClaim in idToken && 'email' in idToken && 'name' in idToken
  if (isWhole || config.serverMetadata().userinfo_endpoint === undefined) return idToken
  // The subject is compared there (OIDC Core §5.3.2); what the ID token says itself goes first.
  return { ...(await client.fetchUserInfo(config, accessToken, idToken.sub)), ...idToken }
}

function arrivalOf({ groupsClaim, groups, emailDomains }: OidcSettings, claims: Claims): Arrival {
  const email = textOf(claims['email'])
  const domain = claims['email_verified'] === true ? email?.slice(email.lastIndexOf('@') + 1).toLowerCase() : undefined
  const isWelcome = domain !== undefined && emailDomains.some((welcome) => welcome.toLowerCase() === domain)
  if (emailDomains.length > 0 && !isWelcome) {
    throw new RunproofError('access.denied', 'your e-mail address is not verified, or of a domain that may not come in')
  }
  const held = new Set([claims[groupsClaim]].flat().filter((group) => typeof group === 'string'))
  const grants = groups
    .filter(({ group }) => held.has(group))
    .map(({ role, application, environment }): Grant => ({ role, application, environment }))
  const name = textOf(claims['name']) ?? textOf(claims['preferred_username']) ?? email ?? claims.sub
  return { issuer: claims.iss, subject: claims.sub, name: name.slice(0, 200), email, grants, isWelcome }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 320 ? value : null
}

/** A login that does not hold is the person's matter; a provider that does not answer is the operator's. */
async function asProvider<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof RunproofError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    const isAway = cause instanceof TypeError || away.has(code) || (cause instanceof Error && away.has(cause.name))
    // Names of checks only: what the provider sent stays out of answers and logs.
    throw new RunproofError(
      isAway ? 'access.provider_failed' : 'access.unauthenticated',
      `${what}${code === '' ? '' : ` (${code})`}`,
      { cause },
    )
  }
}

const away: ReadonlySet<string> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_PARSE_ERROR',
  'TimeoutError',
  'AbortError',
])

/** Once it worked; a failure is tried again the next time. */
function remembered<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null
      throw error
    })
    return made
  }
}
