import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

export type Answer = { readonly status: number; readonly type: string; readonly body: string }

/** What a health endpoint answers. `accept`: every Accept line as it was sent. */
export type Health = {
  readonly endpoint: string
  readonly health: (accept: readonly string[]) => Promise<Answer>
  readonly metrics: () => Promise<Answer>
  /** Told of an answer that could not be made. */
  readonly onError: (error: unknown) => void
}

const notFound: Answer = { status: 404, type: 'text/plain; charset=utf-8', body: '404 page not found\n' }

/** A server that answers probers: the endpoint by its exact path with whatever method, `/metrics`, and nothing else. */
export function healthServer({ endpoint, health, metrics, onError }: Health): Server {
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const path = (request.url ?? '/').split('?')[0]
    if (path === endpoint) return health(acceptLines(request))
    return path === '/metrics' ? metrics() : notFound
  }
  return createServer((request, response) => {
    request.resume()
    answer(request)
      .catch((error: unknown): Answer => {
        onError(error)
        return { status: 503, type: 'text/plain; charset=utf-8', body: `${error instanceof Error ? error.message : 'error'}\n` }
      })
      .then((made) => send(request, response, made))
      .catch(onError)
  })
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store' })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Node joins repeated headers; goss looks at the lines. */
function acceptLines({ rawHeaders }: IncomingMessage): readonly string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'accept')
}
