import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { may, type Permission, type Principal } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { sensorNames } from '../server/doors.ts'
import { refusals, type OtherRoute } from '../server/openapi.ts'
import type { ReportRow } from '../store/state/reports.ts'
import type { State } from '../store/state/state.ts'
import { reportFormats, type ReportFile, type ReportFormat } from './handover.ts'

export type ReportRoutes = {
  readonly authenticate: (request: FastifyRequest) => Promise<Principal | null>
  readonly audit: (request: FastifyRequest, who: Principal | null, action: string, what: string, outcome: string) => void
  readonly state: State
  readonly fileOf: (digest: string, format: ReportFormat) => Promise<ReportFile>
}

/** The audit file holds the evidence itself; the other forms only what the report says of it. */
const permissionFor = (format: ReportFormat): Permission => (format === 'audit' ? 'evidence:read' : 'report:read')

/** `GET /api/v1/runtime/assurance/report?window_id=…`: the newest report of a window, or one by its digest, in the form that is asked for. */
export function registerReports(app: FastifyInstance, routes: ReportRoutes): void {
  app.get('/api/v1/runtime/assurance/report', (request, reply) => answer(routes, request, reply))
}

async function answer(
  { authenticate, audit, state, fileOf }: ReportRoutes,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const principal = await authenticate(request)
  if (principal === null) throw new RunproofError('access.unauthenticated', 'reports are for people and programs that we know')
  const { window_id: windowId, digest, format = 'bundle', ...rest } = request.query as Record<string, unknown>
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined)
    throw new RunproofError(
      'request.invalid',
      `there is no parameter ${JSON.stringify(unknown)}; known are window_id, digest, format`,
    )
  const form = reportFormats.find((known) => known === format)
  if (!form) throw new RunproofError('request.invalid', `format is one of ${reportFormats.join(', ')}`)
  const row = wanted(state, windowId, digest)
  const what = `${row.application}/${row.environment} ${row.digest}`
  if (!may(principal, permissionFor(form), row)) {
    audit(request, principal, 'get-report', what, 'denied')
    throw new RunproofError(
      'access.denied',
      `${principal.name} lacks the permission ${permissionFor(form)} for ${row.application}/${row.environment}`,
    )
  }
  const file = await fileOf(row.digest, form)
  audit(request, principal, 'get-report', `${what} as ${form}`, 'done')
  return (
    reply
      .type(file.type)
      .header('content-disposition', `${form === 'html' ? 'inline' : 'attachment'}; filename="${file.name}"`)
      // A report never changes; which one is the newest does.
      .header('cache-control', typeof digest === 'string' ? 'private, max-age=31536000, immutable' : 'no-cache')
      .header('etag', `"${row.digest}-${form}"`)
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox")
      .header('x-content-type-options', 'nosniff')
      .send(Buffer.from(file.bytes))
  )
}

function wanted(state: State, windowId: unknown, digest: unknown): ReportRow {
  if (typeof digest === 'string') {
    const row = state.report(digest)
    if (row && (windowId === undefined || row.windowId === windowId)) return row
    throw new RunproofError('report.unknown', 'there is no such report')
  }
  if (typeof windowId !== 'string') throw new RunproofError('request.invalid', 'give window_id, or digest')
  const window = state.sealedWindow(windowId)
  const row = window === null ? null : state.report(window.report)
  if (row) return row
  throw new RunproofError(
    'window.unknown',
    `there is no sealed window ${JSON.stringify(windowId.slice(0, 300))}; it may still be open`,
  )
}

const text = { type: 'string' } as const

const fromSensor = {
  parameters: [{ name: 'sensor', in: 'path', required: true, schema: { enum: [...sensorNames] } }],
  requestBody: { content: { '*/*': { schema: {} } } },
  responses: { 200: { description: 'it is kept' }, ...refusals },
}

/** Documentation of the routes that are no acts. */
export const otherRoutes: readonly OtherRoute[] = [
  {
    path: '/api/v1/runtime/assurance/report',
    method: 'get',
    operation: {
      operationId: 'get-report',
      summary: 'the newest report of a window, or one by its digest',
      'x-permission': 'report:read (evidence:read for the audit file)',
      parameters: [
        { name: 'window_id', in: 'query', schema: text },
        { name: 'digest', in: 'query', schema: text },
        { name: 'format', in: 'query', schema: { enum: [...reportFormats], default: 'bundle' } },
      ],
      responses: { 200: { description: 'the report in the form that was asked for' }, ...refusals },
    },
  },
  {
    path: '/ingest/{sensor}',
    method: 'post',
    operation: {
      operationId: 'ingest-from-sensor',
      summary: 'what an unmodified sensor sends; kept durably, then always 200',
      ...fromSensor,
    },
  },
  {
    path: '/ingest/{sensor}',
    method: 'put',
    operation: { operationId: 'put-from-sensor', summary: 'the same, for sensors that put', ...fromSensor },
  },
  {
    path: '/api/v1/runtime/findings/ingest',
    method: 'post',
    operation: {
      operationId: 'ingest-findings',
      summary: 'a batch of events; answers once it is durable, with what became of it; the same batch again changes nothing',
      parameters: [
        { name: 'batch_id', in: 'query', description: 'for NDJSON', schema: text },
        { name: 'sensor', in: 'query', description: 'for NDJSON', schema: text },
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['findings'],
              properties: {
                batch_id: { type: ['string', 'null'], minLength: 1, maxLength: 200 },
                window_id: text,
                manifest_version: text,
                sensor: { type: ['string', 'null'] },
                findings: { type: 'array', items: {} },
              },
            },
          },
          'application/x-ndjson': { schema: text },
        },
      },
      responses: {
        200: {
          description: 'what became of the batch',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['batch_id', 'repeated', 'events', 'problems'],
                properties: {
                  batch_id: text,
                  repeated: { type: 'boolean' },
                  ...Object.fromEntries(
                    ['events', 'detections', 'observations', 'health', 'ignored', 'malformed'].map((name) => [
                      name,
                      { type: 'integer' },
                    ]),
                  ),
                  problems: {
                    type: 'array',
                    items: { type: 'object', properties: { index: { type: 'integer' }, outcome: text, reason: text } },
                  },
                },
              },
            },
          },
        },
        429: { description: 'more is waiting than can be folded now; see Retry-After' },
        ...refusals,
      },
    },
  },
  {
    path: '/api/v1/batches',
    method: 'post',
    operation: {
      operationId: 'ingest-signed-batch',
      summary: 'a signed link of a forwarder’s stream, docs/formats/batch.md',
      parameters: [{ name: 'runproof-batch', in: 'header', required: true, schema: text }],
      requestBody: { content: { '*/*': { schema: {} } } },
      responses: { 200: { description: 'it is kept' }, 409: { description: 'it does not follow the last one' }, ...refusals },
    },
  },
]
