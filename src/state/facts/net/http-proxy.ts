import type { Duplex } from 'node:stream'
import { request } from 'node:http'
import { type Exchange, credentials, leftOf, portOf } from './http-exchange.ts'
import { socksConnect } from './socks.ts'
import { overTls } from './tls.ts'
import { WireError, timedOut } from './wire.ts'

type Destination = { readonly host: string; readonly port: number; readonly isTls: boolean }

/** A stream to a destination by way of a proxy: `http`, `https` and `socks5`. For plain HTTP it is the stream to the proxy itself. */
export async function throughProxy(exchange: Exchange, proxy: URL, destination: Destination): Promise<Duplex> {
  const stream = await toProxy(exchange, proxy)
  if (/^socks5h?:$/.test(proxy.protocol)) return socksConnect(stream, destination, leftOf(exchange))
  return destination.isTls ? tunnel(exchange, stream, proxy, destination) : stream
}

async function toProxy(exchange: Exchange, proxy: URL): Promise<Duplex> {
  const isSocks = /^socks5h?:$/.test(proxy.protocol)
  if (!isSocks && !/^https?:$/.test(proxy.protocol))
    throw new WireError('EINVAL', `proxyconnect: unknown scheme ${proxy.protocol}`)
  const host = proxy.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = isSocks && proxy.port === '' ? 1080 : portOf(proxy)
  const raw = await exchange.world.wire
    .dial({ family: 0, host, port, localAddress: null, timeoutMs: leftOf(exchange) })
    .catch((error: unknown) => {
      throw error instanceof WireError
        ? new WireError(error.errno, `proxyconnect tcp: ${error.message}`, { cause: error })
        : error
    })
  if (proxy.protocol !== 'https:') return raw
  const { roots, ask } = exchange
  return overTls(raw, { host, serverName: null, roots, allowInsecure: ask.allowInsecure, timeoutMs: leftOf(exchange) })
}

function tunnel(exchange: Exchange, stream: Duplex, proxy: URL, { host, port }: Destination): Promise<Duplex> {
  const path = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const headers = Object.fromEntries([['Host', path], ...credentials('Proxy-Authorization', proxy)])
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      clearTimeout(timer)
      stream.destroy()
      reject(error instanceof WireError ? error : new WireError('EPIPE', `proxyconnect tcp: ${error.message}`, { cause: error }))
    }
    const timer = setTimeout(() => failed(timedOut()), leftOf(exchange))
    const connect = request({ createConnection: () => stream, method: 'CONNECT', path, headers, setHost: false })
    connect.once('error', failed)
    connect.once('response', ({ statusMessage }) => failed(new WireError('EPIPE', statusMessage ?? 'proxy refused')))
    connect.once('connect', ({ statusCode, statusMessage }, socket) => {
      if (statusCode !== 200) return failed(new WireError('EPIPE', statusMessage ?? 'proxy refused'))
      clearTimeout(timer)
      resolve(socket)
    })
    connect.end()
  })
}
