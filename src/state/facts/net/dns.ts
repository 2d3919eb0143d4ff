import { randomInt } from 'node:crypto'
import type { Answer, AnswerOf, QueryOf } from '../../model/fact.ts'
import type { Dialect } from '../../model/resource.ts'
import { goDuration } from '../go-duration.ts'
import { parseIp } from '../ip.ts'
import { splitHostPort } from './address.ts'
import { DNS_TYPES, type DnsResponse, type DnsType, decodeResponse, encodeQuery, reverseName } from './dns-message.ts'
import { overTcp } from './dns-tcp.ts'
import { type Wire, WireError, within } from './wire.ts'

const TRIES = 3
const NXDOMAIN = 3

/**
 * Addresses or records of a name, sorted. With a server the type is asked of it (A and AAAA for a type that is none); without one the
 * host's own lookup answers, which knows no type. Three tries, each as long as the timeout. No such name is an empty list; a server
 * that refuses or fails is an error, which goss takes for an empty list.
 */
export async function askDns(wire: Wire, dialect: Dialect, ask: QueryOf<'dns'>): Promise<AnswerOf<'dns'>> {
  let last: AnswerOf<'dns'> = { value: [] }
  for (let tries = 0; tries < TRIES; tries++) {
    last = await once(wire, dialect, ask)
    if ('value' in last && last.value.length > 0) return { value: last.value.toSorted(byBytes) }
    // The host's own lookup has said that there is no such name.
    if (ask.server === null && 'value' in last) return last
  }
  return last
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

async function once(wire: Wire, dialect: Dialect, ask: QueryOf<'dns'>): Promise<Answer<readonly string[]>> {
  const late = `DNS lookup timed out (${goDuration(ask.timeoutMs)})`
  try {
    if (ask.server === null) return { value: await hostLookup(wire, ask) }
    const asking = serverLookup(wire, dialect, { ...ask, server: ask.server })
    // What loses the race against the clock still ends, and nobody waits for it.
    asking.catch(() => {})
    return { value: await within(ask.timeoutMs, asking, late) }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { error: error.errno === 'ETIMEDOUT' ? late : error.message }
  }
}

/** The wire keeps the time: a lookup on another host waits its turn in a session first. */
async function hostLookup(wire: Wire, { name, timeoutMs }: QueryOf<'dns'>): Promise<readonly string[]> {
  return parseIp(name) === null ? wire.lookup(name, timeoutMs) : [name]
}

type Asked = QueryOf<'dns'> & { readonly server: string }

async function serverLookup(wire: Wire, dialect: Dialect, ask: Asked): Promise<readonly string[]> {
  const { name, type } = ask
  if (type === 'PTR') {
    const reverse = reverseName(name)
    if (reverse === null) throw new WireError('EINVAL', `dns: unrecognized address: ${name}`)
    return recordsFrom(wire, dialect, ask, reverse, 'PTR')
  }
  if (isDnsType(type)) return recordsFrom(wire, dialect, ask, name, type)
  const [four, six] = await Promise.all(
    (['A', 'AAAA'] as const).map((each) => orNone(dialect, recordsFrom(wire, dialect, ask, name, each))),
  )
  return [...(four ?? []), ...(six ?? [])]
}

function isDnsType(type: string | null): type is DnsType {
  return type !== null && Object.hasOwn(DNS_TYPES, type)
}

/** Without a type goss passes over what went wrong, but for the clock. */
async function orNone(dialect: Dialect, asking: Promise<readonly string[]>): Promise<readonly string[]> {
  return asking.catch((error: unknown) => {
    if (dialect === 'goss' && error instanceof WireError && error.errno !== 'ETIMEDOUT') return []
    throw error
  })
}

async function recordsFrom(wire: Wire, dialect: Dialect, ask: Asked, name: string, type: DnsType): Promise<readonly string[]> {
  const { records, code } = await exchange(wire, ask, name, type)
  if (code === 0 || code === NXDOMAIN || dialect === 'goss') return records
  throw new WireError('ESERVER', `${ask.server} answered ${RESPONSE_CODES[code] ?? `code ${code}`}`)
}

const RESPONSE_CODES: Readonly<Record<number, string>> = { 1: 'FORMERR', 2: 'SERVFAIL', 4: 'NOTIMP', 5: 'REFUSED' }

/** Over UDP, and over TCP what does not fit or has no UDP. */
async function exchange(wire: Wire, { server, timeoutMs }: Asked, name: string, type: DnsType): Promise<DnsResponse> {
  const { host, port } = splitHostPort(server) ?? { host: server.replace(/^\[(.*)\]$/, '$1'), port: 53 }
  const id = randomInt(65_536)
  const query = encodeQuery(id, name, type)
  if (typeof query === 'string') throw new WireError('EINVAL', query)
  if (wire.datagram !== null) {
    const response = decodeResponse(await wire.datagram(host, port, query, timeoutMs), id, type)
    if (response === null) throw new WireError('EPROTO', `${server} sent what is no answer`)
    if (!response.truncated) return response
  }
  const stream = await wire.dial({ family: 0, host, port, localAddress: null, timeoutMs })
  const response = decodeResponse(await within(timeoutMs, overTcp(stream, query)).finally(() => stream.destroy()), id, type)
  if (response === null) throw new WireError('EPROTO', `${server} sent what is no answer`)
  return response
}
