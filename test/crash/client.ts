import { Agent, request } from 'node:http'

export type Answer = { readonly status: number; readonly type: string; readonly body: Buffer }

export type Asked = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** A client of one address; after `close` every request is refused. */
export function clientOf(address: string, token: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  return {
    /** @throws Error when no whole answer came: whether it was done is then not known */
    ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
      return new Promise((done, failed) => {
        const all = { authorization: `Bearer ${token}`, ...headers }
        const sent = request(new URL(path, address), { method, agent, headers: all, timeout: 30_000 }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', failed)
          response.on('end', () =>
            done({
              status: response.statusCode ?? 0,
              type: response.headers['content-type'] ?? '',
              body: Buffer.concat(chunks),
            }),
          )
        })
        sent.on('timeout', () => sent.destroy(new Error(`no answer within 30 s: ${method} ${path}`)))
        sent.on('error', failed)
        sent.end(body)
      })
    },
    close: () => agent.destroy(),
  }
}

export type Client = ReturnType<typeof clientOf>

/** What an answer holds, in the form that the caller knows it has. */
export function jsonOf({ body }: Answer): unknown {
  return JSON.parse(body.toString())
}
