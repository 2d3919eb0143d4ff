import { readFileSync } from 'node:fs'
import type { FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { may, personRoles, type AccessScope, type Principal } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { openAccess as open, type Access as Door } from '../server/access/access.ts'
import { firstLink } from '../access/bootstrap.ts'
import { oidcDefaults, type OidcSettings } from '../server/access/oidc-settings.ts'
import type { Sender } from '../server/doors.ts'
import type { Ledger } from '../store/ledger/ledger.ts'
import type { Settings } from './settings/settings.ts'

/** Who may do what, as the service needs it. */
export type Access = Pick<Door, 'world' | 'authenticate' | 'audit' | 'register' | 'authorities' | 'close'> & {
  /** Who sends evidence, or null when nobody says. */
  readonly sender: (request: FastifyRequest) => Promise<Sender | null>
  /** The key that an enrolled sensor signs its batches with; null: none, or no longer. */
  readonly sensorKey: (id: string) => Uint8Array | null
  /** Whether the principal may see anything of a scope. */
  readonly sees: (principal: Principal, scope: AccessScope) => boolean
  /** On an empty service: where its first administrator begins; null once there is one. */
  readonly firstLink: (address: string) => string | null
}

export type AccessOptions = {
  readonly ledger: Ledger
  readonly settings: Settings
  readonly now: () => number
  readonly log: Logger
}

/** @throws RunproofError `settings.invalid` */
export function openAccess({ ledger, settings, now, log }: AccessOptions): Access {
  const { spiffeTrustDomain: trustDomain, spiffeJwtBundle: path } = settings
  const door = open({
    ledger,
    now,
    publicUrl: settings.url,
    oidc: oidcOf(settings),
    bundles: trustDomain === null || path === null ? [] : [{ trustDomain, path }],
    audiences: [settings.spiffeAudience],
    onProblem: (error) =>
      log.warn({ why: error instanceof Error ? error.message : String(error) }, 'access: something is tried again'),
  })
  const { state } = door.world
  return {
    ...door,
    async sender(request) {
      const principal = await door.authenticate(request)
      if (principal === null) return null
      if (!may(principal, 'ingest:write', null)) {
        door.audit(request, principal, 'ingest', request.url.slice(0, 200), 'denied')
        throw new RunproofError('access.denied', `${principal.name} may not send evidence`)
      }
      return { id: principal.id, scopes: scopesOf(principal) }
    },
    sensorKey(id) {
      const sensor = state.sensor(id)
      return sensor === null || sensor.revokedAt !== null ? null : sensor.spki
    },
    sees: (principal, scope) => may(principal, 'report:read', scope),
    firstLink: (address) => firstLink(door.world, settings.url ?? address)?.url ?? null,
  }
}

/** `application/environment`, `*` for any; null: everything. */
function scopesOf({ grants }: Principal): readonly string[] | null {
  const sending = grants.filter(({ role }) => role === 'sensor')
  if (sending.some(({ application, environment }) => application === '*' && environment === '*')) return null
  return sending.map(({ application, environment }) => `${application}/${environment}`)
}

function oidcOf(settings: Settings): OidcSettings | null {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: secretFile } = settings
  if (issuer === null) return null
  if (clientId === null) throw new RunproofError('settings.invalid', 'oidc.issuer is set, and oidc.clientId is not')
  const groups = settings.oidcGroups.map((grant) => {
    const role = personRoles.find((known) => known === grant.role)
    if (role) return { ...grant, role }
    throw new RunproofError(
      'settings.invalid',
      `oidc.groups: there is no role ${JSON.stringify(grant.role)}; roles are ${personRoles.join(', ')}`,
    )
  })
  return {
    ...oidcDefaults,
    issuer,
    clientId,
    clientSecret: secretFile === null ? null : secretIn(secretFile),
    groupsClaim: settings.oidcGroupsClaim,
    groups,
    scopes: words(settings.oidcScopes),
    emailDomains: words(settings.oidcEmailDomains),
    allowInsecure: settings.oidcAllowInsecure,
  }
}

function words(text: string | null): readonly string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '')
}

function secretIn(path: string): string {
  try {
    const [secret = ''] = readFileSync(path, 'utf8').split(/\r?\n/, 1)
    if (secret !== '') return secret
  } catch (cause) {
    throw new RunproofError('settings.invalid', `oidc.clientSecretFile: cannot read ${path}`, { cause })
  }
  throw new RunproofError('settings.invalid', `oidc.clientSecretFile: ${path} is empty`)
}
