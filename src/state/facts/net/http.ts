import type { AnswerOf, QueryOf } from '../../model/fact.ts'
import type { Dialect } from '../../model/resource.ts'
import type { HostFiles } from './files.ts'
import { type Header, headerOf, requestHeaders } from './headers.ts'
import { type Exchange, type Response, connectionOf, send } from './http-exchange.ts'
import type { ProxyEnvironment } from './proxy.ts'
import { redirected, type Request } from './redirect.ts'
import { type Wire, WireError } from './wire.ts'

export type HttpWorld = {
  readonly wire: Wire
  readonly files: HostFiles
  readonly environment: ProxyEnvironment
  readonly dialect: Dialect
  readonly readingLimit: number
}

const MAX_REDIRECTS = 10
const USER_AGENTS = { goss: 'goss/0.4.10', runproof: 'runproof' } as const

/**
 * A request as goss makes it: HTTP/1.1, one connection each, at most ten redirects, gzip taken off. An error is worded as Go words it
 * (`Get "http://…": dial tcp …: connection refused`); one while the body is read belongs to the body alone.
 */
export async function askHttp(world: HttpWorld, ask: QueryOf<'http'>): Promise<AnswerOf<'http'>> {
  const request = firstRequest(world.dialect, ask)
  if (typeof request === 'string') return { error: request }
  const connection = await connectionOf(world, ask)
  if ('error' in connection) return connection
  const deadline = performance.now() + ask.timeoutMs
  return follow({ ...connection.value, deadline }, request, ask)
}

/** The chain of requests. Errors name the one that failed, and the first one's method. */
async function follow(exchange: Exchange, first: Request, ask: QueryOf<'http'>): Promise<AnswerOf<'http'>> {
  let request = first
  for (let redirects = 0; ; redirects++) {
    let response: Response
    try {
      response = await send(exchange, request)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return { error: urlError(first.method, withoutPassword(request.url), error, ask.timeoutMs) }
    }
    const next = ask.followRedirects ? redirected(request, first, response) : null
    if (next === null) return { value: { status: response.status, headers: response.headers, body: await response.body() } }
    response.discard()
    if (typeof next === 'string') return { error: `${operationOf(first.method)} "${withoutPassword(request.url)}": ${next}` }
    if (redirects + 1 >= MAX_REDIRECTS) {
      return { error: `${operationOf(first.method)} "${next.location}": stopped after ${MAX_REDIRECTS} redirects` }
    }
    request = next.request
  }
}

function urlError(method: string, url: string, error: WireError, timeoutMs: number): string {
  const why =
    error.errno === 'ETIMEDOUT' && timeoutMs > 0
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : error.message
  return `${operationOf(method)} "${url}": ${why}`
}

/** `Get`, `Post`; Go spells it so in every error. */
function operationOf(method: string): string {
  return method.slice(0, 1).toUpperCase() + method.slice(1).toLowerCase()
}

function withoutPassword({ href, password }: URL): string {
  return password === '' ? href : href.replace(`:${password}@`, ':***@')
}

function firstRequest(dialect: Dialect, ask: QueryOf<'http'>): Request | string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(ask.method)) return `net/http: invalid method ${JSON.stringify(ask.method)}`
  const given = requestHeaders(ask.headers)
  if (typeof given === 'string') return given
  const url = URL.parse(ask.url)
  const scheme = url?.protocol.slice(0, -1) ?? ''
  if (/\p{Cc}/u.test(ask.url)) return `parse ${goQuoted(ask.url)}: net/url: invalid control character in URL`
  const [, port] = /^[a-z]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^/?#:]*)(:[^/?#]*)/i.exec(ask.url) ?? []
  if (port !== undefined && !/^:\d*$/.test(port)) return `parse ${goQuoted(ask.url)}: invalid port ${goQuoted(port)} after host`
  const [, bare] = /^(https?:)\/*$/i.exec(ask.url) ?? []
  if (bare !== undefined) return `${operationOf(ask.method)} "${bare.toLowerCase()}": http: no Host in request URL`
  if (url === null && ask.url.includes('://')) return `parse ${JSON.stringify(ask.url)}: invalid URL`
  if (url === null || (scheme !== 'http' && scheme !== 'https')) {
    return `${operationOf(ask.method)} ${JSON.stringify(url === null ? encodeURI(ask.url) : ask.url)}: unsupported protocol scheme "${scheme}"`
  }
  return { method: ask.method, url, headers: completed(dialect, ask, given), body: Buffer.from(ask.body, 'utf8') }
}

function completed(dialect: Dialect, ask: QueryOf<'http'>, given: readonly Header[]): readonly Header[] {
  const headers = headerOf(given, 'User-Agent') === undefined ? [...given, ['User-Agent', USER_AGENTS[dialect]] as const] : given
  if (ask.username === '' && ask.password === '') return headers
  const credentials = Buffer.from(`${ask.username}:${ask.password}`, 'utf8').toString('base64')
  return [...headers.filter(([name]) => name !== 'Authorization'), ['Authorization', `Basic ${credentials}`]]
}

/** Text in quotes as Go's `%q` writes the few characters that matter in an URL. */
function goQuoted(text: string): string {
  return JSON.stringify(text).replaceAll(/\\u00([01][0-9a-f])|\u007f/g, (_match, hex: string | undefined) => `\\x${hex ?? '7f'}`)
}
