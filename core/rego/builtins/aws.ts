import { hex, utf8 } from '../../proof/bytes.ts'
import { sha256Hex } from '../../proof/sha256.ts'
import { RegoObject } from '../collection.ts'
import { compareStrings } from '../compare.ts'
import { isNumeric, numberText } from '../number.ts'
import { isObject, type Value } from '../value.ts'
import { any, type BuiltinFunction, entries, kindError, object, operandError, Unsupported } from './builtin.ts'
import { civil, EARLIEST, LATEST } from './civil.ts'
import { hmac, SHA256 } from './digests.ts'
import { jsonText } from './json-text.ts'
import { formatTime } from './time-format.ts'

/** A request for `http.send` with the headers of AWS Signature Version 4 for that time in nanoseconds. Nothing is sent. */
export const signRequest: BuiltinFunction = (operands, run) => {
  const request = new Map<Value, Value>(entries(object(operands, 0), run))
  const config = new Map<Value, Value>(entries(object(operands, 1), run))
  const credentials = credentialsIn(config)
  const time = timeOf(operands)
  checkRequest(request)
  const [method, url] = [request.get('method'), request.get('url')]
  if (typeof method !== 'string' || typeof url !== 'string') {
    throw operandError(0, 'invalid values for required request parameters(s)')
  }
  const given = request.get('headers') ?? RegoObject.of([])
  if (!isObject(given)) throw operandError(0, 'must be object')
  const headers = new Map(entries(given, run).map(([name, value]) => [textOf(name), typeof value === 'string' ? value : '']))
  const body = bodyOf(request)
  const unsigned = config.get('disable_payload_signing') ?? false
  if (typeof unsigned !== 'boolean') throw operandError(1, "invalid value for 'disable_payload_signing' in AWS config")
  run.spend(body.length + url.length)
  const target = targetOf(url)
  const content = unsigned ? 'UNSIGNED-PAYLOAD' : sha256Hex(body)
  const added = signed({ method, target, headers, content, credentials, time })
  return RegoObject.of([...request, ['headers', RegoObject.of([...headers, ...added])]])
}

type Credentials = Readonly<Record<'key' | 'secret' | 'region' | 'service' | 'session', string>>

function credentialsIn(config: ReadonlyMap<Value, Value>): Credentials {
  const required = ['aws_access_key', 'aws_secret_access_key', 'aws_region', 'aws_service']
  const [key, secret, region, service] = required.map((name) => config.get(name))
  if (key === undefined || secret === undefined || region === undefined || service === undefined) {
    throw operandError(1, 'missing required AWS config parameters(s)')
  }
  if (typeof key !== 'string' || typeof secret !== 'string' || typeof region !== 'string' || typeof service !== 'string') {
    throw operandError(1, 'invalid values for required AWS config parameters(s)')
  }
  const session = config.get('aws_session_token')
  return { key, secret, region, service, session: typeof session === 'string' ? session : '' }
}

/** A number with a point or an exponent in its spelling is none here, whatever its value. */
function timeOf(operands: readonly Value[]): { readonly day: string; readonly instant: string } {
  const value = any(operands, 2)
  if (!isNumeric(value)) throw kindError(operands, 2, 'number')
  const text = numberText(value)
  const time = /^-?\d+$/.test(text) ? BigInt(text) : null
  if (time === null || time < EARLIEST || time > LATEST) {
    throw operandError(2, 'could not convert time_ns value into a unix timestamp')
  }
  const instant = formatTime('20060102T150405Z', civil(time))
  return { day: instant.slice(0, 8), instant }
}

const PARAMETERS = new Set<Value>([
  'method', 'url', 'body', 'enable_redirect', 'force_json_decode', 'force_yaml_decode', 'headers', 'raw_body', 'tls_use_system_certs',
  'tls_ca_cert', 'tls_ca_cert_file', 'tls_ca_cert_env_variable', 'tls_client_cert', 'tls_client_cert_file',
  'tls_client_cert_env_variable', 'tls_client_key', 'tls_client_key_file', 'tls_client_key_env_variable', 'tls_insecure_skip_verify',
  'tls_server_name', 'timeout', 'cache', 'force_cache', 'force_cache_duration_seconds', 'raise_error',
  'caching_mode', 'max_retry_attempts', 'cache_ignored_headers',
]) // prettier-ignore

function checkRequest(request: ReadonlyMap<Value, Value>): void {
  if ([...request.keys()].some((name) => !PARAMETERS.has(name))) throw operandError(0, 'invalid request parameters(s)')
  if (!request.has('method') || !request.has('url')) throw operandError(0, 'missing required request parameters(s)')
}

function textOf(name: Value): string {
  if (typeof name !== 'string') throw new Unsupported('a header whose name is no text')
  return name
}

function bodyOf(request: ReadonlyMap<Value, Value>): string {
  const raw = request.get('raw_body')
  if (raw !== undefined) return typeof raw === 'string' ? raw : ''
  const body = request.get('body')
  return body === undefined ? '' : jsonText(body)
}

type Target = { readonly host: string; readonly path: string; readonly query: string }

/** Only of URLs that every parser reads alike. */
function targetOf(url: string): Target {
  const parts = /^https?:\/\/([A-Za-z0-9.-]+(?::\d{1,5})?)((?:\/[\w.~$&+,/:;=@-]*)?)(?:\?([\w.~$&+,/:;=@%?-]*))?$/.exec(url)
  if (!parts) throw new Unsupported('a URL of an unusual form')
  const [, host = '', path = '', query = ''] = parts
  return { host, path, query }
}

type Request = {
  readonly method: string
  readonly target: Target
  readonly headers: ReadonlyMap<string, string>
  readonly content: string
  readonly credentials: Credentials
  readonly time: { readonly day: string; readonly instant: string }
}

/** What a proxy may change on the way. */
const IGNORED = new Set(['authorization', 'user-agent', 'x-amzn-trace-id'])

/** The headers to be added: https://docs.aws.amazon.com/general/latest/gr/sigv4_signing.html */
function signed({ method, target, headers, content, credentials, time }: Request): readonly (readonly [string, string])[] {
  const { key, secret, region, service, session } = credentials
  const added: (readonly [string, string])[] = [
    ['host', target.host],
    ['x-amz-date', time.instant],
    ...(service === 's3' || service === 'glacier' ? ([['x-amz-content-sha256', content]] as const) : []),
    ...(session === '' ? [] : ([['x-amz-security-token', session]] as const)),
  ]
  const own = [...headers].map(([name, value]): [string, string] => [lowered(name), value]).filter(([name]) => !IGNORED.has(name))
  if (new Set(own.map(([name]) => name)).size < own.length) throw new Unsupported('two headers of one name')
  const all = [...new Map([...added, ...own])].sort(([a], [b]) => compareStrings(a, b))
  const names = all.map(([name]) => name).join(';')
  const lines = all.map(([name, value]) => `${name}:${value}\n`).join('')
  const canonical = [method, target.path, target.query, lines, names, content].join('\n')
  const scope = `${time.day}/${region}/${service}/aws4_request`
  const message = ['AWS4-HMAC-SHA256', time.instant, scope, sha256Hex(canonical)].join('\n')
  const signature = hex([time.day, region, service, 'aws4_request', message].reduce(keyed, utf8(`AWS4${secret}`)))
  const authorization = `AWS4-HMAC-SHA256 Credential=${key}/${scope},SignedHeaders=${names},Signature=${signature}`
  return [['Authorization', authorization], ...added]
}

function keyed(key: Uint8Array, message: string): Uint8Array {
  return hmac(SHA256, key, utf8(message))
}

/** As Go does; beyond ASCII the two languages' letters differ. */
function lowered(name: string): string {
  // oxlint-disable-next-line no-control-regex -- any ASCII
  if (!/^[\0-\x7f]*$/.test(name)) throw new Unsupported('a header whose name is not ASCII')
  return name.toLowerCase()
}
