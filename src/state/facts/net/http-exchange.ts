import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Answer, Bytes, QueryOf } from '../../model/fact.ts'
import { bytesOf } from '../bytes.ts'
import { errnoOf, errnoText } from '../go-errors.ts'
import { readPem, rootsOf } from './files.ts'
import { type Header, headerOf, responseHeaders } from './headers.ts'
import type { HttpWorld } from './http.ts'
import { throughProxy } from './http-proxy.ts'
import { proxyFor, proxyUrl } from './proxy.ts'
import type { Request } from './redirect.ts'
import { overTls, sslErrorText } from './tls.ts'
import { WireError, timedOut } from './wire.ts'

export type Response = {
  readonly status: number
  readonly headers: readonly Header[]
  /** The rest of the answer; once. */
  readonly body: () => Promise<Answer<Bytes>>
  readonly discard: () => void
}

/** What every request of one question shares. */
export type Connection = {
  readonly world: HttpWorld
  readonly ask: QueryOf<'http'>
  readonly roots: readonly string[]
  readonly certificate: { readonly cert: string; readonly key: string } | null
}
/** `deadline` on the clock of `performance.now()`. */
export type Exchange = Connection & { readonly deadline: number }

/** Reads what the request names on the host that makes it; an error says which file. */
export async function connectionOf(world: HttpWorld, ask: QueryOf<'http'>): Promise<Answer<Connection>> {
  const roots = needsRoots(ask) ? await rootsOf(world.files, ask.caFile) : { value: [] }
  if ('error' in roots) return roots
  if (ask.certFile === '' || ask.keyFile === '') return { value: { world, ask, roots: roots.value, certificate: null } }
  const [cert, key] = await Promise.all([readPem(world.files, ask.certFile), readPem(world.files, ask.keyFile)])
  if ('error' in cert) return cert
  if ('error' in key) return key
  return { value: { world, ask, roots: roots.value, certificate: { cert: cert.value, key: key.value } } }
}

/** A redirect may lead to https; the roots are read for every question but the plainest. */
function needsRoots({ url, caFile, allowInsecure, followRedirects }: QueryOf<'http'>): boolean {
  return caFile !== '' || (!allowInsecure && (followRedirects || /^https:/i.test(url)))
}

/** One request and its answer. @throws WireError in Go's words */
export async function send(exchange: Exchange, request: Request): Promise<Response> {
  const proxy = proxyOf(exchange, request.url)
  const stream = await streamFor(exchange, request.url, proxy)
  const isPlainProxied = proxy !== null && /^https?:$/.test(proxy.protocol) && request.url.protocol === 'http:'
  const message = await answered(exchange, stream, (onFailure) =>
    startRequest(stream, request, isPlainProxied ? proxy : null, onFailure),
  )
  const unzipped = isZipped(request, message)
  return {
    status: message.statusCode ?? 0,
    headers: responseHeaders(message.rawHeaders, unzipped),
    body: () => bodyOf(exchange, unzipped ? gunzipped(message) : message, stream),
    discard: () => stream.destroy(),
  }
}

function proxyOf({ world, ask }: Exchange, url: URL): URL | null {
  if (ask.socket !== null) return null
  try {
    return ask.proxy === '' ? proxyFor(url, world.environment) : proxyUrl(ask.proxy)
  } catch (cause) {
    throw new WireError('EINVAL', 'proxyconnect: invalid proxy URL', { cause })
  }
}

async function streamFor(exchange: Exchange, url: URL, proxy: URL | null): Promise<Duplex> {
  const { world, ask, roots, certificate } = exchange
  const timeoutMs = leftOf(exchange)
  const [host, port] = [url.hostname.replace(/^\[(.*)\]$/, '$1'), portOf(url)]
  const raw =
    ask.socket !== null
      ? await world.wire.dialUnix(ask.socket, timeoutMs)
      : proxy !== null
        ? await throughProxy(exchange, proxy, { host, port, isTls: url.protocol === 'https:' })
        : await world.wire.dial({ family: 0, host, port, localAddress: null, timeoutMs })
  if (url.protocol !== 'https:') return raw
  const tls = { host, serverName: null, roots, allowInsecure: ask.allowInsecure, timeoutMs: leftOf(exchange) }
  return overTls(raw, certificate === null ? tls : { ...tls, certificate })
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

export function leftOf({ deadline }: Exchange): number {
  const left = Math.ceil(deadline - performance.now())
  if (left <= 0) throw timedOut()
  return left
}

function startRequest(stream: Duplex, request: Request, proxy: URL | null, onFailure: (error: Error) => void): ClientRequest {
  const { url } = request
  const path = `${url.pathname}${url.search}`
  const sent = httpRequest({
    createConnection: () => stream,
    method: request.method,
    path: proxy === null ? path : `${url.protocol}//${url.host}${path}`,
    setHost: false,
  })
  sent.on('error', onFailure)
  // Node writes methods in capitals; what the author wrote is what is asked.
  sent.method = request.method
  for (const [name, values] of Map.groupBy(headersToSend(request, proxy), ([name]) => name)) {
    sent.setHeader(name, values.length === 1 ? (values[0]?.[1] ?? '') : values.map(([, value]) => value))
  }
  sent.end(request.body)
  return sent
}

function headersToSend({ method, url, headers, body }: Request, proxy: URL | null): readonly Header[] {
  const own = headers.filter(([name]) => !['Host', 'Connection', 'Content-Length', 'Transfer-Encoding'].includes(name))
  const has = (name: string): boolean => headerOf(headers, name) !== undefined
  const hasLength = body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method)
  return [
    ['Host', headerOf(headers, 'Host') ?? url.host],
    ...own,
    ...(hasLength ? [['Content-Length', String(body.length)] as const] : []),
    ...(has('Accept-Encoding') || has('Range') || method === 'HEAD' ? [] : [['Accept-Encoding', 'gzip'] as const]),
    ...(has('Authorization') ? [] : credentials('Authorization', url)),
    ...(proxy === null ? [] : credentials('Proxy-Authorization', proxy)),
    ['Connection', 'close'],
  ]
}

/** What an address carries before its `@`. */
export function credentials(header: string, { username, password }: URL): readonly Header[] {
  if (username === '' && password === '') return []
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return [[header, `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`]]
}

/** The answer's head, before the deadline. */
function answered(
  exchange: Exchange,
  stream: Duplex,
  start: (onFailure: (error: Error) => void) => ClientRequest,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => failed(timedOut()), leftOf(exchange))
    const failed = (error: Error): void => {
      clearTimeout(timer)
      stream.destroy()
      reject(error instanceof WireError ? error : exchangeError(error))
    }
    start(failed).once('response', (message) => {
      clearTimeout(timer)
      resolve(message)
    })
  })
}

function exchangeError(error: Error): WireError {
  const errno = errnoOf(error)
  if (error.message === 'socket hang up') return new WireError('EPIPE', 'EOF', { cause: error })
  if (errno.startsWith('HPE_'))
    return new WireError(errno, `net/http: HTTP/1.x transport connection broken: ${error.message}`, { cause: error })
  return new WireError(errno, sslErrorText(error) ?? `read tcp: read: ${errnoText(errno)}`, { cause: error })
}

function isZipped({ method, headers }: Request, message: IncomingMessage): boolean {
  if (method === 'HEAD' || headerOf(headers, 'Accept-Encoding') !== undefined || headerOf(headers, 'Range') !== undefined)
    return false
  return (message.headers['content-encoding'] ?? '').toLowerCase() === 'gzip'
}

function gunzipped(message: IncomingMessage): Readable {
  const gunzip = createGunzip()
  message.on('error', (error) => gunzip.destroy(error))
  message.on('aborted', () => gunzip.destroy(new Error('aborted')))
  return message.pipe(gunzip)
}

/** Up to the limit; what lies beyond it is not fetched. */
async function bodyOf(exchange: Exchange, body: Readable, stream: Duplex): Promise<Answer<Bytes>> {
  const limit = exchange.world.readingLimit
  const chunks: Buffer[] = []
  let size = 0
  const timer = setTimeout(() => body.destroy(timedOut()), Math.max(1, Math.ceil(exchange.deadline - performance.now())))
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > limit) break
    }
    return { value: bytesOf({ bytes: Buffer.concat(chunks).subarray(0, limit), size, cut: size > limit }) }
  } catch (error) {
    return { error: bodyError(error) }
  } finally {
    clearTimeout(timer)
    stream.destroy()
  }
}

function bodyError(error: unknown): string {
  if (error instanceof WireError) return 'context deadline exceeded (Client.Timeout or context cancellation while reading body)'
  const code = errnoOf(error)
  if (code === 'ECONNRESET' || (error instanceof Error && error.message === 'aborted')) return 'unexpected EOF'
  return code.startsWith('Z_') ? 'gzip: invalid header' : errnoText(code)
}
