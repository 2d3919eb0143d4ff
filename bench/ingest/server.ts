import { createServer } from 'node:http'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instantMs } from '../../core/model/time.ts'
import type { Principal } from '../../core/model/access.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { DSSE_PAYLOAD_TYPE } from '../../core/proof/statement.ts'
import { publishManifest } from '../../src/actions/publish-manifest.ts'
import { manifestStatement } from '../../src/declare/statements.ts'
import { openKeys } from '../../src/keys/keys.ts'
import { signEnvelope } from '../../src/keys/sign-envelope.ts'
import { enrolSensor, inviteSensor } from '../../src/access/sensors.ts'
import { startService } from '../../src/service/service.ts'
import { readSettings } from '../../src/service/settings/settings.ts'
import { manifest } from '../subject.ts'

/** What the bench needs to know of a server that is ready: printed as one line of JSON. */
export type Ready = { readonly address: string; readonly authorization: string }

const somebody: Principal = {
  kind: 'person',
  id: 'bench',
  name: 'Bench',
  grants: (['admin', 'engineer'] as const).map((role) => ({ role, application: '*', environment: '*' })),
  permissions: null,
  person: null,
}

/** The service with a published manifest and one enrolled sensor, its clock within the window that the events lie in. */
async function serve(): Promise<Ready> {
  const data = mkdtempSync(join(tmpdir(), 'runproof-bench-'))
  const clockShiftMs = instantMs('2026-03-02T09:30:00Z') - Date.now()
  const { settings } = readSettings({ file: null, env: { RUNPROOF_LISTEN_PORT: '0', RUNPROOF_LOG_LEVEL: 'error' } })
  const log = { write: (line: string) => process.stderr.write(line) }
  const service = await startService({ data, settings, passphrase: null, version: 'bench', log, clockShiftMs })
  const context = service.contextOf(somebody)
  const owner = await (await openKeys({ dataDir: data })).signer('owner')
  const signature = await signEnvelope(owner, DSSE_PAYLOAD_TYPE, manifestStatement(manifest))
  await publishManifest.run(context, { manifest: jcs(manifest as unknown as JsonValue), signature, owner_key: owner.pem })
  const scopes = [{ application: '*', environment: '*' }]
  const { token } = inviteSensor(service.access.world, somebody, { scopes, minutes: 30 })
  const sensor = await enrolSensor(service.access.world, { token, name: 'bench', kind: 'auto', publicKey: null, proof: null })
  process.on('SIGTERM', () => void service.stop().then(() => process.exit(0)))
  return { address: service.address, authorization: `Bearer ${sensor.token}` }
}

/** What no service in this language can beat: the same requests, split and parsed, nothing kept. */
async function floor(): Promise<Ready> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      let start = 0
      for (let end = body.indexOf(10); end >= 0; end = body.indexOf(10, start)) {
        JSON.parse(body.toString('utf8', start, end))
        start = end + 1
      }
      response.end('{}')
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  process.on('SIGTERM', () => process.exit(0))
  const address = server.address()
  return { address: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, authorization: '' }
}

process.stdout.write(`${JSON.stringify(await (process.argv[2] === 'floor' ? floor() : serve()))}\n`)
