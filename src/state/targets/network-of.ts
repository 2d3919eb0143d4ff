import type { CollectOptions } from '../facts/options.ts'
import type { Network } from '../facts/net/network.ts'
import { wireNetwork } from '../facts/net/wire-network.ts'
import { parseIp } from '../facts/ip.ts'
import type { Answer, QueryOf } from '../model/fact.ts'
import type { Session } from './session.ts'
import type { Hello } from './shell-host.ts'
import { socksWire } from './socks-wire.ts'
import { type ToolWorld, toolNetwork } from './tool-network.ts'

type Far = Pick<ToolWorld, 'run' | 'files'>

/** How a host's network is asked: by the forwarding of its ssh session, else by its own programs. */
export function networkOf(session: Session, hello: Hello, far: Far, socksPort: number | null, options: CollectOptions): Network {
  const tools = toolNetwork({ ...far, session, readingLimit: options.limits.reading })
  if (socksPort === null) return tools
  const forwarded = wireNetwork({
    wire: socksWire(socksPort, { run: far.run, sshServer: hello.sshServer }),
    files: far.files,
    environment: hello.environment,
    dialect: options.dialect,
    readingLimit: options.limits.reading,
  })
  return {
    address: (asked) => {
      const ask = withLocalAddress(asked)
      return ask.localAddress === null ? orElse(forwarded.address(ask), () => tools.address(ask)) : tools.address(ask)
    },
    dns: async (ask) => {
      const answer = await forwarded.dns(ask)
      // A server that answers over UDP only is out of a forwarding's reach, but not out of the host's.
      if ('value' in answer || ask.server === null || !answer.error.startsWith('dial tcp')) return answer
      const asked = await tools.dns(ask)
      return 'value' in asked ? asked : { error: `${answer.error}; ${asked.error}` }
    },
    http: (ask) => (ask.socket === null ? orElse(forwarded.http(ask), () => tools.http(ask)) : tools.http(ask)),
    certificate: (ask) => orElse(forwarded.certificate(ask), () => tools.certificate(ask)),
  }
}

/** goss goes on without a local address that is none. */
function withLocalAddress(ask: QueryOf<'address'>): QueryOf<'address'> {
  return ask.localAddress !== null && parseIp(ask.localAddress) === null ? { ...ask, localAddress: null } : ask
}

/** What the forwarding may not do, the host's own programs may. */
async function orElse<T>(first: Promise<Answer<T>>, second: () => Promise<Answer<T>>): Promise<Answer<T>> {
  const answer = await first
  return 'error' in answer && answer.error.includes('does not permit forwarding') ? second() : answer
}
