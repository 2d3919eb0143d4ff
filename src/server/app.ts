import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import * as z from 'zod/mini'
import type { AccessScope, Principal } from '../../core/model/access.ts'
import { may } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import type { Action, Context } from '../actions/action.ts'
import { refuseBadHttp, refuseExpectations } from './bad-http.ts'
import { registerDoors, type Doors } from './doors.ts'
import { healthOperations, registerHealth } from './health.ts'
import type { Metrics } from './metrics.ts'
import { openApi, type OtherRoute } from './openapi.ts'
import { PROBLEM_TYPE, problemOf, RequestRefused } from './problem.ts'

export type AppOptions = {
  readonly version: string
  readonly actions: readonly Action<never>[]
  readonly doors: Doors
  readonly metrics: Metrics
  /** Who asks; null: nobody we know. @throws RunproofError `access.*` for credentials that do not hold */
  readonly authenticate: (request: FastifyRequest) => Promise<Principal | null>
  /** What an act works with, for one caller. */
  readonly contextOf: (principal: Principal) => Context
  readonly audit: (request: FastifyRequest, who: Principal | null, action: string, what: string, outcome: string) => void
  /** Routes that are no acts, documented in `others`. */
  readonly register: readonly ((app: FastifyInstance) => void)[]
  readonly others: readonly OtherRoute[]
  /** What stands in the way of serving, in words; empty: ready. */
  readonly unready: () => readonly string[]
  /** What nobody foresaw, with the stack. */
  readonly onDefect: (error: unknown, request: FastifyRequest) => void
  readonly trustProxy: boolean
  /** PEM; null: plain HTTP. `authorities`: of client certificates, with which workloads may show who they are. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly authorities: readonly string[] } | null
}

/** Longer JSON is no question of a person. */
const MAX_JSON = 8 * 1024 * 1024

/** The HTTP face: every act as its route, the doors, health, metrics and the documentation of all of it. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: MAX_JSON,
    // A stream of evidence may last; a client that says nothing may not.
    requestTimeout: 0,
    connectionTimeout: 120_000,
    keepAliveTimeout: 75_000,
    trustProxy: options.trustProxy,
    routerOptions: { maxParamLength: 500 },
    // Closing waits for answers under way and no longer for idle connections.
    forceCloseConnections: 'idle',
    // Refused like everything else, below.
    return503OnClosing: false,
    logger: false,
    // Node would refuse a request without a host itself, and without a word.
    http: { requireHostHeader: false },
    clientErrorHandler: refuseBadHttp,
    frameworkErrors: (error, request, reply) => void refuse(options, error, request, reply),
    ...tlsOf(options.tls),
  }) as FastifyInstance
  refuseExpectations(app.server)
  app.addHook('onRequest', async ({ headers, raw }) => {
    if (headers.host === undefined && raw.httpVersion === '1.1')
      throw new RequestRefused('request.invalid', 'the request names no host')
  })
  let isClosing = false
  app.addHook('preClose', async () => void (isClosing = true))
  app.addHook('onRequest', async (_request, reply) => {
    if (!isClosing) return
    void reply.header('connection', 'close')
    throw new RunproofError('service.stopping', 'the service is shutting down; send again later')
  })
  app.setErrorHandler((error, request, reply) => refuse(options, error, request, reply))
  app.setNotFoundHandler((request, reply) =>
    refuse(
      options,
      Object.assign(new Error(`there is no ${request.method} ${request.url.slice(0, 200)}`), { statusCode: 404 }),
      request,
      reply,
    ),
  )
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    options.metrics.requests.observe({ route, status: String(reply.statusCode) }, reply.elapsedTime / 1000)
    done()
  })
  registerDoors(app, options.doors)
  for (const action of options.actions) registerAction(app, options, action)
  for (const register of options.register) register(app)
  registerHealth(app, options)
  const document = openApi(options.actions, [...options.others, ...healthOperations], options.version)
  app.get('/openapi.json', () => document)
  await app.ready()
  return app
}

/** Certificates of clients are asked for and looked at by who authenticates: a person's browser has none. */
function tlsOf(tls: AppOptions['tls']): object {
  if (tls === null) return {}
  const { certificate: cert, key, authorities } = tls
  const clients = authorities.length === 0 ? {} : { requestCert: true, rejectUnauthorized: false, ca: [...authorities] }
  return { https: { cert, key, minVersion: 'TLSv1.2', ...clients } }
}

function registerAction(app: FastifyInstance, options: AppOptions, action: Action<never>): void {
  app.route({
    method: action.method,
    url: action.path,
    async handler(request) {
      const principal = await options.authenticate(request)
      if (principal === null)
        throw new RunproofError(
          'access.unauthenticated',
          `${action.name} needs somebody with the permission ${action.permission}`,
        )
      const input = inputOf(action, request)
      const note = (what: string, outcome: string): void =>
        options.audit(request, principal, action.name, `${what}${idsOf(request)}`, outcome)
      try {
        const { output, scope } = await acted(action, input, principal, options.contextOf(principal))
        if (isAudited(action, output)) note(wordsOf(scope), 'done')
        return output
      } catch (error) {
        // Wherever it was refused: the act itself asks again for what its input does not name.
        if (error instanceof RunproofError && error.code === 'access.denied') note(error.message, 'denied')
        throw error
      }
    },
  })
}

/** @throws RunproofError `access.denied`, and what the act throws */
async function acted<I, O>(action: Action<I, O>, input: I, principal: Principal, given: Context) {
  // Seen is what this act's permission reaches: who may read the reports of an application may not therefore read its findings.
  const context = { ...given, isVisible: (scope: AccessScope) => may(principal, action.permission, scope) }
  const scope = action.scopeOf(input, context)
  if (!may(principal, action.permission, scope))
    throw new RunproofError('access.denied', `${principal.name} lacks the permission ${action.permission} for ${wordsOf(scope)}`)
  return { output: await action.run(context, input), scope }
}

/** What changes something, and what an auditor wants to know of although it only reads. */
function isAudited<O>({ method, permission, holdsEvidence }: Action<never, O>, output: O): boolean {
  return method !== 'GET' || audited.has(permission) || holdsEvidence?.(output) === true
}

const audited: ReadonlySet<string> = new Set(['evidence:read', 'access-log:read'])

/** Which one it was about, where the path names it. */
function idsOf({ params }: FastifyRequest): string {
  return Object.entries(params as Readonly<Record<string, string>>)
    .map(([name, value]) => `, ${name} ${value.slice(0, 100)}`)
    .join('')
}

/** Path, then query or body, as the act's schema takes them. @throws RequestRefused naming every field that does not fit */
function inputOf<I>(action: Action<I>, request: FastifyRequest): I {
  const given: unknown = action.method === 'GET' ? request.query : (request.body ?? {})
  if (given === null || typeof given !== 'object' || Array.isArray(given))
    throw new RequestRefused('request.invalid', 'the body is no JSON object')
  const read = z.safeParse(action.input, { ...given, ...(request.params as object) })
  if (read.success) return read.data
  const errors = read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new RequestRefused(
    'request.invalid',
    errors.map(({ path, message }) => `${path || 'the input'}: ${message}`).join('; '),
    errors,
  )
}

function wordsOf(scope: { readonly application: string; readonly environment: string } | null): string {
  return scope === null ? 'every application' : `${scope.application}/${scope.environment}`
}

function refuse(
  { onDefect }: Pick<AppOptions, 'onDefect'>,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = problemOf(error)
  if (problem.status >= 500 && problem.code === 'defect') onDefect(error, request)
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="runproof", Basic realm="runproof"')
  return reply.code(problem.status).type(PROBLEM_TYPE).send(problem)
}
