import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { RunproofError } from '../../core/model/errors.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { Budget, whole, withBody } from './body.ts'
import { findingsBody } from './findings-body.ts'

/** What the doors hand on. Positions and outcomes are the service's business. */
export type Doors = {
  /** Keeps what came in, durably, before it resolves. */
  readonly keep: (received: Received) => Promise<void>
  /** As `keep`, and says what became of it; the same batch again changes nothing. */
  readonly keepBatch: (received: Received & { readonly batch: BatchName }) => Promise<BatchAnswer>
  /** A signed batch of an enrolled sender. */
  readonly keepSigned: (received: Received, header: string) => Promise<SignedAnswer>
  /** Who sends, or null. */
  readonly sender: (request: FastifyRequest) => Promise<Sender | null>
  /** Bytes that were received and are not folded yet. */
  readonly backlog: () => number
  readonly limits: DoorLimits
  /** Where bodies in memory are counted; absent: one of their own. */
  readonly budget?: Budget
  readonly count: (door: 'sensor' | 'api' | 'signed', what: 'requests' | 'bytes' | 'cut' | 'refused', by?: number) => void
}

export type DoorLimits = {
  /** Bytes of one request as they come, packed or not. */
  readonly bodyBytes: number
  /** Bytes of bodies in memory, all requests together. */
  readonly heldBytes: number
  /** Past this, senders that can wait are told to. */
  readonly backlogBytes: number
}

export const defaultDoorLimits: DoorLimits = {
  bodyBytes: 32 * 1024 * 1024,
  heldBytes: 128 * 1024 * 1024,
  backlogBytes: 2 * 1024 * 1024 * 1024,
}

export type Sender = { readonly id: string; readonly scopes: readonly string[] | null }
export type BatchName = {
  readonly id: string
  readonly part: number
  readonly digest: string
  readonly envelope: JsonValue | null
}
export type Received = {
  readonly sensor: string
  readonly sender: Sender
  readonly encoding: 'identity' | 'gzip' | 'zstd'
  readonly body: Uint8Array
}
/** What became of a batch, item by item as far as something is to be said about an item. */
export type BatchAnswer = {
  readonly repeated: boolean
  readonly events: number
  readonly detections: number
  readonly observations: number
  readonly health: number
  readonly ignored: number
  readonly malformed: number
  readonly problems: readonly { readonly index: number; readonly outcome: string; readonly reason: string }[]
}
export type SignedAnswer = { readonly seq: number; readonly repeated: boolean }

/** Sensors that a path may name. */
export const sensorNames: ReadonlySet<string> = new Set(['auto', 'falco', 'tetragon', 'tracee', 'kubearmor', 'runproof'])
const OVERLOADED = 'more was received than is folded; send again later'

/** The doors for evidence. Their bodies are kept as they come: no parser of the HTTP layer touches them. */
export function registerDoors(app: FastifyInstance, doors: Doors): void {
  const { limits, budget = new Budget(limits.heldBytes) } = doors
  void app.register(async (inside) => {
    inside.removeAllContentTypeParsers()
    inside.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    inside.route({
      method: ['POST', 'PUT'],
      url: '/ingest/:sensor',
      handler: (request, reply) => sensorDoor(doors, budget, request, reply),
    })
    inside.post('/api/v1/runtime/findings/ingest', (request, reply) => findingsDoor(doors, budget, request, reply))
    inside.post('/api/v1/batches', (request) => signedDoor(doors, budget, request))
  })
}

/**
 * For unmodified sensors, which send once and drop on anything but 200: whatever it is, it is kept first, then the answer is 200. What
 * cannot be read is quarantined when it is folded; what is too large is kept up to the limit.
 */
async function sensorDoor(doors: Doors, budget: Budget, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { sensor } = request.params as { readonly sensor: string }
  if (!sensorNames.has(sensor))
    throw new RunproofError(
      'request.invalid',
      `there is no sensor ${JSON.stringify(sensor)}; known are ${[...sensorNames].join(', ')}`,
    )
  const sender = await known(doors, 'sensor', request)
  return withBody(
    streamOf(request),
    { declared: declaredLength(request), most: doors.limits.bodyBytes, budget },
    async ({ bytes, isWhole }) => {
      doors.count('sensor', 'requests')
      doors.count('sensor', 'bytes', bytes.length)
      if (!isWhole) doors.count('sensor', 'cut')
      await doors.keep({ sensor, sender, encoding: encodingOf(request), body: bytes })
      return reply.code(200).send({ status: 'kept' })
    },
  )
}

/** For API clients, which can wait and repeat: answers once the batch is durable and was read, and says what became of it. */
async function findingsDoor(doors: Doors, budget: Budget, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const sender = await known(doors, 'api', request)
  refuseWhenOverloaded(doors, reply)
  const { bodyBytes: most } = doors.limits
  return withBody(streamOf(request), { declared: declaredLength(request), most, budget }, async (body) => {
    const bytes = whole(body, most)
    doors.count('api', 'requests')
    doors.count('api', 'bytes', bytes.length)
    const { sensor, id, content } = isLines(request) ? linesBatch(request, bytes) : objectBatch(request, bytes)
    const digest = sha256Hex(content)
    const batch = { id: id ?? digest, part: 0, digest, envelope: null }
    const answer = await doors.keepBatch({ sensor, sender, encoding: encodingOf(request), body: content, batch })
    return reply.code(200).send({ batch_id: batch.id, ...answer })
  })
}

/** For the forwarder: a signed link of its stream's chain, in order. */
async function signedDoor(doors: Doors, budget: Budget, request: FastifyRequest): Promise<SignedAnswer> {
  const sender = await known(doors, 'signed', request)
  const header = request.headers['runproof-batch']
  if (typeof header !== 'string')
    throw new RunproofError('request.invalid', 'the header runproof-batch, the signed statement about the batch, is missing')
  const { bodyBytes: most } = doors.limits
  return withBody(streamOf(request), { declared: declaredLength(request), most, budget }, (body) => {
    const bytes = whole(body, most)
    doors.count('signed', 'requests')
    doors.count('signed', 'bytes', bytes.length)
    return doors.keepSigned({ sensor: 'auto', sender, encoding: encodingOf(request), body: bytes }, header)
  })
}

type Batch = { readonly sensor: string; readonly id: string | null; readonly content: Uint8Array }

/** `{batch_id?, sensor, findings: [...]}`; the list is kept as it was sent. */
function objectBatch(request: FastifyRequest, bytes: Uint8Array): Batch {
  if (encodingOf(request) !== 'identity') {
    throw new RunproofError(
      'request.invalid',
      'a packed body must be NDJSON (content-type: application/x-ndjson): send JSON unpacked',
    )
  }
  const { members, findings } = findingsBody(bytes)
  if (findings === null) throw new RunproofError('request.invalid', 'the body lacks “findings”, the list of events')
  return {
    sensor: sensorOf(memberText(members, 'sensor') ?? 'auto'),
    id: named(memberText(members, 'batch_id')),
    content: bytes.subarray(findings.from, findings.to),
  }
}

function linesBatch(request: FastifyRequest, bytes: Uint8Array): Batch {
  const { sensor, batch_id: id } = request.query as { readonly sensor?: unknown; readonly batch_id?: unknown }
  return {
    sensor: sensorOf(typeof sensor === 'string' ? sensor : 'auto'),
    id: named(typeof id === 'string' ? id : null),
    content: bytes,
  }
}

function memberText(members: ReadonlyMap<string, string>, name: string): string | null {
  const text = members.get(name)
  if (text === undefined || text === 'null') return null
  if (!text.startsWith('"')) throw new RunproofError('request.invalid', `“${name}” is no text`)
  return JSON.parse(text) as string
}

function sensorOf(name: string): string {
  if (sensorNames.has(name)) return name
  throw new RunproofError(
    'request.invalid',
    `there is no sensor ${JSON.stringify(name.slice(0, 100))}; known are ${[...sensorNames].join(', ')}`,
  )
}

function named(id: string | null): string | null {
  if (id !== null && (id === '' || id.length > 200))
    throw new RunproofError('request.invalid', 'a batch id has 1 to 200 characters')
  return id
}

async function known(doors: Doors, door: 'sensor' | 'api' | 'signed', request: FastifyRequest): Promise<Sender> {
  const sender = await doors.sender(request)
  if (sender !== null) return sender
  doors.count(door, 'refused')
  throw new RunproofError(
    'access.unauthenticated',
    'send with the id and secret of an enrolled sensor, or with an API token that may ingest',
  )
}

function refuseWhenOverloaded(doors: Doors, reply: FastifyReply): void {
  if (doors.backlog() <= doors.limits.backlogBytes) return
  doors.count('api', 'refused')
  void reply.header('retry-after', '5')
  throw new RunproofError('service.overloaded', OVERLOADED)
}

function isLines(request: FastifyRequest): boolean {
  return /^application\/(x-)?(ndjson|jsonlines|json-seq)\b/.test(request.headers['content-type'] ?? '')
}

/** A packing that we do not know is kept as it came, and is quarantined when it turns out to be no events. */
function encodingOf(request: FastifyRequest): Received['encoding'] {
  const name = request.headers['content-encoding']?.trim().toLowerCase()
  return name === 'gzip' || name === 'x-gzip' ? 'gzip' : name === 'zstd' ? 'zstd' : 'identity'
}

function declaredLength(request: FastifyRequest): number | null {
  const length = Number(request.headers['content-length'])
  return Number.isSafeInteger(length) && length >= 0 ? length : null
}

function streamOf(request: FastifyRequest): AsyncIterable<Uint8Array> {
  // Without a body the HTTP layer hands on nothing.
  return (request.body as IncomingMessage | null | undefined) ?? request.raw
}
