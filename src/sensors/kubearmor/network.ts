import type { Target } from '../../../core/model/act.ts'
import { portOf } from '../fields.ts'
import { addressTarget, fileTarget } from '../subject.ts'
import type { Done } from './acts.ts'
import { detailOf, valueOf, wordOf, type Line } from './line.ts'

/**
 * A connection, from the resource of a network line; null when the line is about a socket of another family (packets, netlink) or a UNIX
 * socket without a name, which reach nobody by an address.
 */
export function networkOf(line: Line, call: string | null, resource: string | null): Done | null {
  const unix = unixPathOf(resource)
  if (unix !== null) return connect(fileTarget('path', unix))
  const query = queryOf(wordOf(line, 'data') ?? `kfunc=${detailOf(line, 'kfunc') ?? ''}`)
  if (query !== null) return connect(addressTarget('out', { ...query, port: 53, protocol: 'udp' }))
  const family = valueOf(resource, 'sa_family') ?? valueOf(resource, 'domain') ?? detailOf(line, 'domain')
  if (family !== null && !/^AF_INET6?$/.test(family)) return null
  return connect(endOf(call, resource))
}

/** A packet that a network policy judged: who is behind the port depends on its direction. */
export function packetOf(line: Line, resource: string | null): Target | null {
  const isIncoming = resource === 'INGRESS'
  if (!isIncoming && resource !== 'EGRESS') return null
  return addressTarget(isIncoming ? 'in' : 'out', {
    address: detailOf(line, isIncoming ? 'SourceIP' : 'DestinationIP'),
    port: portOf(detailOf(line, 'DestinationPort') ?? undefined),
    protocol: detailOf(line, 'Protocol'),
  })
}

function connect(target: Target | null): Done {
  return { action: 'connect', target, access: null }
}

const listening: ReadonlySet<string> = new Set(['bind', 'listen'])
const accepting: ReadonlySet<string> = new Set(['accept', 'accept4', 'tcp_accept', 'recvfrom', 'recvmsg', 'recvmmsg'])

function endOf(call: string | null, resource: string | null): Target | null {
  const direction = listening.has(call ?? '') ? 'listen' : accepting.has(call ?? '') ? 'in' : 'out'
  const port = valueOf(resource, 'port') ?? valueOf(resource, 'sin_port') ?? valueOf(resource, 'sin6_port')
  return addressTarget(direction, {
    address: valueOf(resource, 'remoteip') ?? valueOf(resource, 'sin_addr') ?? valueOf(resource, 'sin6_addr'),
    // The kernel probe of an accepted connection has the own port, the system call the peer's, which is ephemeral.
    port: direction === 'in' && call !== 'tcp_accept' ? null : portOf(port ?? undefined),
    protocol: protocolOf(valueOf(resource, 'protocol')),
  })
}

/** A name; a system call's number says nothing without the socket's type. */
function protocolOf(protocol: string | null): string | null {
  const name = protocol?.toLowerCase().replace(/v6$/, '') ?? null
  return name !== null && /^[a-z]{2,10}$/.test(name) ? name : null
}

/** Last, up to the family if that follows: whoever names the socket can write into the path whatever is searched for otherwise. */
function unixPathOf(resource: string | null): string | null {
  const at = resource?.indexOf('sun_path=') ?? -1
  if (resource === null || (at !== 0 && resource[at - 1] !== ' ')) return null
  return resource.slice(at + 'sun_path='.length).replace(/ sa_family=AF_UNIX$/, '') || null
}

/** The name that was asked for may hold commas and equal signs; what follows it may not. */
const dnsQuery = /^kfunc=UDP_SENDMSG,domain=([^]*),daddr=([^,]*),qtype=[A-Z]*$/

function queryOf(data: string): { readonly address: string | null; readonly name: string | null } | null {
  const match = dnsQuery.exec(data)
  return match === null ? null : { address: match[2] || null, name: match[1] || null }
}
