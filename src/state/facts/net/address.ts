import type { AnswerOf, QueryOf } from '../../model/fact.ts'
import { parseIp } from '../ip.ts'
import { type Wire, WireError } from './wire.ts'

const FAMILIES = new Map<string, 0 | 4 | 6>([
  ['tcp', 0],
  ['tcp4', 4],
  ['tcp6', 6],
])

/**
 * Whether somebody answers: `tcp://` (also without a scheme), `tcp4://` and `tcp6://` open a connection. `udp://` only finds the
 * address, as in goss: a datagram says nothing about who reads it. Anything else, and every error, is no.
 */
export async function askAddress(wire: Wire, ask: QueryOf<'address'>): Promise<AnswerOf<'address'>> {
  const [, scheme = 'tcp', rest = ask.address] = /^(.*?):\/\/([\s\S]*)$/.exec(ask.address) ?? []
  const target = splitHostPort(rest)
  if (target === null) return { value: false }
  if (/^udp[46]?$/.test(scheme)) return { value: await isKnown(wire, target.host, ask.timeoutMs) }
  const family = FAMILIES.get(scheme)
  if (family === undefined || isOtherFamily(target.host, family)) return { value: false }
  try {
    const host = target.host === '' ? 'localhost' : target.host
    const stream = await wire.dial({ ...target, host, family, localAddress: ask.localAddress, timeoutMs: ask.timeoutMs })
    stream.on('error', () => {})
    stream.destroy()
    return { value: true }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    // The wire itself is broken: nothing is known of the address.
    return error.errno === 'ENOWIRE' ? { error: error.message } : { value: false }
  }
}

async function isKnown(wire: Wire, host: string, timeoutMs: number): Promise<boolean> {
  if (host === '' || parseIp(host) !== null) return true
  return (await wire.lookup(host, timeoutMs).catch(() => [])).length > 0
}

function isOtherFamily(host: string, family: 0 | 4 | 6): boolean {
  const bytes = parseIp(host)
  return bytes !== null && family !== 0 && bytes.length !== (family === 4 ? 4 : 16)
}

/** `host:port` and `[address]:port` with a number or a well-known name for the port; null: it is neither. */
export function splitHostPort(text: string): { readonly host: string; readonly port: number } | null {
  const [, bracketed, plain, port = ''] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([A-Za-z0-9-]+)$/.exec(text) ?? []
  const host = bracketed ?? plain
  const number = /^\d+$/.test(port) ? Number(port) : PORTS.get(port.toLowerCase())
  return host === undefined || number === undefined || number > 65_535 ? null : { host, port: number }
}

/** The names that Go knows without a file. */
const PORTS = new Map([
  ['domain', 53],
  ['ftp', 21],
  ['ftps', 990],
  ['gopher', 70],
  ['http', 80],
  ['https', 443],
  ['imap2', 143],
  ['imap3', 220],
  ['imaps', 993],
  ['pop3', 110],
  ['pop3s', 995],
  ['smtp', 25],
  ['submissions', 465],
  ['ssh', 22],
  ['telnet', 23],
])
