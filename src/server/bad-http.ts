import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { PROBLEM_TYPE, problemOf } from './problem.ts'

/**
 * What is no HTTP that a route could see is refused here, with a problem document like everything else: the parser gives only the error
 * and the connection. Every request that came before on it has its answer by then or gets none.
 */
export function refuseBadHttp(error: Error & { readonly code?: string }, socket: Socket): void {
  // Whoever is gone hears nothing.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, phrase, why] = refusals.get(error.code ?? '') ?? [400, 'Bad Request', `this is no HTTP/1.1: ${error.message}`]
  const body = problemText(status, why)
  const head = `HTTP/1.1 ${status} ${phrase}\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
  socket.end(`${head}connection: close\r\n\r\n${body}`, () => socket.destroy())
}

/** `Expect` may only ask whether to go on; Node would refuse anything else without a word. */
export function refuseExpectations(server: Server): void {
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    const body = problemText(417, 'the only expectation that can be met is 100-continue')
    response.writeHead(417, { 'content-type': PROBLEM_TYPE, 'content-length': Buffer.byteLength(body), connection: 'close' })
    response.end(body)
  })
}

const refusals: ReadonlyMap<string, readonly [status: number, phrase: string, why: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large', 'the head of the request is too large']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', [413, 'Payload Too Large', 'the extensions of a chunk are too large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout', 'the request did not come to its end in time']],
])

function problemText(statusCode: number, why: string): string {
  return JSON.stringify(problemOf(Object.assign(new Error(why), { statusCode })))
}
