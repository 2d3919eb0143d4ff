import { parseIp } from '../ip.ts'

/** The variables that say which proxy to use; the upper-case name goes first, as in Go. */
export type ProxyEnvironment = { readonly http: string; readonly https: string; readonly no: string }

export function proxyEnvironmentOf(variables: Readonly<Record<string, string | undefined>>): ProxyEnvironment {
  const of = (name: string): string => variables[name] ?? variables[name.toLowerCase()] ?? ''
  return { http: of('HTTP_PROXY'), https: of('HTTPS_PROXY'), no: of('NO_PROXY') }
}

/** The proxy for a URL, null for none: loopback never has one; a malformed one is thrown as TypeError. */
export function proxyFor(url: URL, { http, https, no }: ProxyEnvironment): URL | null {
  const proxy = url.protocol === 'https:' ? https : http
  if (proxy === '' || isLoopback(url.hostname) || isExcepted(url, no)) return null
  return proxyUrl(proxy)
}

/** A proxy without a scheme is an HTTP one. */
export function proxyUrl(text: string): URL {
  return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

/** `*`, names (with their subdomains; only those with a leading dot), addresses, CIDR blocks; each with a port if it matters. */
function isExcepted(url: URL, no: string): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return no
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && (entry === '*' || matches(entry, host, port)))
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isInBlock(host, entry)
  const [, name = entry, only] = /^(.*[^:]):(\d+)$/.exec(parseIp(entry) === null ? entry : '') ?? []
  if (only !== undefined && only !== port) return false
  const suffix = name.replace(/^\*\./, '.')
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`)
}

function isInBlock(host: string, block: string): boolean {
  const [network = '', length = ''] = block.split('/')
  const [base, address] = [parseIp(network), parseIp(host)]
  if (base === null || address === null || base.length !== address.length || !/^\d{1,3}$/.test(length)) return false
  const bits = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits(base).slice(0, Number(length)) === bits(address).slice(0, Number(length))
}
