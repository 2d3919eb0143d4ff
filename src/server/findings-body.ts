import { RunproofError } from '../../core/model/errors.ts'

/**
 * Splits the body of `POST /api/v1/runtime/findings/ingest` into what its sender says of the batch and the bytes of `findings`, which
 * are kept exactly as they were sent: reading them here and writing them again would round integers above 2^53.
 */
export type FindingsBody = {
  /** Every member but `findings`, as JSON text by its name. */
  readonly members: ReadonlyMap<string, string>
  /** From the bracket that opens the list to the one that closes it; null: there is no such member. */
  readonly findings: { readonly from: number; readonly to: number } | null
}

const MAX_MEMBERS = 50
const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN, CLOSE, COMMA, COLON] = [34, 92, 123, 125, 91, 93, 44, 58]

/**
 * Finds the members of the one object that `body` is, without reading what is in them.
 * @throws RunproofError `request.invalid` when it is no object, has a member twice, or ends too early
 */
export function findingsBody(body: Uint8Array): FindingsBody {
  let at = skipBlank(body, 0)
  if (body[at] !== OPEN_BRACE) throw refused('is no JSON object')
  const members = new Map<string, string>()
  let findings: FindingsBody['findings'] = null
  at = skipBlank(body, at + 1)
  while (body[at] !== CLOSE_BRACE) {
    if (members.size >= MAX_MEMBERS) throw refused(`has more than ${MAX_MEMBERS} members`)
    const keyEnd = endOfString(body, at)
    const key = JSON.parse(text(body, at, keyEnd)) as string
    at = skipBlank(body, keyEnd)
    if (body[at] !== COLON) throw refused('is no JSON object')
    at = skipBlank(body, at + 1)
    const end = endOfValue(body, at)
    if (members.has(key) || (key === 'findings' && findings !== null))
      throw refused(`has the member ${JSON.stringify(key)} twice`)
    if (key === 'findings') {
      if (body[at] !== OPEN) throw refused('has “findings” that are no list')
      findings = { from: at, to: end }
    } else members.set(key, text(body, at, end))
    at = skipBlank(body, end)
    if (body[at] === COMMA) at = skipBlank(body, at + 1)
    else if (body[at] !== CLOSE_BRACE) throw refused('ends too early or goes on after its end')
  }
  if (skipBlank(body, at + 1) !== body.length) throw refused('goes on after its end')
  return { members, findings }
}

function endOfString(body: Uint8Array, from: number): number {
  if (body[from] !== QUOTE) throw refused('is no JSON object')
  for (let at = from + 1; at < body.length; at++) {
    if (body[at] === BACKSLASH) at++
    else if (body[at] === QUOTE) return at + 1
  }
  throw refused('ends within a string')
}

/** By brackets alone: whether what is between them is JSON is for the reader of events to say, item by item. */
function endOfValue(body: Uint8Array, from: number): number {
  const first = body[from]
  if (first === QUOTE) return endOfString(body, from)
  if (first !== OPEN && first !== OPEN_BRACE) {
    let at = from
    while (at < body.length && body[at] !== COMMA && body[at] !== CLOSE_BRACE && !isBlank(body[at])) at++
    if (at === from) throw refused('lacks a value')
    return at
  }
  let depth = 0
  for (let at = from; at < body.length; at++) {
    const byte = body[at]
    if (byte === QUOTE) at = endOfString(body, at) - 1
    else if (byte === OPEN || byte === OPEN_BRACE) depth++
    else if ((byte === CLOSE || byte === CLOSE_BRACE) && --depth === 0) return at + 1
  }
  throw refused('ends too early')
}

function skipBlank(body: Uint8Array, from: number): number {
  let at = from
  while (at < body.length && isBlank(body[at])) at++
  return at
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}

function text(body: Uint8Array, from: number, to: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body.subarray(from, to))
  } catch {
    throw refused('is not UTF-8')
  }
}

function refused(why: string): RunproofError {
  return new RunproofError('request.invalid', `the body ${why}`)
}
