import assert from 'node:assert/strict'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { type AddressInfo, type Server, createServer as createTcpServer } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { AnswerOf, HttpFact, QueryOf } from '../../model/fact.ts'
import { localFiles } from '../local-files.ts'
import { type HttpWorld, askHttp } from './http.ts'
import { localWire } from './local-wire.ts'
import { proxyFor } from './proxy.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-http-'))
const servers: Server[] = []
let [site, proxy, silent] = ['', '', '']

const routes: Record<string, (request: IncomingMessage, response: ServerResponse, body: string) => void> = {
  '/text': (_, response) => response.end('alpha\nbeta'),
  '/again': (_, response) => response.writeHead(302, { location: '/text' }).end('moved'),
  '/keep': (_, response) => response.writeHead(307, { location: '/echo' }).end(),
  '/see': (_, response) => response.writeHead(303, { location: '/echo' }).end(),
  '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/away': (_, response) => response.writeHead(302, { location: 'ftp://x/' }).end(),
  '/other': (request, response) =>
    response.writeHead(302, { location: `http://localhost:${(request.socket.address() as AddressInfo).port}/echo` }).end(),
  '/echo': (request, response, body) =>
    response.end(JSON.stringify({ method: request.method, url: request.url, raw: request.rawHeaders, body })),
  '/zip': (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': gzipSync('zipped').length }).end(gzipSync('zipped')),
  '/many': (_, response) => response.writeHead(200, ['x-lower', '1', 'X-Two', 'b', 'X-Two', 'a', 'Pragma', 'no-cache']).end('ok'),
  '/close': (request) => request.socket.destroy(),
  '/half': (_, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half')
    setTimeout(() => response.destroy(), 20)
  },
  '/slow': (_, response) => void setTimeout(() => response.end('late'), 2000).unref(),
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => routes[request.url ?? '']?.(request, response, Buffer.concat(chunks).toString()))
}

function listening(server: Server, at: number | string = 0): Promise<string> {
  servers.push(server)
  return new Promise((resolve) => {
    const done = (): void => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : String(address))
    }
    if (typeof at === 'string') server.listen(at, done)
    else server.listen(at, '127.0.0.1', done)
  })
}

before(async () => {
  site = await listening(createServer(serve))
  await listening(createServer(serve), join(scratch, 'socket'))
  // Says what it was asked for: the whole address, which only a proxy is sent.
  proxy = await listening(
    createServer((request, response) =>
      response.end(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`),
    ),
  )
  silent = await listening(createTcpServer(() => {}))
})
after(() => {
  for (const server of servers) server.close()
  rmSync(scratch, { recursive: true, force: true })
})

const world = (more: Partial<HttpWorld> = {}): HttpWorld => ({
  wire: localWire,
  files: { readFile: localFiles.readFile, cwd: scratch },
  environment: { http: '', https: '', no: '' },
  dialect: 'goss',
  readingLimit: 1024 * 1024,
  ...more,
})

type Ask = Partial<QueryOf<'http'>>

function asked(path: string, ask: Ask = {}, more: Partial<HttpWorld> = {}): Promise<AnswerOf<'http'>> {
  return askHttp(world(more), {
    ...{
      kind: 'http',
      url: path.includes('://') ? path : site + path,
      method: 'GET',
      allowInsecure: false,
      followRedirects: true,
    },
    ...{ timeoutMs: 5000, headers: [], body: '', username: '', password: '', caFile: '', certFile: '', keyFile: '', proxy: '' },
    ...{ socket: null },
    ...ask,
  })
}

async function answered(path: string, ask: Ask = {}, more: Partial<HttpWorld> = {}): Promise<HttpFact> {
  const answer = await asked(path, ask, more)
  assert.ok('value' in answer, JSON.stringify(answer))
  return answer.value
}

async function textFrom(path: string, ask: Ask = {}, more: Partial<HttpWorld> = {}): Promise<string> {
  const { body } = await answered(path, ask, more)
  assert.ok('value' in body && 'text' in body.value, JSON.stringify(body))
  return body.value.text
}

type Echo = { readonly method: string; readonly raw: readonly string[]; readonly body: string }
const echoed = async (path: string, ask: Ask = {}): Promise<Echo> => JSON.parse(await textFrom(path, ask)) as Echo
const failure = async (path: string, ask: Ask = {}): Promise<string | null> => {
  const answer = await asked(path, ask)
  return 'error' in answer ? answer.error : null
}

test('a request says what that of goss says', async () => {
  const { method, raw } = await echoed('/echo')
  const host = site.slice('http://'.length)
  assert.equal(method, 'GET')
  assert.deepEqual(raw, ['Host', host, 'User-Agent', 'goss/0.4.10', 'Accept-Encoding', 'gzip', 'Connection', 'close'])
  const own = await echoed('/echo', {
    headers: ['x-foo: a', 'X-Foo: b', 'Host: shop.example', 'user-agent: mine'],
    username: 'u',
    password: 'p',
  })
  assert.deepEqual(own.raw, [
    ...['Host', 'shop.example', 'X-Foo', 'a', 'X-Foo', 'b', 'User-Agent', 'mine'],
    ...['Authorization', 'Basic dTpw', 'Accept-Encoding', 'gzip', 'Connection', 'close'],
  ])
})

test('a body is sent with its length, with any method', async () => {
  const post = await echoed('/echo', { method: 'POST', body: '{"k": 1}' })
  assert.equal(post.body, '{"k": 1}')
  assert.equal(post.raw[post.raw.indexOf('Content-Length') + 1], '8')
  assert.equal((await echoed('/echo', { body: 'x' })).body, 'x')
  assert.ok((await echoed('/echo', { method: 'PUT' })).raw.includes('Content-Length'))
})

test('names of headers come back as Go writes them, one entry for each value', async () => {
  const { headers } = await answered('/many')
  const shown = headers.map(([name, value]) => `${name}: ${value}`)
  assert.deepEqual(
    shown.filter((line) => !line.startsWith('Date')),
    ['X-Lower: 1', 'X-Two: b', 'X-Two: a', 'Pragma: no-cache', 'Cache-Control: no-cache'],
  )
})

test('gzip that we asked for is taken off, with its headers; what the author asked for is left', async () => {
  const { headers } = await answered('/zip')
  assert.equal(await textFrom('/zip'), 'zipped')
  assert.deepEqual(
    headers.filter(([name]) => name.startsWith('Content')),
    [],
  )
  const own = await answered('/zip', { headers: ['Accept-Encoding: gzip'] })
  assert.ok(own.headers.some(([name]) => name === 'Content-Encoding'))
  assert.ok('value' in own.body && 'base64' in own.body.value)
})

test('redirects: followed ten times at most, or not at all', async () => {
  assert.equal(await textFrom('/again'), 'alpha\nbeta')
  const { status, headers } = await answered('/again', { followRedirects: false })
  assert.deepEqual([status, headers.find(([name]) => name === 'Location')?.[1]], [302, '/text'])
  assert.equal(await failure('/loop'), 'Get "/loop": stopped after 10 redirects')
  assert.match((await failure('/away')) ?? '', /unsupported protocol scheme "ftp"$/)
})

test('redirects: 307 keeps method and body, 303 becomes a GET without one', async () => {
  const kept = await echoed('/keep', { method: 'POST', body: 'abc' })
  assert.deepEqual([kept.method, kept.body], ['POST', 'abc'])
  const seen = await echoed('/see', { method: 'POST', body: 'abc' })
  assert.deepEqual([seen.method, seen.body], ['GET', ''])
})

test('redirects: another host is not told the password', async () => {
  assert.ok((await echoed('/keep', { username: 'u', password: 'p' })).raw.includes('Authorization'))
  assert.equal((await echoed('/other', { username: 'u', password: 'p' })).raw.includes('Authorization'), false)
})

test('errors are worded as goss words them', async () => {
  assert.equal(await failure('/close'), `Get "${site}/close": EOF`)
  assert.equal(
    await failure('http://127.0.0.1:1/'),
    'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
  )
  const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
  assert.equal(await failure('/slow', { timeoutMs: 100, method: 'POST' }), `Post "${site}/slow": ${late}`)
  assert.equal(await failure(silent, { timeoutMs: 100 }), `Get "${silent}/": ${late}`)
  assert.equal(await failure('ftp://x/'), 'Get "ftp://x/": unsupported protocol scheme "ftp"')
  assert.equal(await failure('/text', { method: 'G T' }), 'net/http: invalid method "G T"')
  assert.equal(await failure('/text', { caFile: '/nosuch.pem' }), 'open /nosuch.pem: no such file or directory')
})

test('a request that cannot be written is refused before anything is sent', async () => {
  assert.equal(await failure('/text', { headers: ['no colon'] }), 'request header "no colon" has no ": "')
  assert.match((await failure('/text', { headers: ['X: a\r\nY: b'] })) ?? '', /invalid header field value for "X"/)
  assert.match((await failure('/text', { headers: ['a b: c'] })) ?? '', /invalid header field name/)
})

test('an answer that breaks off has a status and headers, and an error for a body', async () => {
  const { status, body } = await answered('/half')
  assert.deepEqual([status, body], [200, { error: 'unexpected EOF' }])
})

test('a body beyond the limit is cut', async () => {
  const { body } = await answered('/text', {}, { readingLimit: 3 })
  assert.ok('value' in body && body.value.cut && 'text' in body.value && body.value.text === 'alp')
})

test('a unix socket takes the place of the network', async () => {
  assert.equal(await textFrom('http://any.example/text', { socket: join(scratch, 'socket') }), 'alpha\nbeta')
  assert.match(
    (await failure('http://any.example/text', { socket: join(scratch, 'none') })) ?? '',
    /dial unix .*none: connect: no such file/,
  )
})

test('a proxy is sent the whole address and its own password', async () => {
  const through = proxy.replace('//', '//pu:pp@')
  assert.equal(await textFrom('http://shop.example/a?b', { proxy: through }), 'GET http://shop.example/a?b Basic cHU6cHA=')
  const environment = { http: proxy, https: '', no: 'intern.example' }
  assert.match(await textFrom('http://shop.example/', {}, { environment }), /^GET http:\/\/shop\.example\//)
  // Loopback is never asked through the environment's proxy.
  assert.equal(await textFrom('/text', {}, { environment }), 'alpha\nbeta')
  assert.match((await failure('https://shop.example/', { proxy, timeoutMs: 2000 })) ?? '', /^Get "https:\/\/shop\.example\/": /)
})

test('no_proxy: names with what is below them, ports, addresses, blocks', () => {
  const goes = (url: string, no: string): boolean => proxyFor(new URL(url), { http: 'proxy:1', https: 'proxy:1', no }) !== null
  assert.equal(goes('http://a.example/', ''), true)
  for (const no of ['*', 'example', 'a.example', '.example', 'b, a.example:80', '*.example'])
    assert.equal(goes('http://a.example/', no), false, no)
  for (const no of ['b.example', 'a.example:81', 'ple', '.a.example']) assert.equal(goes('http://a.example/', no), true, no)
  assert.equal(goes('https://192.0.2.7/', '192.0.2.0/24'), false)
  assert.equal(goes('https://192.0.2.7/', '192.0.3.0/24'), true)
  assert.equal(goes('http://127.0.0.9/', ''), false)
})
