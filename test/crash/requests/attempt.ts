import type { Random } from '../../fuzz/random.ts'
import type { Operation } from './operations.ts'

/** Something that a stranger may send. */
export type Attempt = {
  readonly kind: string
  readonly parts: readonly (string | Uint8Array)[]
  readonly pauseMs: number
  /** How many answers must come; 0: an end, or nothing, is as good. */
  readonly expected: number
  readonly isHead: boolean
  /** The operation that was asked for in the form that is documented; null: in another. */
  readonly operation: Operation | null
}

export type Known = {
  readonly operations: readonly Operation[]
  /** Bearer tokens that hold. */
  readonly tokens: readonly string[]
}

export type Maker = (known: Known, random: Random) => Attempt

/** A request with its body whole, after which the connection ends. */
export function complete(
  kind: string,
  method: string,
  target: string,
  headers: readonly string[],
  body: string | Uint8Array | null,
  operation: Operation | null = null,
): Attempt {
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(body)
  const isTyped = headers.some((line) => /^content-type:/i.test(line))
  const all = [
    ...headers,
    ...(body === null ? [] : [`content-length: ${bytes.length}`]),
    ...(body === null || isTyped ? [] : ['content-type: application/json']),
  ]
  const parts = [headOf(method, target, all), ...(bytes.length > 0 ? [bytes] : [])]
  return { kind, parts, pauseMs: 0, expected: 1, isHead: method === 'HEAD', operation }
}

export function headOf(method: string, target: string, headers: readonly string[], connection = 'close'): string {
  return `${method} ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: ${connection}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`
}

export const bearer = (token: string): string => `authorization: Bearer ${token}`
