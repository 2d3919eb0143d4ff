import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Principal } from '../../../core/model/access.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Ledger } from '../../store/ledger/ledger.ts'
import { accessStateOf } from '../../store/state/access-state.ts'
import { openAccessLog } from '../../access/access-log.ts'
import { authenticate } from './authenticate.ts'
import { Failures } from './failures.ts'
import { oidcOf } from './oidc.ts'
import type { OidcSettings } from './oidc-settings.ts'
import { PendingLogins } from './pending-logins.ts'
import { registerAccess, type AccessRoutes } from './routes.ts'
import { defaultSessionLimits, type SessionLimits } from '../../access/sessions.ts'
import { trustBundles, type BundleFile } from './spiffe/bundles.ts'
import { wordFor, type AccessWorld } from '../../access/world.ts'

export type AccessOptions = {
  readonly ledger: Pick<Ledger, 'db' | 'transaction'>
  readonly now: () => number
  /** `https://runproof.example.org`, where people reach us; null: wherever a request came to. Needed with `oidc`. */
  readonly publicUrl: string | null
  readonly oidc: OidcSettings | null
  /** SPIFFE trust bundles. */
  readonly bundles: readonly BundleFile[]
  /** What JWT-SVIDs must be made for; empty: the public address. */
  readonly audiences: readonly string[]
  readonly sessions?: SessionLimits
  /** Something that is tried again (a trust bundle, the access log) does not work now. */
  readonly onProblem: (error: unknown) => void
}

export type Access = {
  readonly world: AccessWorld
  readonly authenticate: (request: FastifyRequest) => Promise<Principal | null>
  /** Who did what, and what came of it, into the access log. */
  readonly audit: (request: FastifyRequest, who: Principal | null, action: string, what: string, outcome: string) => void
  readonly register: (app: FastifyInstance) => void
  /** Certificates for the TLS layer, with which workloads may show theirs; empty: none may. */
  readonly authorities: () => readonly string[]
  /** Writes what is left of the access log. */
  readonly close: () => void
}

/**
 * Who may do what in a service: put together once, from its settings.
 * @throws RunproofError `settings.invalid`
 */
export function openAccess(options: AccessOptions): Access {
  const { ledger, now, publicUrl, onProblem } = options
  const state = accessStateOf(ledger.db)
  const log = openAccessLog({ db: ledger.db, rows: state, now, onFailure: onProblem })
  const world: AccessWorld = { state, ledger, log, now }
  const bundles = trustBundles(options.bundles, { now, onProblem })
  const audiences = options.audiences.length > 0 || publicUrl === null ? options.audiences : [publicUrl]
  const routes: AccessRoutes = {
    world,
    failures: new Failures(now),
    sessions: options.sessions ?? defaultSessionLimits,
    bundles,
    audiences,
    publicOrigin: publicUrl === null ? null : new URL(publicUrl).origin,
    oidc: options.oidc === null ? null : oidcOf(options.oidc, publicUrl ?? needsPublicUrl()),
    pending: new PendingLogins(now),
  }
  return {
    world,
    authenticate: (request) => authenticate(routes, request),
    audit: (request, who, action, what, outcome) => log.record({ who: wordFor(who), action, what, outcome, address: request.ip }),
    register: (app) => registerAccess(app, routes),
    authorities: bundles.authorities,
    close: log.close,
  }
}

function needsPublicUrl(): never {
  throw new RunproofError('settings.invalid', 'an identity provider sends people back to publicUrl: set it')
}
