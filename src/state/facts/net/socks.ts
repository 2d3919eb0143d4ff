import type { Duplex } from 'node:stream'
import { parseIp } from '../ip.ts'
import { WireError, within } from './wire.ts'

const VERSION = 5
const REPLIES: Readonly<Record<number, readonly [errno: string, text: string]>> = {
  1: ['EIO', 'general failure'],
  2: ['EACCES', 'not allowed by rules'],
  3: ['ENETUNREACH', 'network is unreachable'],
  4: ['EHOSTUNREACH', 'no route to host'],
  5: ['ECONNREFUSED', 'connection refused'],
  6: ['ETIMEDOUT', 'i/o timeout'],
}

/**
 * Asks a SOCKS5 server for a connection, RFC 1928, without authentication; the stream is then the destination's. Names are resolved at
 * the server's side. @throws WireError; `ECLOSED`: the server closed without a word, which is how OpenSSH refuses.
 */
export async function socksConnect(
  stream: Duplex,
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<Duplex> {
  const what = `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}`
  try {
    await within(timeoutMs, conversation(stream, host, port), `${what}: i/o timeout`)
    return stream
  } catch (error) {
    stream.destroy()
    if (!(error instanceof WireError) || error.errno === 'ETIMEDOUT') throw error
    throw new WireError(error.errno, `${what}: connect: ${error.message}`, { cause: error })
  }
}

async function conversation(stream: Duplex, host: string, port: number): Promise<void> {
  stream.write(Buffer.of(VERSION, 1, 0))
  const [version, method] = await exactly(stream, 2)
  if (version !== VERSION || method !== 0) throw new WireError('EPROTO', 'the proxy wants authentication')
  stream.write(requestOf(host, port))
  const [, reply = 1, , kind = 1] = await exactly(stream, 4)
  if (reply !== 0) {
    const [errno, text] = REPLIES[reply] ?? ['EIO', `SOCKS error ${reply}`]
    throw new WireError(errno, text)
  }
  const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await exactly(stream, 1))[0] ?? 0)
  await exactly(stream, length + 2)
}

function requestOf(host: string, port: number): Uint8Array {
  const address = parseIp(host)
  const name = Buffer.from(host, 'utf8')
  if (address === null && name.length > 255) throw new WireError('EINVAL', 'name too long')
  const destination = address === null ? [3, name.length, ...name] : [address.length === 4 ? 1 : 4, ...address]
  return Buffer.of(VERSION, 1, 0, ...destination, port >> 8, port & 255)
}

/** The next bytes, no more: what follows belongs to whoever reads next. */
async function exactly(stream: Duplex, length: number): Promise<Buffer> {
  for (;;) {
    const bytes: unknown = stream.read(length)
    if (bytes instanceof Buffer && bytes.length === length) return bytes
    if (stream.readableEnded || stream.destroyed || bytes instanceof Buffer) throw new WireError('ECLOSED', 'closed by the proxy')
    await moved(stream)
  }
}

function moved(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of EVENTS) stream.off(event, done)
      resolve()
    }
    for (const event of EVENTS) stream.once(event, done)
  })
}

const EVENTS = ['readable', 'end', 'error', 'close'] as const
