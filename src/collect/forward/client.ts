import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { RunproofError } from '../../../core/model/errors.ts'

export type ClientOptions = {
  readonly server: string
  /** PEM: whose certificates are believed, and who we are. */
  readonly tls?: Pick<SecureContextOptions, 'ca' | 'cert' | 'key'>
  /** Lets secrets go over a network that anybody can read. */
  readonly insecureHttp?: boolean
  readonly timeoutMs?: number
}

export type Asked = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}
export type Answered = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

export type Client = {
  /** Whatever the answer is. @throws Error when there is none */
  readonly ask: (asked: Asked, signal?: AbortSignal) => Promise<Answered>
  readonly close: () => void
}

const MAX_ANSWER = 256 * 1024
const TIMEOUT_MS = 60_000

/**
 * A client that holds one connection open and follows nobody elsewhere.
 * @throws RunproofError `usage` for an address that is none, or that would send secrets in the clear over a network
 */
export function createClient({ server, tls = {}, insecureHttp = false, timeoutMs = TIMEOUT_MS }: ClientOptions): Client {
  const base = addressOf(server)
  const isTls = base.protocol === 'https:'
  if (!isTls && !insecureHttp && !isLoopback(base.hostname)) {
    throw new RunproofError(
      'usage',
      `${base.origin} is plain HTTP: everybody on the way could read the secret; use https, or --insecure-http if you know better`,
    )
  }
  const agent = isTls
    ? new HttpsAgent({ keepAlive: true, maxSockets: 1, ...tls })
    : new HttpAgent({ keepAlive: true, maxSockets: 1 })
  return { ask: (asked, signal) => exchange(base, asked, { agent, timeoutMs, isTls, signal }), close: () => agent.destroy() }
}

type Way = {
  readonly agent: HttpAgent
  readonly timeoutMs: number
  readonly isTls: boolean
  readonly signal: AbortSignal | undefined
}

function exchange(
  base: URL,
  { method, path, headers, body }: Asked,
  { agent, timeoutMs, isTls, signal }: Way,
): Promise<Answered> {
  const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base)
  const limit = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve, reject) => {
    const ask = (isTls ? httpsRequest : httpRequest)(
      url,
      {
        method,
        agent,
        headers: { ...headers, 'content-length': String(body.length) },
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      },
      (answer) => void collected(answer).then(resolve, reject),
    )
    ask.on('error', reject)
    ask.end(body)
  })
}

async function collected(answer: IncomingMessage): Promise<Answered> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > MAX_ANSWER) throw new Error(`it answers with more than ${MAX_ANSWER} bytes`)
    parts.push(part)
  }
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) }
}

function addressOf(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : null
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url
  throw new RunproofError('usage', `${JSON.stringify(server)} is no address like https://runproof.example`)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
