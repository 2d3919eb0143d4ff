import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request, type ClientRequest } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Principal } from '../core/model/access.ts'
import { enrolSensor, inviteSensor } from '../src/access/sensors.ts'
import { listWindows } from '../src/actions/list-windows.ts'
import { publishManifest } from '../src/actions/publish-manifest.ts'
import { startService } from '../src/service/service.ts'
import { readSettings } from '../src/service/settings/settings.ts'
import { manifestText, newKey, publication } from './access-matrix-world.ts'
import { root, run, scratch } from './sample.ts'

/** `runproof serve` as a process: how it ends, and how it refuses to start. */

const founder: Principal = {
  kind: 'person',
  id: 'founder',
  name: 'Founder',
  grants: (['admin', 'engineer'] as const).map((role) => ({ role, application: '*', environment: '*' })),
  permissions: null,
  person: null,
}

test('SIGTERM: what is under way is answered, what was acknowledged is there after the restart, and the exit code is 0', async () => {
  const { data, authorization } = await prepared()
  const served = await serving(data)
  for (let index = 0; index < 20; index++) {
    const answer = await fetch(`${served.address}/ingest/falco`, {
      method: 'POST',
      headers: { authorization },
      body: event(index),
    })
    assert.equal(answer.status, 200)
  }
  const findings = JSON.stringify({ batch_id: 'last', sensor: 'falco', findings: [JSON.parse(event(99))] })
  const last = begun(served.address, authorization, findings)
  await last.isUnderWay
  served.child.kill('SIGTERM')
  await served.said('stopping')
  const { status, text } = await last.finished()
  assert.equal(status, 200, text)
  assert.deepEqual(await served.ended, { code: 0, signal: null })
  assert.ok(served.output().includes('"stopped"'))

  const again = await started(data)
  try {
    const answer = await fetch(`${again.address}/api/v1/runtime/findings/ingest`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: findings,
    })
    const outcome = (await answer.json()) as { readonly repeated: boolean; readonly events: number; readonly detections: number }
    assert.deepEqual([outcome.repeated, outcome.events, outcome.detections], [true, 1, 1])
    await again.settled()
    const context = again.contextOf(founder)
    const { windows } = await listWindows.run(context, { limit: 50 })
    assert.ok(windows.length > 0 && windows.every(({ application }) => application === 'harbour'))
    const events = context.evidence
      .windows({ scope: { application: 'harbour', environment: 'prod' }, endsAfter: '1970-01-01T00:00:00Z' })
      .map(({ window }) => context.evidence.intakeOf(window).intake.tally.get('detection/falco') ?? 0)
    assert.equal(
      events.reduce((sum, count) => sum + count, 0),
      21,
    )
  } finally {
    await again.stop()
  }
})

test('what follows on the same connection while it stops is told to come again', async () => {
  const { data, authorization } = await prepared()
  const served = await serving(data)
  const { hostname, port } = new URL(served.address)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const closed = once(socket, 'close')
  const body = event(1)
  const head = ['POST /ingest/falco HTTP/1.1', 'host: x', `authorization: ${authorization}`, `content-length: ${body.length}`]
  await new Promise((resolve) => socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 50)}`, resolve))
  await fetch(`${served.address}/livez`)
  served.child.kill('SIGTERM')
  await served.said('stopping')
  socket.write(`${body.slice(50)}GET /livez HTTP/1.1\r\nhost: x\r\n\r\n`)
  await closed
  assert.match(
    text,
    /^HTTP\/1\.1 200 OK[\s\S]*\{"status":"kept"\}HTTP\/1\.1 503 [\s\S]*application\/problem\+json[\s\S]*service\.stopping/,
  )
  assert.deepEqual(await served.ended, { code: 0, signal: null })
})

for (const [first, second] of [
  ['SIGTERM', 'SIGTERM'],
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
] as const) {
  test(`${second} after ${first} ends it at once, whatever is under way`, async () => {
    const { data, authorization } = await prepared()
    const served = await serving(data)
    const waiting = begun(served.address, authorization, event(1))
    await waiting.isUnderWay
    served.child.kill(first)
    await served.said('stopping')
    served.child.kill(second)
    assert.deepEqual(await served.ended, { code: 3, signal: null })
    waiting.destroy()
  })
}

test('bad settings: every mistake is named with its fix, the exit code is 3, and nothing goes on', async () => {
  const cwd = scratch()
  writeFileSync(
    join(cwd, 'runproof.yaml'),
    'listen:\n  port: 99999\ntls:\n  certificate: /no/such/file\noidc:\n  groups: [{group: a, role: king}]\n',
  )
  const env = { RUNPROOF_LISTEN_PRT: '1', RUNPROOF_SPIFFE_TRUST_DOMAIN: 'example.org' }
  for (const command of [['serve'], ['config', 'check']]) {
    const ran = await run([...command, '--config', 'runproof.yaml'], { cwd, env })
    assert.equal(ran.code, 3)
    assert.match(ran.err, /the settings have 6 mistakes:/)
    assert.match(ran.err, /runproof\.yaml:2:9: listen\.port is 99999\. Fix: write a number from 0 to 65535/)
    assert.match(ran.err, /RUNPROOF_LISTEN_PRT: there is no such setting\. Did you mean RUNPROOF_LISTEN_PORT\?/)
    assert.match(ran.err, /tls\.certificate is set, and tls\.key is not\. Fix: set tls\.key too/)
    assert.match(ran.err, /tls\.certificate: cannot read \/no\/such\/file\. Fix: /)
    assert.match(ran.err, /spiffe\.trustDomain is set, and spiffe\.bundle is not/)
    assert.match(ran.err, /oidc\.groups: there is no role "king"\. Fix: write one of viewer, /)
  }
})

test('settings that only starting can try end the process, too', async () => {
  const cwd = scratch()
  writeFileSync(join(cwd, 'no.pem'), 'no certificate')
  const taken = createServer()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const port = String((taken.address() as AddressInfo).port)
  const pem = join(cwd, 'no.pem')
  const cases = [
    [{ RUNPROOF_TLS_CERTIFICATE: pem, RUNPROOF_TLS_KEY: pem }, /tls\.certificate and tls\.key: .* \[settings\.invalid\]/],
    [{ RUNPROOF_LISTEN_PORT: port }, /cannot listen on 127\.0\.0\.1, port \d+: .*EADDRINUSE.*listen\.port \[settings\.invalid\]/],
  ] as const
  for (const [env, why] of cases) {
    const { child, output } = spawned(join(cwd, 'data'), env)
    const [code] = (await once(child, 'close')) as [number | null]
    assert.equal(code, 3)
    assert.match(output(), why)
  }
  taken.close()
})

test('config check says each setting as one writes it, where it comes from and what it means', async () => {
  const { code, out } = await run(['config', 'check'], { env: { RUNPROOF_LISTEN_PORT: '9000' } })
  assert.equal(code, 0)
  const line = (name: string): string => out.split('\n').find((one) => one.startsWith(`${name} `)) ?? ''
  assert.match(out, /^SETTING +VALUE +FROM +VARIABLE +MEANING$/m)
  assert.match(line('listen.port'), /^listen\.port +9000 +environment +RUNPROOF_LISTEN_PORT +port; /)
  assert.match(line('ingest.lateness'), /^ingest\.lateness +7d +default +RUNPROOF_INGEST_LATENESS +evidence older/)
  assert.match(line('tls.key'), /^tls\.key +not set +default /)
})

/** A data folder with a promise and a sensor. */
async function prepared() {
  const data = scratch()
  const service = await started(data)
  try {
    const text = manifestText('harbour', '1.0.0', newKey('Ada'))
    await publishManifest.run(service.contextOf(founder), await publication(text, newKey('owner')))
    const { world } = service.access
    const scopes = [{ application: '*', environment: '*' }]
    const { token } = inviteSensor(world, founder, { scopes, minutes: 30 })
    const sensor = await enrolSensor(world, { token, name: 'sensor', kind: 'auto', publicKey: null, proof: null })
    return { data, authorization: `Bearer ${sensor.token}` }
  } finally {
    await service.stop()
  }
}

function started(data: string) {
  const { settings } = readSettings({ file: null, env: { RUNPROOF_LISTEN_PORT: '0', RUNPROOF_LOG_LEVEL: 'error' } })
  return startService({ data, settings, passphrase: null, version: 'test', log: { write: () => {} }, tickMs: 3_600_000 })
}

function spawned(data: string, more: Readonly<Record<string, string>> = {}) {
  const { PATH = '' } = process.env
  const env = { PATH, RUNPROOF_LISTEN_PORT: '0', ...more }
  const child = spawn(process.execPath, [join(root, 'src', 'main.ts'), 'serve', '--data', data], { cwd: root, env })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { child, output: () => text }
}

/** `runproof serve`, once it serves. */
async function serving(data: string) {
  const { child, output } = spawned(data)
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  const said = (words: string): Promise<void> => untilSaid(child, output, words)
  await said('"serving"')
  const address = /"address":"([^"]+)"/.exec(output())?.[1] ?? ''
  return { child, output, ended, said, address }
}

async function untilSaid(child: ChildProcess, output: () => string, words: string): Promise<void> {
  while (!output().includes(words)) {
    if (child.exitCode !== null) throw new Error(`it ended before it said ${words}: ${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A request whose head and half of whose body are sent. */
function begun(address: string, authorization: string, body: string) {
  const half = Math.floor(body.length / 2)
  const headers = { authorization, 'content-type': 'application/json', 'content-length': body.length, connection: 'close' }
  const sent: ClientRequest = request(`${address}/api/v1/runtime/findings/ingest`, { method: 'POST', headers })
  const answered = new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
    })
  })
  answered.catch(() => {})
  const isWritten = new Promise<void>((resolve) => sent.write(body.slice(0, half), () => resolve()))
  return {
    // Written here is not read there: another answer on another connection shows that the service has come by.
    isUnderWay: isWritten.then(() => fetch(`${address}/livez`)),
    finished() {
      sent.end(body.slice(half))
      return answered
    },
    destroy: () => sent.destroy(),
  }
}

function event(index: number): string {
  const fields = {
    'container.id': 'a1b2c3d4e5f6',
    'evt.type': 'execve',
    'k8s.ns.name': 'harbour',
    'k8s.pod.name': 'harbour-api-7c9d5-x2x4z',
    'proc.cmdline': `/bin/sh -c ${index}`,
    'proc.exepath': '/bin/sh',
    'proc.name': 'sh',
  }
  const time = new Date().toISOString().replace('Z', '000000Z')
  return JSON.stringify({
    hostname: 'n1',
    output: 'x',
    output_fields: fields,
    priority: 'Warning',
    rule: 'Shell',
    source: 'syscall',
    time,
  })
}
