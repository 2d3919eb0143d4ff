import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { generateKeyPairSync } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { AccessScope, Grant, Permission, Principal, Role } from '../core/model/access.ts'
import { instantMs, instantOf } from '../core/model/time.ts'
import { fromBase64 } from '../core/proof/bytes.ts'
import { signerEnrolmentPayload } from '../core/proof/enrolment.ts'
import { jcs, type JsonValue } from '../core/proof/jcs.ts'
import { DSSE_PAYLOAD_TYPE } from '../core/proof/statement.ts'
import { enrolKey } from '../src/access/keys.ts'
import { insertPerson } from '../src/access/people.ts'
import { personPrincipal } from '../src/access/principals.ts'
import { enrolSensor, inviteSensor } from '../src/access/sensors.ts'
import { defaultSessionLimits, openSession } from '../src/access/sessions.ts'
import { insertToken } from '../src/access/tokens.ts'
import { publishManifest } from '../src/actions/publish-manifest.ts'
import { readManifest } from '../src/declare/read-manifest.ts'
import { manifestStatement } from '../src/declare/statements.ts'
import { signEnvelope } from '../src/keys/sign-envelope.ts'
import { signingKeyOf, type SigningKey } from '../src/keys/signing-key.ts'
import { csrfTokenOf } from '../src/server/access/csrf.ts'
import { startService, type Service } from '../src/service/service.ts'
import { readSettings } from '../src/service/settings/settings.ts'
import { scratch } from './sample.ts'

/** Two applications of one service; what one may see of the other is what these tests are about. */
export const here = { application: 'harbour', environment: 'prod' } as const
export const elsewhere = { application: 'meadow', environment: 'prod' } as const
const opened = instantMs('2026-03-02T09:02:00Z')

/** The person who publishes and invites; in no list of roles that tests walk. */
const founder: Principal = {
  kind: 'person',
  id: 'founder',
  name: 'Founder',
  grants: (['admin', 'engineer'] as const).map((role) => ({ role, application: '*', environment: '*' })),
  permissions: null,
  person: null,
}

/** Somebody who asks, with what their requests carry. */
export type Asker = {
  readonly name: string
  readonly kind: 'person' | 'token' | 'sensor' | 'nobody'
  readonly grants: readonly Grant[]
  readonly cut: readonly Permission[] | null
  readonly headers: Readonly<Record<string, string>>
  /** What of their credentials must be in no output. */
  readonly secrets: readonly string[]
}

export type Answer = { readonly status: number; readonly text: string; readonly type: string }
export type MatrixWorld = Awaited<ReturnType<typeof matrixWorld>>
export type RouteSeen = { readonly method: string; readonly url: string }

/** The real service over a real folder, with a sealed window, a report, a case and a signed waiver of each of two applications. */
export async function matrixWorld() {
  const data = scratch()
  const lines: string[] = []
  const keys = { owner: newKey('owner'), [here.application]: newKey('Ada'), [elsewhere.application]: newKey('Grace') } as const
  const start = (nowMs: number): Promise<Service> => {
    const { settings } = readSettings({ file: null, env: { RUNPROOF_LISTEN_PORT: '0', RUNPROOF_LOG_LEVEL: 'debug' } })
    const log = { write: (line: string) => void lines.push(line) }
    const clockShiftMs = nowMs - Date.now()
    return startService({ data, settings, passphrase: null, version: '0.0.0-test', log, clockShiftMs, tickMs: 3_600_000 })
  }

  const first = await start(opened)
  try {
    for (const { application } of [here, elsewhere]) {
      const published = await publication(manifestText(application, '1.0.0', keys[application]), keys.owner)
      await publishManifest.run(first.contextOf(founder), published)
    }
    const sender = await newSensor(first, 'first-sensor', { application: '*', environment: '*' })
    for (const { application } of [here, elsewhere]) {
      const body = JSON.stringify({ sensor: 'falco', findings: [shell(application)] })
      const answer = await ask(first, sender, 'POST', '/api/v1/runtime/findings/ingest', { body })
      if (answer.status !== 200) throw new Error(answer.text)
    }
  } finally {
    await first.stop()
  }

  const { seen: routes, result: service } = await seeingRoutes(() => start(instantMs('2026-03-02T09:25:00Z')))
  await service.settled()
  const context = service.contextOf(founder)
  return {
    data,
    service,
    lines,
    routes,
    keys,
    founder,
    state: context.state,
    person: (name: string, grants: readonly Grant[]) => newPerson(service, name, grants),
    token: (name: string, grants: readonly Grant[], cut: readonly Permission[] | null = null) =>
      newToken(service, name, grants, cut),
    sensor: (name: string, scope: AccessScope) => newSensor(service, name, scope),
    ask: (asker: Asker, method: string, path: string, more?: Parameters<typeof ask>[4]) =>
      ask(service, asker, method, path, more),
    reportOf: (scope: AccessScope) => context.state.reports({ scope, windowId: null, before: null, limit: 1 })[0],
    caseOf: (scope: AccessScope) => context.state.openCases(scope)[0]?.id ?? 0,
    /** An approver who signs and hands in a waiver for the case of an application. */
    async waive(scope: typeof here | typeof elsewhere): Promise<string> {
      const key = keys[scope.application]
      const grants = [{ role: 'approver', ...scope }] as const
      const approver = await newPerson(service, key.name, grants)
      await enrolled(service, approver, key)
      const id = context.state.openCases(scope)[0]?.id ?? 0
      const words = { verdict: 'waive', reason: 'The release needs it.', compensating: 'Egress is closed.', expires: '30d' }
      const drafted = await ask(service, approver, 'POST', `/api/v1/cases/${id}/draft`, { body: JSON.stringify(words) })
      if (drafted.status !== 200) throw new Error(drafted.text)
      const { payload } = JSON.parse(drafted.text) as { readonly payload: string }
      const envelope = await signEnvelope(key, DSSE_PAYLOAD_TYPE, fromBase64(payload))
      const body = JSON.stringify({ verdict: 'waive', envelope })
      const decided = await ask(service, approver, 'POST', `/api/v1/cases/${id}/decide`, { body })
      if (decided.status !== 200) throw new Error(decided.text)
      return (JSON.parse(decided.text) as { readonly digest: string }).digest
    },
    async end() {
      await service.stop()
      rmSync(data, { recursive: true })
    },
  }
}

export const nobody: Asker = { name: 'nobody', kind: 'nobody', grants: [], cut: null, headers: {}, secrets: [] }

/** Every route that the service registers while it starts; Fastify says when it makes one. */
export async function seeingRoutes<T>(
  work: () => Promise<T>,
): Promise<{ readonly seen: readonly RouteSeen[]; readonly result: T }> {
  const seen: RouteSeen[] = []
  const onApp = (message: unknown): void => {
    const { fastify } = message as { readonly fastify: FastifyInstance }
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) seen.push({ method: one, url })
    })
  }
  subscribe('fastify.initialization', onApp)
  try {
    return { result: await work(), seen }
  } finally {
    unsubscribe('fastify.initialization', onApp)
  }
}

async function ask(
  { address }: Pick<Service, 'address'>,
  { headers }: Asker,
  method: string,
  path: string,
  { body, more = {} }: { readonly body?: string; readonly more?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(`${address}${path}`, {
    method,
    headers: { ...type, ...headers, ...more },
    redirect: 'manual',
    ...(body !== undefined && { body }),
  })
  const text = Buffer.from(await response.arrayBuffer()).toString('latin1')
  return { status: response.status, text, type: response.headers.get('content-type') ?? '' }
}

async function newPerson({ access: { world } }: Service, name: string, grants: readonly Grant[]): Promise<Asker> {
  const id = world.ledger.transaction(() => {
    const row = insertPerson(world, { issuer: 'https://idp.example', subject: name, name, email: null })
    const given = { origin: 'given', grantedAt: instantOf(opened), grantedBy: 'founder' } as const
    for (const grant of grants) world.state.insertGrant(row, { ...grant, ...given })
    return row
  })
  const secret = openSession(world, id, defaultSessionLimits)
  const headers = { cookie: `runproof_session=${secret}`, 'x-csrf-token': csrfTokenOf(secret) }
  return { name, kind: 'person', grants, cut: null, headers, secrets: [secret, csrfTokenOf(secret)] }
}

function newToken(
  { access: { world } }: Service,
  name: string,
  grants: readonly Grant[],
  cut: readonly Permission[] | null,
): Asker {
  const asked = { name, grants, permissions: cut, days: 30 }
  const { token } = insertToken(world, asked, { person: null, madeBy: 'founder' })
  return { name, kind: 'token', grants, cut, headers: { authorization: `Bearer ${token}` }, secrets: [token.slice(-43)] }
}

async function newSensor({ access: { world } }: Service, name: string, scope: AccessScope): Promise<Asker> {
  const { token } = inviteSensor(world, founder, { scopes: [scope], minutes: 30 })
  const made = await enrolSensor(world, { token, name, kind: 'auto', publicKey: null, proof: null })
  const headers = { authorization: `Basic ${Buffer.from(`${made.id}:${made.secret}`).toString('base64')}` }
  return { name, kind: 'sensor', grants: [{ role: 'sensor', ...scope }], cut: null, headers, secrets: [made.secret, token] }
}

async function enrolled({ access: { world } }: Service, { name }: Asker, key: SigningKey): Promise<void> {
  const row = world.state.people().find((person) => person.name === name)
  if (!row) throw new Error(`there is no ${name}`)
  const { issuer, subject } = row
  const claim = { issuer, subject, name, createdAt: instantOf(world.now()) }
  const statement = await signEnvelope(key, DSSE_PAYLOAD_TYPE, signerEnrolmentPayload(claim, key.spki))
  await enrolKey(world, personPrincipal(world.state, row), statement)
}

/** The body that publishes a manifest. */
export async function publication(text: string, owner: SigningKey) {
  const read = readManifest(text, 'manifest.yaml')
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  const signature = await signEnvelope(owner, DSSE_PAYLOAD_TYPE, manifestStatement(read.manifest))
  return { manifest: jcs(read.manifest as unknown as JsonValue), signature, owner_key: owner.pem }
}

export function manifestText(application: string, version: string, approver: SigningKey): string {
  return `apiVersion: runproof.dev/v1
kind: AssuranceManifest
metadata: { name: ${application}, version: ${version}, owner: Team of ${application} }
scope:
  application: ${application}
  environment: prod
  workloads: [{ name: ${application}-api, namespace: ${application} }]
sensors:
  - { name: falco, nodes: [n1], interval: 5m, minCoverage: 0.9 }
window: { every: 10m }
controls:
  - { id: no-shell, title: No shell in ${application}, behaviour: exec, evidence: { falco: [Shell] }, severity: low }
approvers:
  - name: ${approver.name}
    key: |
${approver.pem.trim().replaceAll(/^/gm, '      ')}
`
}

function shell(application: string) {
  const fields = {
    'container.id': 'a1b2c3d4e5f6',
    'evt.type': 'execve',
    'k8s.ns.name': application,
    'k8s.pod.name': `${application}-api-7c9d5-x2x4z`,
    'proc.cmdline': `/bin/sh -c ${application}`,
    'proc.exepath': '/bin/sh',
    'proc.name': 'sh',
  }
  const [rule, time] = ['Shell', '2026-03-02T09:02:05.000000000Z']
  return { hostname: 'n1', output: rule, output_fields: fields, priority: 'Warning', rule, source: 'syscall', time }
}

export function newKey(name: string): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return signingKeyOf(pem, { path: name, passphrase: null, name })
}

export type { Role }
