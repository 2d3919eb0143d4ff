import type { FastifyInstance, FastifyRequest } from 'fastify'
import { may, type Principal } from '../../core/model/access.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import type { Metrics } from './metrics.ts'
import type { OtherRoute } from './openapi.ts'

export type Health = {
  /** What stands in the way of serving, in words; empty: ready. */
  readonly unready: () => readonly string[]
  readonly metrics: Metrics
  readonly authenticate: (request: FastifyRequest) => Promise<Principal | null>
}

/** What machines ask that keep the service alive and watch it; they need not say who they are. */
export function registerHealth(app: FastifyInstance, { unready, metrics, authenticate }: Health): void {
  app.get('/livez', () => ({ status: 'alive' }))
  app.get('/readyz', (_request, reply) => {
    const reasons = unready()
    return reply.code(reasons.length === 0 ? 200 : 503).send({ status: reasons.length === 0 ? 'ready' : 'not ready', reasons })
  })
  app.get('/metrics', async (request, reply) => {
    const principal = await authenticate(request)
    // How applications do is for whoever may read their reports; how the service does, for anybody who reaches it.
    const seen = await metrics.applications((scope) => principal !== null && may(principal, 'report:read', scope))
    return reply.type(metrics.registry.contentType).send(`${await metrics.registry.metrics()}${seen}`)
  })
}

type JsonObject = { readonly [key: string]: JsonValue }

const json = (description: string, properties: JsonObject): JsonObject => ({
  description,
  content: { 'application/json': { schema: { type: 'object', properties, required: Object.keys(properties) } } },
})
const readiness = { status: { enum: ['ready', 'not ready'] }, reasons: { type: 'array', items: { type: 'string' } } }
const problem = { default: { $ref: '#/components/responses/problem' } }

function operation(operationId: string, summary: string, responses: JsonObject): JsonObject {
  return { operationId, summary, security: [], responses: { ...responses, ...problem } }
}

/** The same for OpenAPI, and the document itself. */
export const healthOperations: readonly OtherRoute[] = [
  {
    path: '/livez',
    method: 'get',
    operation: operation('show-alive', 'whether the process answers', { 200: json('it does', { status: { const: 'alive' } }) }),
  },
  {
    path: '/readyz',
    method: 'get',
    operation: operation('show-ready', 'whether it can do its work, and what is in the way', {
      200: json('it can', readiness),
      503: json('it cannot, with every reason', readiness),
    }),
  },
  {
    path: '/metrics',
    method: 'get',
    operation: operation('show-metrics', 'figures for Prometheus; those of applications only for who may read their reports', {
      200: { description: 'text exposition format', content: { 'text/plain': { schema: { type: 'string' } } } },
    }),
  },
  {
    path: '/openapi.json',
    method: 'get',
    operation: operation('show-openapi', 'this document', { 200: json('OpenAPI 3.1', { openapi: { type: 'string' } }) }),
  },
]
