import type { AnswerOf, QueryOf } from '../model/fact.ts'
import { textOf } from '../facts/bytes.ts'
import { splitHostPort } from '../facts/net/address.ts'
import { certificateFact } from '../facts/net/certificate.ts'
import { rootsOf } from '../facts/net/files.ts'
import { certificatesIn } from '../facts/net/tls.ts'
import { parseIp } from '../facts/ip.ts'
import type { ToolWorld } from './tool-network.ts'

/** What a server presents, fetched by the host's own openssl and judged here with that host's roots. */
export async function askByOpenssl({ run, files }: ToolWorld, ask: QueryOf<'certificate'>): Promise<AnswerOf<'certificate'>> {
  const target = splitHostPort(ask.address ?? '')
  if (target === null) return { error: `certificate: ${ask.address ?? ''} is not host:port` }
  const name = ask.serverName ?? target.host
  const connect = target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`
  const names = parseIp(name) === null ? ['-servername', name] : []
  const fetched = await run(['openssl', 's_client', '-connect', connect, ...names, '-showcerts'], ask.timeoutMs + 1000)
  if (fetched.kind === 'missing')
    return { error: `certificate ${connect}: from inside there only openssl can ask, which is not installed` }
  if (fetched.kind !== 'exited') return { error: `dial tcp ${connect}: i/o timeout` }
  const printed = textOf(fetched.stdout)
  const [leaf, ...rest] = certificatesIn(printed)
  if (leaf === undefined) {
    return {
      error: `certificate ${connect}: ${textOf(fetched.stderr).trim().split('\n').at(-1)?.slice(0, 300) ?? 'presented none'}`,
    }
  }
  const roots = await rootsOf(files, ask.caFile ?? '')
  if ('error' in roots) return roots
  const protocol = /^\s*(?:New|Protocol\s*:?),?\s*(TLSv[\d.]+)/m.exec(printed)?.[1] ?? ''
  return { value: certificateFact({ leaf, rest, roots: roots.value.flatMap(certificatesIn), now: new Date(), protocol, name }) }
}
