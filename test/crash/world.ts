import { generateKeyPairSync } from 'node:crypto'
import type { Principal } from '../../core/model/access.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import { instantOf } from '../../core/model/time.ts'
import { base64 } from '../../core/proof/bytes.ts'
import { sensorEnrolmentProof, signerEnrolmentPayload } from '../../core/proof/enrolment.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { DSSE_PAYLOAD_TYPE } from '../../core/proof/statement.ts'
import { publishManifest } from '../../src/actions/publish-manifest.ts'
import { manifestStatement } from '../../src/declare/statements.ts'
import { openKeys, type SigningKey } from '../../src/keys/keys.ts'
import { signingKeyOf } from '../../src/keys/signing-key.ts'
import { signEnvelope } from '../../src/keys/sign-envelope.ts'
import { firstLink, useLink } from '../../src/access/bootstrap.ts'
import { enrolKey } from '../../src/access/keys.ts'
import { personPrincipal } from '../../src/access/principals.ts'
import type { AccessWorld } from '../../src/access/world.ts'
import { enrolSensor, inviteSensor } from '../../src/access/sensors.ts'
import { insertToken } from '../../src/access/tokens.ts'
import { startService } from '../../src/service/service.ts'
import { readSettings } from '../../src/service/settings/settings.ts'
import { manifest as benchManifest } from '../../bench/subject.ts'
import { clockNow, type Clock } from './clock.ts'

/** Two applications that nobody but us attacks. */
export const applications = ['payments', 'shop'] as const
export type Application = (typeof applications)[number]

/** A data folder as it is before the first kill: two promises, three senders, and a reader who may see everything. */
export type World = {
  readonly data: string
  readonly clock: Clock
  /** Bearer tokens. */
  readonly tokens: {
    readonly sensor: string
    readonly api: string
    readonly forwarder: string
    readonly reader: string
    readonly approver: string
  }
  readonly forwarder: { readonly id: string; readonly key: SigningKey }
  readonly owner: SigningKey
  /** A person's own key, which every promise names. */
  readonly approver: SigningKey
}

const anybody: Principal = {
  kind: 'person',
  id: 'crash',
  name: 'Crash',
  grants: (['admin', 'engineer', 'auditor'] as const).map((role) => ({ role, application: '*', environment: '*' })),
  permissions: null,
  person: null,
}

/** What is promised: windows of a minute that close a second after their end. */
export function promiseOf(application: Application, version: string, approver: SigningKey): Manifest {
  return {
    ...benchManifest,
    metadata: { ...benchManifest.metadata, name: application, version },
    scope: { ...benchManifest.scope, application },
    window: { every: '1m', grace: '1s' },
    controls: benchManifest.controls.slice(0, 2),
    approvers: [{ name: 'Ada', key: approver.pem }],
  }
}

/** The body that publishes a promise; the same bytes however often it is sent. */
export async function publication(owner: SigningKey, manifest: Manifest) {
  const signature = await signEnvelope(owner, DSSE_PAYLOAD_TYPE, manifestStatement(manifest))
  return { manifest: jcs(manifest as unknown as JsonValue), signature, owner_key: owner.pem }
}

/** Makes the folder with a service in this process, which has stopped when it resolves. */
export async function makeWorld(data: string, clock: Clock): Promise<World> {
  const { settings } = readSettings({ file: null, env: { RUNPROOF_LISTEN_PORT: '0', RUNPROOF_LOG_LEVEL: 'error' } })
  const log = { write: (line: string) => process.stderr.write(line) }
  const clockShiftMs = clockNow({ ...clock, speed: 1 }) - Date.now()
  const service = await startService({ data, settings, passphrase: null, version: 'crash', log, clockShiftMs, tickMs: 60_000 })
  try {
    const owner = await (await openKeys({ dataDir: data })).signer('owner')
    const approver = p256('approver')
    const context = service.contextOf(anybody)
    for (const application of applications) {
      await publishManifest.run(context, await publication(owner, promiseOf(application, '1.0.0', approver)))
    }
    const { world } = service.access
    const token = (role: 'sensor' | 'engineer' | 'auditor', application: string) => {
      const grants = [{ role, application, environment: '*' }]
      return insertToken(world, { name: role, grants, permissions: null, days: 366 }, { person: null, madeBy: 'crash' }).token
    }
    const sensor = await enrolled('door', '*', null)
    const key = p256('forwarder')
    const forwarder = await enrolled('forwarder', 'shop', key)
    return {
      data,
      clock,
      tokens: {
        sensor: sensor.token,
        api: token('sensor', 'payments'),
        forwarder: forwarder.token,
        reader: token('engineer', '*'),
        approver: await decidingPerson(world, service.address, approver),
      },
      forwarder: { id: forwarder.id, key },
      owner,
      approver,
    }

    async function enrolled(name: string, application: string, signer: SigningKey | null) {
      const scopes = [{ application, environment: '*' }]
      const { token: invitation } = inviteSensor(world, anybody, { scopes, minutes: 30 })
      const asked = { token: invitation, name, kind: 'auto' as const }
      if (signer === null) return enrolSensor(world, { ...asked, publicKey: null, proof: null })
      const proof = base64(await signer.sign(sensorEnrolmentProof({ ...asked, spki: signer.spki })))
      return enrolSensor(world, { ...asked, publicKey: signer.pem, proof })
    }
  } finally {
    await service.stop()
  }
}

/** The first person of the service, with their key enrolled; resolves to a token that acts as them. */
async function decidingPerson(world: AccessWorld, address: string, key: SigningKey): Promise<string> {
  const link = firstLink(world, address)
  if (link === null) throw new Error('somebody is there already')
  const person = personPrincipal(world.state, useLink(world, link.token, 'Ada'))
  if (person.person === null) throw new Error('a person is somebody')
  const { issuer, subject, name } = person.person
  const payload = signerEnrolmentPayload({ issuer, subject, name, createdAt: instantOf(world.now()) }, key.spki)
  await enrolKey(world, person, await signEnvelope(key, DSSE_PAYLOAD_TYPE, payload))
  const { grants } = person
  return insertToken(world, { name: 'Ada', grants, permissions: null, days: 366 }, { person: person.id, madeBy: 'crash' }).token
}

function p256(name: string): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return signingKeyOf(pem, { path: 'in memory', passphrase: null, name })
}
