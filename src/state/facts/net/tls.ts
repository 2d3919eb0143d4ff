import type { Duplex } from 'node:stream'
import { X509Certificate } from 'node:crypto'
import { type ConnectionOptions, type PeerCertificate, type TLSSocket, checkServerIdentity, connect } from 'node:tls'
import { parseIp } from '../ip.ts'
import { WireError, within } from './wire.ts'

export type TlsAsk = {
  readonly host: string
  /** Null: the host. */
  readonly serverName: string | null
  /** PEM; the only roots that count. */
  readonly roots: readonly string[]
  readonly allowInsecure: boolean
  readonly certificate?: { readonly cert: string; readonly key: string }
  readonly timeoutMs: number
}

/** TLS over an open stream, which is ended when it fails. Rejects with a `WireError` in Go's words. */
export async function overTls(stream: Duplex, ask: TlsAsk): Promise<TLSSocket> {
  try {
    return await within(ask.timeoutMs, handshake(stream, ask), 'net/http: TLS handshake timeout')
  } catch (error) {
    stream.destroy()
    if (error instanceof WireError) throw error
    const failure = error instanceof Error ? error : new Error(String(error))
    throw new WireError('ETLS', tlsErrorText(failure, ask.serverName ?? ask.host), { cause: error })
  }
}

function handshake(stream: Duplex, { host, serverName, roots, allowInsecure, certificate }: TlsAsk): Promise<TLSSocket> {
  const name = serverName ?? host
  const options: ConnectionOptions = {
    socket: stream,
    host: name,
    ca: [...roots],
    rejectUnauthorized: !allowInsecure,
    checkServerIdentity: identityError,
    ...certificate,
    // An address is never sent as a name.
    ...(parseIp(name) === null ? { servername: name } : {}),
  }
  return new Promise((resolve, reject) => {
    const socket = connect(options)
    socket.once('error', reject)
    stream.once('close', () => reject(new WireError('EPIPE', 'EOF')))
    socket.once('secureConnect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** A common name alone is no name any more, in Go as in browsers. */
function identityError(host: string, certificate: PeerCertificate): Error | undefined {
  return certificate.subjectaltname === undefined
    ? new Error('x509: certificate relies on legacy Common Name field, use SANs instead')
    : checkServerIdentity(host, certificate)
}

/** OpenSSL's reason as Go puts it. */
export function tlsErrorText(error: Error & { readonly code?: string }, host: string): string {
  if (error.message.startsWith('x509: ')) return `tls: failed to verify certificate: ${error.message}`
  const code = error.code ?? ''
  if (UNKNOWN_AUTHORITY.has(code)) return `tls: failed to verify certificate: ${certificateProblem(code)}`
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return `tls: failed to verify certificate: ${certificateProblem(code)}`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `tls: failed to verify certificate: x509: certificate is not valid for ${host}`
  return sslErrorText(error) ?? `tls: ${error.message}`
}

/** What OpenSSL says of a broken conversation, in Go's words; null: it says nothing of one. */
export function sslErrorText({ message, code }: Error & { readonly code?: string }): string | null {
  if (/wrong version number|packet length too long/.test(message)) return 'http: server gave HTTP response to HTTPS client'
  const alert = /alert ([a-z ]+?):/.exec(message)?.[1]
  if (alert !== undefined) return `remote error: tls: ${alert}`
  return code?.startsWith('ERR_SSL_') === true ? `tls: ${message}` : null
}

/** Why a chain was not verified, in Go's words; OpenSSL's code where there are none. */
export function certificateProblem(code: string): string {
  if (UNKNOWN_AUTHORITY.has(code)) return 'x509: certificate signed by unknown authority'
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'x509: certificate has expired or is not yet valid'
  return `x509: ${code}`
}

const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Whether a PEM text holds at least one certificate that can be read. */
export function holdsCertificate(pem: string): boolean {
  return certificatesIn(pem).length > 0
}

/** Every certificate of a PEM text, in its order; what cannot be read is passed over, as Go's pools do. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)]
    } catch {
      return []
    }
  })
}
