import type { AnswerOf, QueryOf } from '../model/fact.ts'
import { splitHostPort } from '../facts/net/address.ts'
import type { HostFiles } from '../facts/net/files.ts'
import type { Network } from '../facts/net/network.ts'
import { goDuration } from '../facts/go-duration.ts'
import { textOf } from '../facts/bytes.ts'
import type { Host, Run } from '../facts/host.ts'
import { parseIp } from '../facts/ip.ts'
import { WireError } from '../facts/net/wire.ts'
import { askByCurl } from './tool-curl.ts'
import { askByOpenssl } from './tool-openssl.ts'
import type { Session } from './session.ts'
import { lookupThere } from './socks-wire.ts'

export type ToolWorld = {
  readonly run: Host['run']
  readonly files: HostFiles
  readonly session: Session
  readonly readingLimit: number
}

/**
 * Network questions by the programs that a host happens to have: in containers, and where ssh may not forward. What cannot be asked
 * that way is an error that names what is missing.
 */
export function toolNetwork(world: ToolWorld): Network {
  return {
    address: (ask) => askAddress(world, ask),
    dns: (ask) => askDns(world, ask),
    http: (ask) => askByCurl(world, ask),
    certificate: (ask) => askByOpenssl(world, ask),
  }
}

/** Opens a TCP connection by bash, nc or curl, whichever is there. */
async function askAddress({ run }: ToolWorld, ask: QueryOf<'address'>): Promise<AnswerOf<'address'>> {
  const [, scheme = 'tcp', rest = ask.address] = /^(.*?):\/\/([\s\S]*)$/.exec(ask.address) ?? []
  const target = splitHostPort(rest)
  if (target === null) return { value: false }
  if (/^udp[46]?$/.test(scheme)) return { value: true }
  if (!/^tcp[46]?$/.test(scheme)) return { value: false }
  if (scheme !== 'tcp') return { error: `address ${ask.address}: only tcp without a version can be asked from inside there` }
  for (const argv of dialers({ ...target, host: target.host === '' ? 'localhost' : target.host }, ask)) {
    const verdict = verdictOf(argv[0], await run(argv, ask.timeoutMs + 1000))
    if (verdict !== null) return { value: verdict }
  }
  return { error: `address ${ask.address}: no bash, nc or curl there that can open a connection` }
}

/** Null: the program is missing, or cannot do it; that says nothing of the address. */
function verdictOf(program: string, tried: Run): boolean | null {
  if (tried.kind === 'timeout') return false
  if (tried.kind !== 'exited') return null
  if (program === 'curl') return CURL_VERDICTS.get(tried.status) ?? null
  if (tried.status === 0) return true
  // bash: 1 is no connection, 124 no time; nc tells a wrong option only by its text.
  if (program === 'bash') return tried.status === 1 || tried.status === 124 ? false : null
  return /usage|invalid option|unrecognized/i.test(textOf(tried.stderr)) ? null : false
}

/** Its standard input is empty, so curl leaves as soon as it is connected; 28 is a connection that never came. */
const CURL_VERDICTS = new Map([
  [0, true],
  [49, true],
  [52, true],
  [56, true],
  [6, false],
  [7, false],
  [28, false],
  [45, false],
])

function dialers(
  { host, port }: { readonly host: string; readonly port: number },
  { localAddress, timeoutMs }: QueryOf<'address'>,
): readonly (readonly [string, ...string[]])[] {
  const seconds = String(timeoutMs / 1000)
  const whole = String(Math.max(1, Math.ceil(timeoutMs / 1000)))
  const local = localAddress !== null && parseIp(localAddress) !== null ? localAddress : null
  const bash = `timeout "$3" bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$1" "$2"`
  return [
    ...(local === null ? [['bash', '-c', bash, 'bash', host, String(port), seconds] as const] : []),
    ['nc', '-z', '-w', whole, ...(local === null ? [] : ['-s', local]), host, String(port)],
    [
      ...(['curl', '-s', '--connect-timeout', seconds, '-o', '/dev/null'] as const),
      ...(local === null ? [] : ['--interface', local]),
      `telnet://${joinedHost(host)}:${port}`,
    ],
  ]
}

function joinedHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** `getent` for the host's own lookup, `dig` where a server is named. */
async function askDns({ run }: ToolWorld, ask: QueryOf<'dns'>): Promise<AnswerOf<'dns'>> {
  if (ask.server === null) {
    if (parseIp(ask.name) !== null) return { value: [ask.name] }
    try {
      return { value: [...(await lookupThere({ run }, ask.name, ask.timeoutMs))].toSorted() }
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return { error: error.errno === 'ETIMEDOUT' ? `DNS lookup timed out (${goDuration(ask.timeoutMs)})` : error.message }
    }
  }
  const types = ask.type !== null && DIG_TYPES.has(ask.type) ? [ask.type] : ['A', 'AAAA']
  const found: string[] = []
  for (const type of types) {
    const answer = digAnswer(ask, await run(digCommand(ask, ask.server, type), 3 * ask.timeoutMs + 1000))
    if ('error' in answer) return answer
    found.push(...answer.value)
  }
  return { value: found.toSorted() }
}

const DIG_TYPES = new Set(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT', 'CAA', 'SSHFP'])

function digCommand({ name, type, timeoutMs }: QueryOf<'dns'>, server: string, asked: string): readonly [string, ...string[]] {
  const { host, port } = splitHostPort(server) ?? { host: server, port: 53 }
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000))
  const question = type === 'PTR' ? ['-x', name] : ['-q', name, '-t', asked]
  return ['dig', `@${host}`, '-p', String(port), ...question, '+noall', '+answer', '+comments', `+time=${seconds}`, '+tries=3']
}

function digAnswer(ask: QueryOf<'dns'>, run: Run): AnswerOf<'dns'> {
  if (run.kind === 'missing')
    return { error: `dns ${ask.name}: a server can be asked from inside there only by dig, which is not installed` }
  if (run.kind !== 'exited' || run.status === 9) return { error: `DNS lookup timed out (${goDuration(ask.timeoutMs)})` }
  const printed = textOf(run.stdout)
  const status = /status: ([A-Z]+)/.exec(printed)?.[1]
  if (run.status !== 0 || (status !== 'NOERROR' && status !== 'NXDOMAIN')) {
    return { error: `${ask.server} answered ${status ?? `nothing (dig ended with ${run.status})`}` }
  }
  return { value: printed.split('\n').flatMap((line) => digRecord(line)) }
}

/** `name ttl IN TYPE data`; segments of TXT are entries of their own, other quotes are taken off. */
function digRecord(line: string): readonly string[] {
  const [, type, data = ''] = /^[^;\s]\S*\s+\d+\s+IN\s+([A-Z]+)\s+(.*)$/.exec(line) ?? []
  if (type === undefined || !DIG_TYPES.has(type)) return []
  if (type === 'TXT') return [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '')
  return [type === 'CAA' ? data.replace(/"(.*)"$/, '$1') : data]
}
