import type { Random } from '../../fuzz/random.ts'
import { bearer, headOf, type Attempt, type Known, type Maker } from './attempt.ts'

const unanswered = { pauseMs: 0, expected: 0, isHead: false, operation: null } as const

/** Length and content that contradict each other. What of it is a request is for the parser to say. */
function brokenFraming({ tokens }: Known, random: Random): Attempt {
  const head = (lines: readonly string[]): string => headOf('POST', '/ingest/falco', [bearer(random.pick(tokens)), ...lines])
  const parts = random.pick<readonly string[]>([
    [head(['content-length: -1'])],
    [head(['content-length: 99999999999999999999'])],
    [head(['content-length: 1', 'content-length: 2']), 'ab'],
    [head(['content-length: 5', 'transfer-encoding: chunked']), '0\r\n\r\n'],
    [head(['transfer-encoding: chunked']), 'zz\r\nabc\r\n0\r\n\r\n'],
    [head(['transfer-encoding: chunked']), '5\r\nabc'],
    [head(['transfer-encoding: chunked']), 'ffffffffffffffff\r\nabc\r\n'],
    [head(['transfer-encoding: chunked, identity']), '0\r\n\r\n'],
    [head(['transfer-encoding: gzip']), 'abc'],
    [head(['content-length: 2']), 'abcdef'],
    [head(['content-length: 100']), 'abc'],
    [head(['transfer-encoding: chunked']), '3;x=y\r\nabc\r\n0\r\nx-trailer: 1\r\n\r\n'],
  ])
  return { kind: 'broken framing', parts, ...unanswered }
}

function noHttp(_known: Known, random: Random): Attempt {
  const bytes = (count: number): Uint8Array => Buffer.from(Array.from({ length: count }, () => random.int(256)))
  const parts = random.pick<readonly (string | Uint8Array)[]>([
    [bytes(1 + random.int(2000))],
    [Buffer.from('1603010200010001fc0303', 'hex'), bytes(200)],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['GET /livez\r\n\r\n', 'GET /livez HTTP/0.9\r\n\r\n'],
    ['GET /livez HTTP/9.9\r\n\r\n'],
    ['GET /livez HTTP/1.1\r\n\r\n'],
    ['GET /livez HTTP/1.1\nhost: x\n\n'],
    ['GET /livez HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n'],
    ['GET /livez HTTP/1.1\r\nhost: x\r\nx: a\r\n b\r\n\r\n'],
    ['CONNECT evil.example:443 HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['\r\n\r\n\r\n\r\n'],
    [`GET /${'\u0001'.repeat(10)} HTTP/1.1\r\nhost: x\r\n\r\n`],
  ])
  return { kind: 'no HTTP', parts, ...unanswered }
}

function pipelined({ operations, tokens }: Known, random: Random): Attempt {
  const count = 2 + random.int(19)
  const token = random.pick(tokens)
  const requests = Array.from({ length: count }, (_, index) => {
    const path = random.pick([
      '/livez',
      '/api/v1/windows',
      '/nowhere',
      '/%',
      ...operations.filter(({ method }) => method === 'GET').map(({ path }) => path),
    ])
    return headOf('GET', path.replaceAll(/\{\w+\}/g, 'x'), [bearer(token)], index === count - 1 ? 'close' : 'keep-alive')
  })
  return { kind: 'pipelined', parts: [requests.join('')], pauseMs: 0, expected: count, isHead: false, operation: null }
}

/** Begins and says no more. */
function incomplete({ tokens }: Known, random: Random): Attempt {
  const request = `${headOf('POST', random.pick(['/ingest/falco', '/api/v1/manifests', '/api/v1/runtime/findings/ingest']), [bearer(random.pick(tokens)), 'content-type: application/json', 'content-length: 1000000'])}{"a":1`
  return {
    kind: 'incomplete',
    parts: [request.slice(0, random.int(request.length))],
    pauseMs: 0,
    expected: 0,
    isHead: false,
    operation: null,
  }
}

/** A byte now and then; what it says is a request in the end. */
function slow({ tokens }: Known, random: Random): Attempt {
  const request = `${headOf('POST', '/ingest/auto', [bearer(random.pick(tokens)), 'content-length: 4'])}null`
  const step = 1 + random.int(40)
  const parts = Array.from({ length: Math.ceil(request.length / step) }, (_, index) =>
    request.slice(index * step, (index + 1) * step),
  )
  return { kind: 'slow', parts, pauseMs: 2, expected: 1, isHead: false, operation: null }
}

/** What goes wrong below requests: framing, order, time. */
export const wireMakers: readonly Maker[] = [brokenFraming, noHttp, pipelined, incomplete, slow]
