import type { AnswerOf, SocketFact } from '../model/fact.ts'
import { textOf } from './bytes.ts'
import type { Context } from './context.ts'
import { goError } from './go-errors.ts'
import { printIpv6 } from './ip.ts'

const PROTOCOLS = ['tcp', 'tcp6', 'udp', 'udp6'] as const
const LISTEN = '0A'
/** A busy proxy has a few hundred thousand sockets, at 150 bytes each. */
const TABLE_LIMIT = 128 * 1024 * 1024

/** Every socket of the kernel's four tables. A host without IPv6 has two of them; one without any is an error. */
export async function askSockets({ host }: Context): Promise<AnswerOf<'sockets'>> {
  const tables = await Promise.all(PROTOCOLS.map((protocol) => host.readFile(`/proc/net/${protocol}`, TABLE_LIMIT)))
  const [first] = tables
  if (first !== undefined && 'errno' in first) return { error: goError('open', '/proc/net/tcp', first.errno) }
  if (tables.some((table) => 'value' in table && table.value.cut)) return { error: 'read /proc/net: too many sockets' }
  return {
    value: tables.flatMap((table, index) =>
      'value' in table ? parseSockets(textOf(table.value), PROTOCOLS[index] ?? 'tcp') : [],
    ),
  }
}

/** Rows of /proc/net/{tcp,tcp6,udp,udp6} of a little-endian machine, in the kernel's order. */
export function parseSockets(table: string, protocol: SocketFact['protocol']): readonly SocketFact[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state = '', , , , uid = ''] = line.trim().split(/\s+/)
      const [address = '', port = ''] = local.split(':')
      if (!/^([0-9A-F]{8}|[0-9A-F]{32})$/.test(address) || !/^[0-9A-F]{4}$/.test(port)) return []
      const isListening = protocol.startsWith('udp') || state === LISTEN
      return [{ protocol, address: printAddress(address), port: Number.parseInt(port, 16), isListening, uid: Number(uid) }]
    })
}

/** The kernel prints an address as words of its own byte order. */
function printAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse()
  return bytes.length === 4 ? bytes.join('.') : printIpv6(bytes)
}
