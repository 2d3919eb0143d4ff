import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { RunproofError, type ErrorCode } from '../../../core/model/errors.ts'
import { visibleText } from '../../lib/visible-text.ts'
import type { Io } from '../command.ts'

/** A service, and who we are to it. */
export type Connection = {
  readonly server: string
  /** @throws RunproofError with the service's own code and words when it refuses; `service.unreachable` when nobody answers */
  readonly ask: (request: Asked) => Promise<Answered>
}

export type Asked = {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
}
export type Answered = { readonly status: number; readonly type: string; readonly bytes: Uint8Array }

export const connectionOptions = { server: { type: 'string' }, 'token-file': { type: 'string' } } as const
export const connectionHelp = `  --server URL       the service; default: $RUNPROOF_SERVER, else http://127.0.0.1:8642
  --token-file FILE  file with an API token (runproof access token); default: $RUNPROOF_TOKEN_FILE`

/** A hanging service must not hang a script. */
const TIMEOUT_MS = 120_000

/** @throws RunproofError `usage` for an address that is none, or a token that nobody named; `file.unreadable` */
export function connect(
  values: { readonly server?: string | undefined; readonly 'token-file'?: string | undefined },
  io: Io,
): Connection {
  const server = addressOf(values.server ?? filled(io.env['RUNPROOF_SERVER']) ?? 'http://127.0.0.1:8642')
  const file = values['token-file'] ?? filled(io.env['RUNPROOF_TOKEN_FILE'])
  if (file === undefined)
    throw new RunproofError(
      'usage',
      'no API token: give --token-file or set RUNPROOF_TOKEN_FILE; runproof access token makes one',
    )
  const token = readToken(resolve(io.cwd, file))
  return { server, ask: (request) => ask(server, token, request) }
}

async function ask(server: string, token: string, { method, path, query = {}, body }: Asked): Promise<Answered> {
  const url = new URL(path, server)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const headers = new Headers({ authorization: `Bearer ${token}` })
  if (body !== undefined) headers.set('content-type', 'application/json')
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (cause) {
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
    throw new RunproofError(
      'service.unreachable',
      `${server} does not answer: ${why}; is it running (runproof serve), and is --server right?`,
      { cause },
    )
  }
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (!response.ok) throw refusal(response.status, bytes)
  return { status: response.status, type: response.headers.get('content-type') ?? '', bytes }
}

/** The service's own words, with its code; what it says is shown, never run. */
function refusal(status: number, bytes: Uint8Array): RunproofError {
  const problem = parsed(bytes)
  const detail = typeof problem?.['detail'] === 'string' ? visibleText(problem['detail'].slice(0, 4000)) : `it answered ${status}`
  const code =
    typeof problem?.['code'] === 'string' && /^[a-z_]+\.[a-z_]+$/.test(problem['code']) ? problem['code'] : 'request.invalid'
  return new RunproofError(code as ErrorCode, detail)
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
  } catch {
    return null
  }
}

function addressOf(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new RunproofError('usage', `${JSON.stringify(text)} is no address like https://runproof.example`)
}

function readToken(path: string): string {
  try {
    const [token = ''] = readFileSync(path, 'utf8').split(/\r?\n/, 1)
    if (token.trim() !== '') return token.trim()
  } catch (cause) {
    throw new RunproofError('file.unreadable', `cannot read the token file ${path}`, { cause })
  }
  throw new RunproofError('file.unreadable', `the token file ${path} is empty`)
}

function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
