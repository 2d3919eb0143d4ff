import type { AnswerOf, QueryOf } from '../model/fact.ts'
import { bytesOf } from '../facts/bytes.ts'
import { requestHeaders, responseHeaders } from '../facts/net/headers.ts'
import type { Said } from './session.ts'
import type { ToolWorld } from './tool-network.ts'

/**
 * A request by the host's own curl. Everything that a request says goes in by standard input: passwords must not stand in a list of
 * processes.
 */
export async function askByCurl({ session, readingLimit }: ToolWorld, ask: QueryOf<'http'>): Promise<AnswerOf<'http'>> {
  const headers = requestHeaders(ask.headers)
  if (typeof headers === 'string') return { error: headers }
  const settings = settingsOf(ask)
  if (settings.some((setting) => /[\0\r]/.test(setting))) return { error: `http ${ask.url}: a control character in the request` }
  const script = `if rp_tool curl; then curl -q -K - <<'${session.nonce}' 3>&-\n${settings.join('\n')}\n${session.nonce}\nrp_s=$?; else rp_s=missing; fi`
  const said = await session.ask({ script, limit: readingLimit + 1024 * 1024, budgetMs: ask.timeoutMs })
  if (said.word === 'missing') return { error: `http ${ask.url}: from inside there only curl can ask, which is not installed` }
  return said.word === '0' ? responseOf(said, readingLimit) : { error: curlError(ask, said) }
}

function settingsOf(ask: QueryOf<'http'>): readonly string[] {
  const has = (name: string): boolean => ask.headers.some((line) => line.toLowerCase().startsWith(`${name}:`))
  const set = (name: string, value: string): readonly string[] => (value === '' ? [] : [`${name} = ${quotedForCurl(value)}`])
  return [
    ...['silent', 'show-error', 'http1.1', 'include', 'suppress-connect-headers', 'globoff'],
    'header = "Connection: close"',
    ...(has('accept-encoding') || has('range') ? [] : ['compressed', 'header = "Accept-Encoding: gzip"']),
    `url = ${quotedForCurl(ask.url)}`,
    `max-time = ${ask.timeoutMs / 1000}`,
    'write-out = "\\n%{size_header}"',
    ...(ask.method === 'HEAD'
      ? ['head']
      : ask.method === 'GET' && ask.body === ''
        ? []
        : [`request = ${quotedForCurl(ask.method)}`]),
    ...set('data-raw', ask.body),
    ...(ask.body === '' || has('content-type') ? [] : ['header = "Content-Type;"']),
    ...(has('user-agent') ? [] : ['user-agent = "runproof"']),
    ...(has('accept') ? [] : ['header = "Accept:"']),
    ...ask.headers.flatMap((line) => set('header', line)),
    ...(ask.followRedirects ? ['location', 'max-redirs = 9'] : []),
    ...(ask.allowInsecure ? ['insecure'] : []),
    ...(ask.username === '' && ask.password === '' ? [] : set('user', `${ask.username}:${ask.password}`)),
    ...set('cacert', ask.caFile),
    ...set('cert', ask.certFile),
    ...set('key', ask.keyFile),
    ...set('proxy', ask.proxy),
    ...set('unix-socket', ask.socket ?? ''),
  ]
}

function quotedForCurl(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`
}

/** Heads of every answer of a chain, then the last one's body, then how long the heads were. */
function responseOf({ stdout }: Said, readingLimit: number): AnswerOf<'http'> {
  const bytes = Buffer.from(stdout.bytes)
  const last = stdout.cut ? -1 : bytes.lastIndexOf(10)
  const headSize = stdout.cut ? bytes.indexOf('\r\n\r\n') + 4 : Number(bytes.toString('latin1', last + 1))
  const head = lastHead(bytes.toString('latin1', 0, headSize))
  const [statusLine = '', ...lines] = head.split('\r\n')
  const status = Number(/^HTTP\/\S+ (\d{3})/.exec(statusLine)?.[1] ?? 0)
  if (status === 0) return { error: 'curl printed no status line' }
  const raw = lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
  const body = stdout.cut ? bytes.subarray(headSize) : bytes.subarray(headSize, last)
  const isZipped = lines.some((line) => /^content-encoding:\s*gzip\s*$/i.test(line))
  const size = stdout.cut ? stdout.size - headSize : body.length
  const kept = { bytes: body.subarray(0, readingLimit), size, cut: stdout.cut || body.length > readingLimit }
  return { value: { status, headers: responseHeaders(raw, isZipped), body: { value: bytesOf(kept) } } }
}

function lastHead(heads: string): string {
  return heads.split('\r\n\r\n').findLast((head) => head !== '') ?? ''
}

/** curl's exit code in Go's words where it has some. */
function curlError({ url, method }: QueryOf<'http'>, { word, stderr }: Said): string {
  const why = CURL_ERRORS.get(word) ?? Buffer.from(stderr.bytes).toString('utf8').trim().slice(0, 300)
  return `${method.slice(0, 1).toUpperCase()}${method.slice(1).toLowerCase()} "${url}": ${why === '' ? `curl ended with ${word}` : why}`
}

const CURL_ERRORS = new Map([
  ['28', 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'],
  ['47', 'stopped after 10 redirects'],
  ['52', 'EOF'],
  ['60', 'tls: failed to verify certificate'],
])
