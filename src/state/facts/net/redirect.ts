import { type Header, headerOf } from './headers.ts'

export type Request = {
  readonly method: string
  readonly url: URL
  readonly headers: readonly Header[]
  readonly body: Uint8Array
}

type Redirect = { readonly request: Request; readonly location: string }

/** What another domain must not see. */
const PRIVATE = new Set(['Authorization', 'Cookie', 'Cookie2', 'Www-Authenticate', 'Proxy-Authorization', 'Proxy-Authenticate'])

/** The request that a response sends us to; null: none. Text: why its target is no address. 307 and 308 keep method and body. */
export function redirected(
  request: Request,
  first: Request,
  { status, headers }: { readonly status: number; readonly headers: readonly Header[] },
): Redirect | string | null {
  if (![301, 302, 303, 307, 308].includes(status)) return null
  const location = headerOf(headers, 'Location') ?? ''
  if (location === '') return null
  const url = URL.parse(location, request.url)
  if (url === null) return `failed to parse Location header ${JSON.stringify(location)}`
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `unsupported protocol scheme "${url.protocol.slice(0, -1)}"`
  const isKept = status === 307 || status === 308
  const method = isKept || request.method === 'GET' || request.method === 'HEAD' ? request.method : 'GET'
  const body = isKept ? request.body : new Uint8Array()
  return { location, request: { method, url, body, headers: headersFor(request, first, url, location) } }
}

function headersFor(request: Request, first: Request, url: URL, location: string): readonly Header[] {
  const isHome = sharesDomain(first.url.hostname, url.hostname)
  const isRelative = !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(location)
  const kept = request.headers.filter(
    ([name]) => (isHome || !PRIVATE.has(name)) && (isRelative || name !== 'Host') && name !== 'Referer',
  )
  return request.url.protocol === 'https:' && url.protocol === 'http:' ? kept : [...kept, ['Referer', refererOf(request.url)]]
}

/** The same host or one below it. */
function sharesDomain(first: string, next: string): boolean {
  return next === first || next.endsWith(`.${first}`)
}

function refererOf(url: URL): string {
  const referer = new URL(url)
  referer.username = ''
  referer.password = ''
  referer.hash = ''
  return referer.href
}
