import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { RunproofError } from '../../core/model/errors.ts'
import type { Settings } from './settings/settings.ts'

/** @throws RunproofError `settings.invalid` when the port is taken, not ours to use, or the address not this machine's */
export async function listening(app: FastifyInstance, { listenHost: host, listenPort: port }: Settings): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (cause) {
    const why = `${whyOf(cause)}; end what listens there, or choose another listen.host or listen.port`
    throw new RunproofError('settings.invalid', `cannot listen on ${host}, port ${port}: ${why}`, { cause })
  }
}

/**
 * The certificate and key that the service speaks HTTPS with, as PEM; null: plain HTTP.
 * @throws RunproofError `settings.invalid`
 */
export function tlsFrom({ tlsCertificate, tlsKey }: Settings): { readonly certificate: string; readonly key: string } | null {
  if (tlsCertificate === null && tlsKey === null) return null
  if (tlsCertificate === null || tlsKey === null)
    throw new RunproofError('settings.invalid', 'tls.certificate and tls.key belong together: set both')
  const pair = { certificate: pemIn('tls.certificate', tlsCertificate), key: pemIn('tls.key', tlsKey) }
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key })
    return pair
  } catch (cause) {
    throw new RunproofError('settings.invalid', `tls.certificate and tls.key: ${whyOf(cause)}`, { cause })
  }
}

function pemIn(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new RunproofError('settings.invalid', `${setting}: cannot read ${path}`, { cause })
  }
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
