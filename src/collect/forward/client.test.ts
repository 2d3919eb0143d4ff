import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createClient } from './client.ts'

const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl, which makes the certificates, is not on PATH'

/** Keys and certificates: of an authority, and of two that it vouches for. */
function certificates(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const openssl = (...argv: string[]): void => void execFileSync('openssl', argv, { cwd: folder, stdio: 'ignore' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority')
  for (const name of ['service', 'forwarder']) {
    const about = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE']
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key']
    openssl('req', '-x509', ...key, ...by, ...about, '-keyout', `${name}.key`, '-out', `${name}.pem`)
  }
  return (name: string): Buffer => readFileSync(join(folder, name))
}

test('TLS: only whom the given authority vouches for is believed, and who we are is shown', { skip }, async (t) => {
  const file = certificates(t)
  const [ca, cert, key] = [file('ca.pem'), file('forwarder.pem'), file('forwarder.key')]
  const server = createServer(
    { key: file('service.key'), cert: file('service.pem'), ca, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket
      response.end(socket.authorized ? String(socket.getPeerCertificate().subject.CN) : 'nobody')
    },
  )
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = async (tls: Parameters<typeof createClient>[0]['tls'] & {}): Promise<string> => {
    const client = createClient({ server: url, tls })
    try {
      const { body } = await client.ask({ method: 'GET', path: '/', headers: {}, body: new Uint8Array() })
      return Buffer.from(body).toString()
    } finally {
      client.close()
    }
  }
  assert.equal(await ask({ ca, cert, key }), 'forwarder')
  assert.equal(await ask({ ca }), 'nobody')
  await assert.rejects(ask({}), /certificate/)
})
