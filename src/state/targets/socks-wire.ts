import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { textOf } from '../facts/bytes.ts'
import type { Host } from '../facts/host.ts'
import { joined } from '../facts/net/local-wire.ts'
import { socksConnect } from '../facts/net/socks.ts'
import { type Dial, type Wire, WireError, timedOut } from '../facts/net/wire.ts'
import { memoised } from '../facts/context.ts'

/** What of a host a forwarding needs. */
type Far = Pick<Host, 'run'> & { readonly sshServer: { readonly host: string; readonly port: number } | null }

const PROBE_MS = 10_000

/**
 * The network of an ssh target by the forwarding of its session. OpenSSH does not say why it could not open a connection; whether it may
 * open any is found out by one to its own server, so that a forbidden forwarding (`ENOWIRE`) is never taken for a closed port.
 */
export function socksWire(port: number, far: Far): Wire {
  const isPermitted = memoised(() => probe(port, far))
  return {
    dial: async (dial) => {
      if (dial.localAddress !== null) throw new WireError('ENOWIRE', 'a forwarding cannot choose its local address')
      try {
        return await through(port, dial)
      } catch (error) {
        if (!(error instanceof WireError) || error.errno === 'ETIMEDOUT') throw error
        if (!(await isPermitted(undefined))) {
          throw new WireError('ENOWIRE', 'the ssh server does not permit forwarding (AllowTcpForwarding)', { cause: error })
        }
        const what = `dial tcp ${joined(dial.host, dial.port)}`
        throw new WireError('ECONNREFUSED', `${what}: connect: the host could not open the connection`, { cause: error })
      }
    },
    dialUnix: async () => {
      throw new WireError('ENOWIRE', 'a forwarding reaches no unix socket')
    },
    datagram: null,
    lookup: (name, timeoutMs) => lookupThere(far, name, timeoutMs),
  }
}

async function through(port: number, { host, port: to, timeoutMs }: Dial): Promise<Duplex> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  // Errors are met as the end of what is read.
  socket.on('error', () => {})
  return socksConnect(socket, { host, port: to }, timeoutMs)
}

async function probe(port: number, { sshServer }: Far): Promise<boolean> {
  if (sshServer === null) return false
  try {
    const stream = await through(port, { ...sshServer, family: 0, localAddress: null, timeoutMs: PROBE_MS })
    stream.destroy()
    return true
  } catch {
    return false
  }
}

/** Names as the host's own programs find them. */
export async function lookupThere({ run }: Pick<Host, 'run'>, name: string, timeoutMs: number): Promise<readonly string[]> {
  const found = await run(['getent', 'ahosts', name], timeoutMs)
  if (found.kind === 'missing') throw new WireError('ENOWIRE', `lookup ${name}: getent is not installed there`)
  if (found.kind !== 'exited') throw timedOut()
  if (found.status !== 0) return []
  const lines = textOf(found.stdout).split('\n')
  return [...new Set(lines.flatMap((line) => line.split(/\s/, 1)).filter((address) => address !== ''))]
}
