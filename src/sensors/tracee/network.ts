import type { Target } from '../../../core/model/act.ts'
import type { JsonObject } from '../connector.ts'
import { integerOf, objectOf, portOf, textOf, type Field } from '../fields.ts'
import { addressTarget, fileTarget } from '../subject.ts'
import { argOf, itemsOf, unwrap } from './args.ts'

/** The service's end of a connection, by the model's rules. `assumed`: who called whom is a guess. */
export type End = { readonly target: Target | null; readonly assumed: boolean }

/**
 * Whom a socket call named, or the own address for `listen`; `unaddressed` for families other than IP and for UNIX sockets without a name;
 * null where no address came.
 */
export function peerOf(data: Field, direction: 'out' | 'in' | 'listen'): Target | 'unaddressed' | null {
  const given = objectOf(argOf(data, 'addr') ?? argOf(data, 'dest_addr') ?? argOf(data, 'src_addr'))
  const remote = objectOf(argOf(data, 'remote_addr'))
  const local = objectOf(argOf(data, 'local_addr'))
  const named = direction === 'listen' ? (local ?? given) : (remote ?? given ?? (direction === 'in' ? local : null))
  if (named === null) return null
  const path = textOf(named['sun_path'])
  if (path !== null) return fileTarget('path', path)
  if (isOtherFamily(named['sa_family'])) return 'unaddressed'
  // Of an accepted connection the peer's port is ephemeral; only the own one is the service's.
  const port = direction === 'in' ? socketPort(local) : socketPort(named)
  const address = direction === 'in' && remote === null && given === null ? null : socketAddress(named)
  return addressTarget(direction, { address, port, protocol: null })
}

function isOtherFamily(family: Field): boolean {
  if (family === undefined || family === null) return false
  return family !== 'AF_INET' && family !== 'AF_INET6' && family !== 2 && family !== 10
}

function socketAddress(socket: JsonObject): string | null {
  return textOf(socket['sin_addr']) ?? textOf(socket['sin6_addr'])
}

function socketPort(socket: JsonObject | null): number | null {
  return portOf(socket?.['sin_port'] ?? socket?.['sin6_port'])
}

/** A TCP or UDP flow: from whoever started it to the service, and Tracee says on which side it stands. */
export function flowEnd(name: string, data: Field): End {
  const direction = argOf(data, 'conn_direction')
  const isIncoming = direction === 'incoming'
  const [dns] = itemsOf(argOf(data, 'dst_dns'))
  const target = addressTarget(isIncoming ? 'in' : 'out', {
    address: textOf(argOf(data, isIncoming ? 'src' : 'dst')),
    name: isIncoming ? null : textOf(dns),
    port: portOf(argOf(data, 'dst_port')),
    protocol: name.includes('_udp_') ? 'udp' : 'tcp',
  })
  return { target, assumed: name !== 'net_tcp_connect' && !isIncoming && direction !== 'outgoing' }
}

/** Linux takes ephemeral ports from here on. */
const FIRST_EPHEMERAL = 32_768

/**
 * A single packet. The service's end is the one whose port is not ephemeral; whether it left or came shows only where Tracee says so, or
 * where the process was `sending` while it went to the service. Anything else is assumed to be somebody calling out.
 */
export function packetEnd(name: string, data: Field, isSending: boolean): End {
  const packet = packetOf(name, data)
  const [fromService, toService] = [isService(packet.sourcePort), isService(packet.destinationPort)]
  const isClear = fromService !== toService
  const atSource = fromService && (!toService || (packet.sourcePort ?? 0) < (packet.destinationPort ?? 0))
  const direction = packet.direction ?? (isSending && isClear && !atSource ? 'egress' : null)
  const isIncoming = direction !== null && (direction === 'egress') === atSource
  const port = atSource ? packet.sourcePort : toService ? packet.destinationPort : null
  const target = addressTarget(isIncoming ? 'in' : 'out', {
    address: atSource === isIncoming ? packet.destination : packet.source,
    name: isIncoming ? null : queryOf(data),
    port,
    protocol: packet.protocol,
  })
  return { target, assumed: direction === null || !isClear }
}

type Packet = {
  readonly source: string | null
  readonly destination: string | null
  readonly sourcePort: number | null
  readonly destinationPort: number | null
  readonly protocol: string | null
  readonly direction: 'egress' | 'ingress' | null
}

const nothing: JsonObject = {}

/** Either the arguments `src`, `dst`, … with the protocol's header beside them, or all of it in `metadata`. */
function packetOf(name: string, data: Field): Packet {
  const metadata = objectOf(argOf(data, 'metadata')) ?? nothing
  const header = objectOf(argOf(data, 'proto_tcp') ?? argOf(data, 'proto_udp')) ?? nothing
  return {
    source: textOf(metadata['src_ip'] ?? argOf(data, 'src')),
    destination: textOf(metadata['dst_ip'] ?? argOf(data, 'dst')),
    sourcePort: portOf(metadata['src_port'] ?? argOf(data, 'src_port') ?? header['srcPort'] ?? header['src_port']),
    destinationPort: portOf(metadata['dst_port'] ?? argOf(data, 'dst_port') ?? header['dstPort'] ?? header['dst_port']),
    protocol: protocols.get(integerOf(metadata['protocol']) ?? -1) ?? protocolOf(name, data),
    direction: directionOf(metadata['direction'] ?? argOf(data, 'packet_direction')),
  }
}

const protocols: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'icmpv6'],
  [132, 'sctp'],
])

/** By the event's name; of a bare IP packet its header says it. DNS goes over either. */
function protocolOf(name: string, data: Field): string | null {
  const [, layer = ''] = /^net_packet_(tcp|udp|icmpv6|icmp|http)/.exec(name) ?? []
  if (layer !== '') return layer === 'http' ? 'tcp' : layer
  const header = objectOf(argOf(data, 'proto_ipv4') ?? argOf(data, 'proto_ipv6')) ?? nothing
  const inner = textOf(header['protocol'] ?? header['nextHeader'] ?? header['next_header'])
  return inner !== null && /^[A-Za-z0-9]{2,10}$/.test(inner) ? inner : null
}

/** Protobuf's number, or its name. */
function directionOf(value: Field): Packet['direction'] {
  if (value === 3) return 'egress'
  if (value === 1) return 'ingress'
  const word = textOf(value)?.toLowerCase() ?? ''
  return word.endsWith('egress') ? 'egress' : word.endsWith('ingress') ? 'ingress' : null
}

function isService(port: number | null): boolean {
  return port !== null && port < FIRST_EPHEMERAL
}

/** The first name that was asked for. */
function queryOf(data: Field): string | null {
  const header = objectOf(unwrap(argOf(data, 'proto_dns')))
  if (header !== null) return textOf(objectOf(itemsOf(header['questions'])[0])?.['name'])
  const [question] = itemsOf(argOf(data, 'dns_questions'))
  const [response] = itemsOf(argOf(data, 'dns_response'))
  const answered = objectOf(response)
  const asked = objectOf(question) ?? objectOf(answered?.['query_data'] ?? answered?.['dns_query_data'])
  return textOf(asked?.['query'])
}
