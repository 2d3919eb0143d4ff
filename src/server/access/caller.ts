import type { FastifyRequest } from 'fastify'
import { X509Certificate } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { TLSSocket } from 'node:tls'

/** What a request shows of whoever sent it. */
export type Caller = {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly address: string
  /** Where the request believes to be: `https://host:port`. */
  readonly origin: string
  /** From the client's TLS certificate: leaf first; empty: none, or none that our bundles vouch for. */
  readonly certificates: readonly X509Certificate[]
}

export function callerOf(request: FastifyRequest): Caller {
  return {
    method: request.method,
    headers: request.headers,
    address: request.ip,
    origin: `${request.protocol}://${request.host}`,
    certificates: certificatesOf(request.raw.socket),
  }
}

/** Longer chains are nobody's. */
const MAX_CHAIN = 6

function certificatesOf(socket: unknown): readonly X509Certificate[] {
  // `authorized`: the TLS layer built a path (RFC 5280) to one of the roots that it was given.
  if (!(socket instanceof TLSSocket) || !socket.authorized) return []
  const chain: X509Certificate[] = []
  const seen = new Set<string>()
  let next = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && !seen.has(next.fingerprint256) && chain.length < MAX_CHAIN) {
    seen.add(next.fingerprint256)
    chain.push(new X509Certificate(next.raw))
    next = next.issuerCertificate
  }
  return chain
}
