import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { BatchHeader } from '../core/model/batch.ts'
import { RunproofError } from '../core/model/errors.ts'
import { spkiFromPem } from '../core/proof/keys.ts'
import { problemOf } from '../src/server/problem.ts'
import { follows, readSignedBatch, type Link } from '../src/service/streams.ts'

export type Received = { readonly header: BatchHeader; readonly lines: readonly string[]; readonly encoding: string }
/** What happens to a request before (`refuse`, `hangUp`) or after (`forgetAnswer`) the service has looked at it. */
export type Weather =
  | 'fair'
  | 'hangUp'
  | 'forgetAnswer'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }

/**
 * A service on loopback that checks batches with the functions of the real one and keeps them in memory. For the behaviour on the wire
 * alone: what it forgets, refuses and loses is up to the test.
 */
export async function receiving({ id, secret, pem }: { readonly id: string; readonly secret: string; readonly pem: string }) {
  const links = new Map<string, Link>()
  const received: Received[] = []
  const times: number[] = []
  let weather: () => Weather = () => 'fair'
  const sender = { id, key: spkiFromPem(pem) }

  async function take(request: IncomingMessage): Promise<object> {
    const wanted = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
    if (request.headers.authorization !== wanted) throw new RunproofError('access.unauthenticated', 'who are you?')
    const body = await bytesOf(request)
    const signed = await readSignedBatch(String(request.headers['runproof-batch']), body, sender)
    const { header, digest } = signed
    const last = links.get(header.stream) ?? null
    if (follows(last, signed) === 'repeated') return { seq: header.seq, repeated: true }
    const encoding = request.headers['content-encoding'] ?? 'identity'
    const plain = encoding === 'gzip' ? gunzipSync(body) : encoding === 'zstd' ? zstdDecompressSync(body) : Buffer.from(body)
    const lines = plain.length === 0 ? [] : plain.toString('utf8').slice(0, -1).split('\n')
    received.push({ header, lines, encoding })
    links.set(header.stream, { seq: header.seq, digest })
    return { seq: header.seq, repeated: false }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    times.push(Date.now())
    const now = weather()
    if (now === 'hangUp') return void request.socket.destroy()
    if (typeof now === 'object') {
      request.resume()
      return void response.writeHead(now.status, now.headers).end(JSON.stringify({ code: 'x.y', detail: 'the weather' }))
    }
    try {
      const taken = await take(request)
      if (now === 'forgetAnswer') return void request.socket.destroy()
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(taken))
    } catch (error) {
      const problem = problemOf(error)
      response.writeHead(problem.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
    }
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    times,
    links,
    lines: (): readonly string[] => received.flatMap(({ lines }) => lines),
    setWeather(next: () => Weather): void {
      weather = next
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

export type Receiving = Awaited<ReturnType<typeof receiving>>

async function bytesOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of request as AsyncIterable<Uint8Array>) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}
