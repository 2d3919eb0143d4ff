import { connect } from 'node:net'

export type RawAnswer = { readonly status: number; readonly headers: ReadonlyMap<string, string>; readonly body: Buffer }

export type Exchange = {
  readonly answers: readonly RawAnswer[]
  /** `closed`: the other side ended it; `waiting`: we gave up. */
  readonly end: 'closed' | 'waiting'
}

export type Sending = {
  readonly port: number
  /** Bytes that are sent one after the other. */
  readonly parts: readonly (string | Uint8Array)[]
  /** Milliseconds between two parts. */
  readonly pauseMs: number
  /** No longer than this for everything. */
  readonly waitMs: number
  /** Answers to a HEAD have no body. */
  readonly isHead: boolean
  /** That many answers are enough. */
  readonly expected: number
}

/** Writes bytes to a port, whatever they are, and reads what comes back as HTTP/1.1 answers. */
export function exchange({ port, parts, pauseMs, waitMs, isHead, expected }: Sending): Promise<Exchange> {
  return new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let received = Buffer.alloc(0)
    let over = false
    const timers: NodeJS.Timeout[] = []
    const finish = (end: Exchange['end']): void => {
      if (over) return
      over = true
      timers.forEach(clearTimeout)
      socket.destroy()
      done({ answers: answersIn(received, isHead, end === 'closed'), end })
    }
    timers.push(setTimeout(() => finish('waiting'), waitMs))
    socket.setNoDelay(true)
    const sendFrom = (index: number): void => {
      const part = parts[index]
      if (part === undefined || !socket.writable) return
      socket.write(part)
      if (pauseMs === 0) sendFrom(index + 1)
      else timers.push(setTimeout(() => sendFrom(index + 1), pauseMs))
    }
    socket.on('connect', () => sendFrom(0))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (answersIn(received, isHead, false).length >= expected) finish('closed')
    })
    // A reset is an end as well: whoever refuses a head of 100 KB does not read it to its end.
    socket.on('error', () => finish('closed'))
    socket.on('close', () => finish('closed'))
  })
}

function answersIn(bytes: Buffer, isHead: boolean, isClosed: boolean): readonly RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = bytes
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (headEnd < 0) return answers
    const [first = '', ...lines] = rest.toString('latin1', 0, headEnd).split('\r\n')
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const),
    )
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0)
    const after = rest.subarray(headEnd + 4)
    if (status === 100) rest = after
    else {
      const found = bodyIn(after, headers, isHead || status === 204 || status === 304, isClosed)
      if (found === null) return answers
      answers.push({ status, headers, body: found.body })
      rest = after.subarray(found.bytes)
    }
  }
}

/** Null: it is not all there yet. */
function bodyIn(
  bytes: Buffer,
  headers: ReadonlyMap<string, string>,
  isEmpty: boolean,
  isClosed: boolean,
): { readonly body: Buffer; readonly bytes: number } | null {
  if (isEmpty) return { body: Buffer.alloc(0), bytes: 0 }
  const declared = headers.get('content-length')
  if (declared !== undefined) {
    const length = Number(declared)
    return bytes.length < length ? null : { body: bytes.subarray(0, length), bytes: length }
  }
  if (headers.get('transfer-encoding') === 'chunked') return chunksIn(bytes)
  return isClosed ? { body: bytes, bytes: bytes.length } : null
}

function chunksIn(bytes: Buffer): { readonly body: Buffer; readonly bytes: number } | null {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const length = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const from = lineEnd + 2
    if (!(length >= 0) || bytes.length < from + length + 2) return null
    if (length === 0) return { body: Buffer.concat(chunks), bytes: from + 2 }
    chunks.push(bytes.subarray(from, from + length))
    at = from + length + 2
  }
}
