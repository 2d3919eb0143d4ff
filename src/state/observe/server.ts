import { createServer, type IncomingMessage, type Server } from 'node:http'
import { answer, scopeOf } from './answers.ts'
import { metricsText, type Counted } from './metrics.ts'
import { negotiate, typeOf } from './negotiate.ts'
import type { Watched } from './watched.ts'

export type ObserveServerOptions = {
  /** `/healthz`, without a slash at the end. */
  readonly endpoint: string
  readonly watched: () => readonly Watched[]
  readonly counted: () => Counted
  readonly version: string
  readonly now: () => number
}

type Answer = { readonly status: number; readonly type: string; readonly body: string }

const textType = 'text/plain; charset=utf-8'
const notFound: Answer = { status: 404, type: textType, body: 'nobody has that name\n' }

/** Tells probers and scrapers how the watched policies stand, as of their last runs: a probe never makes one. */
export function observeServer(options: ObserveServerOptions): Server {
  return createServer({ requestTimeout: 10_000 }, (request, response) => {
    request.resume()
    const { status, type, body } = answerTo(request, options)
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      vary: 'accept',
      ...(status === 405 && { allow: 'GET, HEAD' }),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  })
}

function answerTo(request: IncomingMessage, { endpoint, watched, counted, version, now }: ObserveServerOptions): Answer {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, type: textType, body: 'only asking is possible\n' }
  const all = watched()
  if (path === '/metrics')
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metricsText(all, counted(), now()) }
  if (path !== endpoint && !path.startsWith(`${endpoint}/`)) return notFound
  const scope = scopeOf(path.slice(endpoint.length + 1), all)
  if (scope === null) return notFound
  const wanted = negotiate(acceptLines(request))
  if (wanted === null) return { status: 406, type: textType, body: 'text, JSON and goss formats are what there is\n' }
  const { health, body } = answer(all, scope, wanted, { nowMs: now(), version })
  return { status: health === 'ok' ? 200 : 503, type: typeOf(wanted), body }
}

/** Node joins repeated headers; some probers send one line for each type. */
function acceptLines({ rawHeaders }: IncomingMessage): readonly string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'accept')
}
