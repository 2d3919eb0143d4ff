import { createSocket, type Socket as Datagrams } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { type Socket, type TcpNetConnectOpts, connect, isIP } from 'node:net'
import { errnoOf, errnoText } from '../go-errors.ts'
import { type Dial, type Wire, WireError, timedOut, within } from './wire.ts'

/** This machine's own sockets and its own way to find names. */
export const localWire: Wire = { dial, dialUnix, datagram, lookup: namesOf }

async function dial({ family, host, port, localAddress, timeoutMs }: Dial): Promise<Socket> {
  const options: TcpNetConnectOpts = { host, port, family, noDelay: true }
  // goss parses the local address and goes on without one where that fails.
  if (localAddress !== null && isIP(localAddress) > 0) options.localAddress = localAddress
  return opened(connect(options), timeoutMs, `dial tcp ${joined(host, port)}`)
}

async function dialUnix(path: string, timeoutMs: number): Promise<Socket> {
  return opened(connect({ path }), timeoutMs, `dial unix ${path}`)
}

function opened(socket: Socket, timeoutMs: number, what: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy()
      reject(timedOut(`${what}: i/o timeout`))
    }, timeoutMs)
    const failed = (error: Error): void => {
      clearTimeout(timer)
      reject(dialError(error, what))
    }
    socket.once('error', failed)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', failed)
      resolve(socket)
    })
  })
}

function dialError(error: Error, what: string): WireError {
  // Several addresses were tried: the first one's error is what Go reports.
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
  const errno = errnoOf(first)
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN') {
    const name = 'hostname' in first ? String(first.hostname) : ''
    const why = errno === 'ENOTFOUND' ? 'no such host' : 'server misbehaving'
    return new WireError(errno, `dial tcp: lookup ${name}: ${why}`, { cause: error })
  }
  return new WireError(errno, `${what}: connect: ${errnoText(errno)}`, { cause: error })
}

/** A datagram that nobody took: Go names both ends, and says that it read. */
function readError(error: Error, socket: Datagrams, remote: string): WireError {
  const errno = errnoOf(error)
  const { address, port } = socket.address()
  return new WireError(errno, `read udp ${joined(address, port)}->${remote}: read: ${errnoText(errno)}`, { cause: error })
}

/** Host and port as Go joins them. */
export function joined(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function datagram(host: string, port: number, message: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const answer = new Promise<Uint8Array>((resolve, reject) => {
    socket.once('message', resolve)
    socket.once('error', (error) => reject(readError(error, socket, joined(host, port))))
    // Connected: only the server's own answers arrive, and a closed port is told. Node hands a failure to whoever connects.
    socket.connect(port, host, (error?: Error | null) => {
      if (error) reject(dialError(error, `dial udp ${joined(host, port)}`))
      else socket.send(message)
    })
  })
  return within(timeoutMs, answer, `read udp ${joined(host, port)}: i/o timeout`).finally(() => socket.close())
}

async function namesOf(name: string, timeoutMs: number): Promise<readonly string[]> {
  try {
    const found = await within(timeoutMs, lookup(name, { all: true }), `lookup ${name}: i/o timeout`)
    return [...new Set(found.map(({ address }) => address))]
  } catch (error) {
    if (error instanceof WireError) throw error
    if (errnoOf(error) === 'ENOTFOUND') return []
    throw new WireError(errnoOf(error), `lookup ${name}: server misbehaving`, { cause: error })
  }
}
