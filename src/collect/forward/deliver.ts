import { base64, utf8 } from '../../../core/proof/bytes.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { visibleText } from '../../lib/visible-text.ts'
import type { Answered, Client } from './client.ts'
import type { Batch } from './spool.ts'

/** What the service said to a batch. */
export type Verdict =
  | { readonly what: 'accepted'; readonly repeated: boolean }
  /** Nobody is there, or it cannot now. */
  | { readonly what: 'later'; readonly why: string; readonly waitMs: number | null }
  /** It does not take this from us. */
  | { readonly what: 'refused'; readonly status: number; readonly why: string }
  | { readonly what: 'out_of_order'; readonly expected: number; readonly why: string }
  | { readonly what: 'conflict'; readonly why: string }

/** Sends one batch; whatever goes wrong is an answer, too. */
export async function deliver(
  client: Client,
  credentials: { readonly id: string; readonly secret: string },
  batch: Batch,
  signal?: AbortSignal,
): Promise<Verdict> {
  const headers = {
    authorization: `Basic ${base64(utf8(`${credentials.id}:${credentials.secret}`))}`,
    'content-type': 'application/x-ndjson',
    'runproof-batch': batch.envelope,
    ...(batch.encoding !== 'identity' && { 'content-encoding': batch.encoding }),
  }
  try {
    return verdictOf(await client.ask({ method: 'POST', path: '/api/v1/batches', headers, body: batch.body }, signal))
  } catch (error) {
    return { what: 'later', why: `the service does not answer: ${reasonOf(error)}`, waitMs: null }
  }
}

/** In words that a person can use. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { readonly code?: unknown }
  return error.message !== '' ? error.message : typeof code === 'string' ? code : error.name
}

/** The code and the words of a problem document, cut and made visible: it is a stranger's text. */
export function problemIn(answer: Answered): { readonly code: string | null; readonly detail: string } {
  const problem = parsed(answer.body)
  const [code, detail] = [problem?.['code'], problem?.['detail']]
  return {
    code: typeof code === 'string' ? code.slice(0, 100) : null,
    detail: typeof detail === 'string' ? visibleText(detail.slice(0, 1000)) : `it answered ${answer.status}`,
  }
}

function verdictOf(answer: Answered): Verdict {
  const { status } = answer
  if (status === 200) return { what: 'accepted', repeated: parsed(answer.body)?.['repeated'] === true }
  const { code, detail: why } = problemIn(answer)
  if (status === 409) {
    const expected = Number(/\bbatch (\d{1,15}) of this stream is expected/.exec(why)?.[1] ?? 0)
    if (code === 'batch.out_of_order' && expected > 0) return { what: 'out_of_order', expected, why }
    return { what: 'conflict', why }
  }
  if (status === 408 || status === 429 || status >= 500)
    return { what: 'later', why: `${status}: ${why}`, waitMs: retryAfterMs(answer) }
  return { what: 'refused', status, why }
}

const MAX_WAIT_MS = 3_600_000

/** RFC 9110 §10.2.3: seconds, or a date. */
function retryAfterMs({ headers }: Answered): number | null {
  const value = headers['retry-after']
  if (typeof value !== 'string') return null
  const date = Date.parse(headers['date'] === undefined ? '' : String(headers['date']))
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - date
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, MAX_WAIT_MS) : null
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value = parseJson(new TextDecoder().decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
