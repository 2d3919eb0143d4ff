import type { AnswerOf, FactKinds } from '../model/fact.ts'
import { textOf } from './bytes.ts'
import type { Context } from './context.ts'
import { whyNot } from './file-attributes.ts'
import { goError } from './go-errors.ts'
import type { Host } from './host.ts'
import { parseIp, printIpv6 } from './ip.ts'

type Interfaces = FactKinds['interfaces']['answer']

const ROOT = '/sys/class/net'

/** Every interface with its MTU and its addresses in CIDR form, IPv4 first, each in the kernel's order. */
export async function askInterfaces({ host }: Context): Promise<AnswerOf<'interfaces'>> {
  const names = await host.list(ROOT)
  if ('errno' in names) return { error: goError('open', ROOT, names.errno) }
  const addresses = await addressesOf(host)
  if (typeof addresses === 'string') return { error: addresses }
  const answer: Interfaces[number][] = []
  for (const name of names.value) {
    const mtu = await host.readFile(`${ROOT}/${name}/mtu`, 64)
    // bonding_masters is a file among the interfaces.
    if ('value' in mtu) answer.push({ name, mtu: Number(textOf(mtu.value)), addresses: addresses.get(name) ?? [] })
  }
  return { value: answer }
}

async function addressesOf(host: Host): Promise<ReadonlyMap<string, readonly string[]> | string> {
  const run = await host.run(['ip', '-o', 'addr', 'show'])
  if (run.kind === 'exited' && run.status === 0) return parseIpAddr(textOf(run.stdout))
  const old = await host.run(['ifconfig', '-a'])
  if (old.kind === 'exited' && old.status === 0) return parseIfconfig(textOf(old.stdout))
  return `addresses of interfaces: ${run.kind === 'exited' ? `ip ended with ${run.status}` : whyNot('ip', run)}`
}

/** `ip -o addr show`: `2: eth0    inet 192.0.2.2/24 …`; with a peer the local address counts and the peer's length. */
export function parseIpAddr(printed: string): ReadonlyMap<string, readonly string[]> {
  const found: [string, string][] = []
  for (const line of printed.split('\n')) {
    const [, name = '', address = '', length = ''] =
      /^\d+:\s+(\S+?)(?:@\S+)?\s+inet6?\s+([^\s/]+)(?:\s+peer\s+[^\s/]+)?\/(\d+)/.exec(line) ?? []
    if (name !== '') found.push([name, `${printed6(address)}/${length}`])
  }
  return grouped(found)
}

/** `ifconfig -a` of busybox and net-tools, for hosts without `ip`. */
export function parseIfconfig(printed: string): ReadonlyMap<string, readonly string[]> {
  const found: [string, string][] = []
  let name = ''
  for (const line of printed.split('\n')) {
    name = /^(\S+?):?\s/.exec(line)?.[1] ?? name
    const four = /inet (?:addr:)?(\d+\.\d+\.\d+\.\d+).*?(?:Mask:|netmask )(\d+\.\d+\.\d+\.\d+)/.exec(line)
    const six = /inet6 (?:addr: )?([0-9a-f:.]+)(?:\/|\s+prefixlen )(\d+)/i.exec(line)
    if (four) found.push([name, `${four[1]}/${lengthOf(four[2] ?? '')}`])
    if (six) found.push([name, `${printed6(six[1] ?? '')}/${six[2]}`])
  }
  return grouped(found)
}

function grouped(found: readonly (readonly [string, string])[]): ReadonlyMap<string, readonly string[]> {
  const lists = Map.groupBy(found, ([name]) => name)
  const isSix = (address: string): number => (address.includes(':') ? 1 : 0)
  return new Map(
    [...lists].map(([name, all]) => [name, all.map(([, address]) => address).toSorted((a, b) => isSix(a) - isSix(b))]),
  )
}

function printed6(address: string): string {
  const bytes = parseIp(address)
  return bytes?.length === 16 ? printIpv6(bytes) : address
}

function lengthOf(mask: string): number {
  return [...(parseIp(mask) ?? [])].reduce((ones, byte) => ones + byte.toString(2).replaceAll('0', '').length, 0)
}
