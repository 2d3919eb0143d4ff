import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Server, createServer } from 'node:tls'
import { findTool } from '../../../../test/tools/find.ts'
import type { CertificateFact, QueryOf } from '../../model/fact.ts'
import { localFiles } from '../local-files.ts'
import { askCertificateFile, askServerCertificate } from './certificate.ts'
import { localWire } from './local-wire.ts'

const skip = findTool('openssl') === null ? 'openssl is not installed' : false
const scratch = mkdtempSync(join(tmpdir(), 'runproof-certificate-'))
const at = (name: string): string => join(scratch, name)
after(() => rmSync(scratch, { recursive: true, force: true }))
const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { cwd: scratch, stdio: 'ignore' })

/** A root of our own, and a leaf that it signed. */
function makeChain(): void {
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign']
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/O=Test/CN=Root',
    '-days',
    '30',
    ...ca,
  )
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'leaf.key',
    '-out',
    'leaf.csr',
    '-subj',
    '/CN=shop.example',
  )
  writeFileSync(at('ext'), 'subjectAltName=DNS:shop.example,DNS:*.shop.example,IP:127.0.0.1\n')
  openssl(
    'x509',
    '-req',
    '-in',
    'leaf.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '10',
    '-extfile',
    'ext',
    '-out',
    'leaf.pem',
  )
}
if (skip === false) makeChain()

const files = { readFile: localFiles.readFile, cwd: scratch }
const query = (more: Partial<QueryOf<'certificate'>>): QueryOf<'certificate'> => ({
  ...{ kind: 'certificate', path: null, address: null, serverName: null, caFile: null, timeoutMs: 3000 },
  ...more,
})
const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000)

async function fromFile(more: Partial<QueryOf<'certificate'>>, now = inDays(0)): Promise<CertificateFact | string> {
  const answer = await askCertificateFile(files, query(more), now)
  return 'value' in answer ? answer.value : answer.error
}

test('a file: names, dates and a chain that is verified with the given roots', { skip }, async () => {
  const fact = await fromFile({ path: at('leaf.pem'), caFile: at('ca.pem') })
  assert.ok(typeof fact === 'object')
  assert.deepEqual(
    [fact.subject, fact.issuer, fact.names, fact.chainError],
    ['CN=shop.example', 'O=Test, CN=Root', ['shop.example', '*.shop.example', '127.0.0.1'], null],
  )
  assert.match(fact.notAfter, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
  assert.match(fact.sha256, /^[0-9a-f]{64}$/)
})

test('a file: expired, not signed by who is trusted, and no certificate at all are told apart', { skip }, async () => {
  const late = await fromFile({ path: at('leaf.pem'), caFile: at('ca.pem') }, inDays(11))
  assert.equal(typeof late === 'object' && late.chainError, 'x509: certificate has expired or is not yet valid')
  const stranger = await fromFile({ path: at('leaf.pem') })
  assert.equal(typeof stranger === 'object' && stranger.chainError, 'x509: certificate signed by unknown authority')
  assert.equal(await fromFile({ path: at('leaf.key') }), `certificate: ${at('leaf.key')} holds no certificate in PEM form`)
  assert.equal(await fromFile({ path: at('none') }), `open ${at('none')}: no such file or directory`)
  assert.equal(await fromFile({ path: at('leaf.pem'), caFile: at('ext') }), `Failed parse root certificate: ${at('ext')}`)
})

async function fromServer(server: Server, more: Partial<QueryOf<'certificate'>>): Promise<CertificateFact | string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const answer = await askServerCertificate(localWire, files, query({ address, ...more }))
  await new Promise((resolve) => server.close(resolve))
  return 'value' in answer ? answer.value : answer.error
}

test('a server: what it presents, the protocol, and why its chain does not hold', { skip }, async () => {
  const serve = (): Server => {
    const server = createServer({ cert: readFileSync(at('leaf.pem')), key: readFileSync(at('leaf.key')) }, (socket) =>
      socket.end(),
    )
    return server.on('tlsClientError', () => {})
  }
  const trusted = await fromServer(serve(), { caFile: at('ca.pem') })
  assert.ok(typeof trusted === 'object', JSON.stringify(trusted))
  assert.deepEqual([trusted.subject, trusted.protocol, trusted.chainError], ['CN=shop.example', 'TLSv1.3', null])
  const named = await fromServer(serve(), { caFile: at('ca.pem'), serverName: 'a.shop.example' })
  assert.equal(typeof named === 'object' && named.chainError, null)
  const wrong = await fromServer(serve(), { caFile: at('ca.pem'), serverName: 'other.example' })
  assert.match(typeof wrong === 'object' ? String(wrong.chainError) : wrong, /^x509: ERR_TLS_CERT_ALTNAME_INVALID/)
  const stranger = await fromServer(serve(), {})
  assert.equal(typeof stranger === 'object' && stranger.chainError, 'x509: certificate signed by unknown authority')
})

test('a server that is none is an error', { skip }, async () => {
  const answer = await askServerCertificate(localWire, files, query({ address: '127.0.0.1:1' }))
  assert.deepEqual(answer, { error: 'dial tcp 127.0.0.1:1: connect: connection refused' })
  assert.deepEqual(await askServerCertificate(localWire, files, query({ address: 'x' })), {
    error: 'certificate: x is not host:port',
  })
})
