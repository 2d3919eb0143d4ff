import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Principal, Role } from '../core/model/access.ts'
import { instantMs, instantOf } from '../core/model/time.ts'
import { windowOf, type Window } from '../core/model/window.ts'
import { fromBase64 } from '../core/proof/bytes.ts'
import { signerEnrolmentPayload } from '../core/proof/enrolment.ts'
import { readTar } from '../core/proof/tar.ts'
import { DSSE_PAYLOAD_TYPE } from '../core/proof/statement.ts'
import { enrolKey } from '../src/access/keys.ts'
import { insertPerson } from '../src/access/people.ts'
import { personPrincipal } from '../src/access/principals.ts'
import type { AccessWorld } from '../src/access/world.ts'
import type { Context } from '../src/actions/action.ts'
import * as cases from '../src/actions/cases.ts'
import * as decide from '../src/actions/decide.ts'
import * as waivers from '../src/actions/waivers.ts'
import { manifestStatement } from '../src/declare/statements.ts'
import { readManifest } from '../src/declare/read-manifest.ts'
import { openKeys } from '../src/keys/keys.ts'
import { signEnvelope } from '../src/keys/sign-envelope.ts'
import { signingKeyOf, type SigningKey } from '../src/keys/signing-key.ts'
import { closeWindow, type Closed } from '../src/service/close-window.ts'
import { reportFile, serviceTrust } from '../src/service/handover.ts'
import { accessStateOf } from '../src/store/state/access-state.ts'
import type { Cause } from '../src/store/state/reports.ts'
import { verifyAudit } from '../verify/src/index.ts'
import { scratch } from './sample.ts'
import { serviceParts } from './service-parts.ts'

export const scope = { application: 'shop', environment: 'prod' } as const
const midnight = instantMs('2026-03-02T00:00:00Z')
export const WINDOW_MS = 600_000

/** The n-th window of ten minutes. */
export function windowNumber(n: number): Window {
  return windowOf(scope, instantOf(midnight + n * WINDOW_MS), instantOf(midnight + (n + 1) * WINDOW_MS))
}

export function newKey(name = 'test'): SigningKey {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return signingKeyOf(pem, { path: 'test', passphrase: null, name })
}

export type Act = { readonly rule: string; readonly path: string; readonly pod?: string | null }
/** High: takes two people. */
export const shell: Act = { rule: 'Shell', path: '/bin/sh' }
/** Low: one person suffices. */
export const curl: Act = { rule: 'Curl', path: '/usr/bin/curl' }
/** High, and nobody knows which of two workloads it was: not sure enough to fail. */
export const lost: Act = { ...shell, pod: null }

export type Person = { readonly principal: Principal; readonly key: SigningKey; readonly context: Context }
export type ReviewWorld = Awaited<ReturnType<typeof reviewWorld>>

type ManifestChanges = {
  readonly version?: string
  readonly approvers?: readonly SigningKey[]
  readonly controls?: string
  readonly review?: string
  readonly blind?: 'fail' | 'inconclusive'
}

/** A service without its doors, a signed manifest with three approvers, and a clock that tests move. */
export async function reviewWorld() {
  let now = midnight + 60_000
  const data = scratch()
  const parts = await serviceParts(() => now, data)
  const { ledger } = parts.closing
  const world = { state: accessStateOf(ledger.db), ledger, now: () => now } as unknown as AccessWorld
  const asked: string[] = []
  const contextOf = (principal: Principal): Context => ({
    ...parts.context,
    access: world,
    principal,
    now: () => now,
    decided: (windows) => void asked.push(...windows),
  })
  const keys = { ada: newKey('Ada'), grace: newKey('Grace'), bob: newKey('Bob') }

  async function person(name: string, role: Role, key: SigningKey | null): Promise<Person> {
    const id = ledger.transaction(() => {
      const row = insertPerson(world, { issuer: 'https://idp.example', subject: `${name}-${Math.random()}`, name, email: null })
      const given = { origin: 'given', grantedAt: '2026-03-02T00:00:00Z', grantedBy: 'test' } as const
      world.state.insertGrant(row, { role, application: '*', environment: '*', ...given })
      return row
    })
    const row = world.state.person(id)
    if (row === null) throw new Error('no person')
    const principal = personPrincipal(world.state, row)
    const own = key ?? newKey(name)
    if (key !== null) await enrol(principal, key)
    return { principal, key: own, context: contextOf(principal) }
  }

  async function enrol(principal: Principal, key: SigningKey): Promise<void> {
    const { issuer = '', subject = '' } = principal.person ?? {}
    const claim = { issuer, subject, name: principal.name, createdAt: instantOf(now) }
    await enrolKey(world, principal, await signEnvelope(key, DSSE_PAYLOAD_TYPE, signerEnrolmentPayload(claim, key.spki)))
  }

  async function publish({
    version = '1.0.0',
    approvers = Object.values(keys),
    controls = '',
    review = 'twoPeopleFrom: high, cleanWindows: 3',
    blind = 'inconclusive',
  }: ManifestChanges = {}) {
    const text = `${manifestText(version, approvers, controls, review)}blind: ${blind}\n`
    const read = readManifest(text, 'manifest.yaml')
    if ('problems' in read) throw new Error(JSON.stringify(read.problems))
    const owner = await (await openKeys({ dataDir: data })).signer('owner')
    const folder = join(scratch(), 'bundle')
    mkdirSync(folder)
    writeFileSync(join(folder, 'manifest.yaml'), text)
    writeFileSync(join(folder, 'owner.pub'), owner.pem)
    const envelope = await signEnvelope(owner, DSSE_PAYLOAD_TYPE, manifestStatement(read.manifest))
    writeFileSync(join(folder, 'manifest.dsse.json'), JSON.stringify(envelope))
    await parts.publish(folder)
    return folder
  }

  /** Receives what a watched window holds. `watched: false`: what its sensor would say if it had been off. */
  async function receive(n: number, acts: readonly Act[], { watched = true } = {}): Promise<void> {
    const { start } = windowNumber(n)
    const at = (seconds: number): string => new Date(instantMs(start) + seconds * 1000).toISOString().replace('Z', '000000Z')
    const beats = watched ? Array.from({ length: 10 }, (_, minute) => beat(at(minute * 60))) : []
    const lines = [...beats, ...acts.map((act, index) => alert(act, at(125 + index)))]
    if (lines.length > 0)
      await parts.receive('falco', new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join('')))
    await parts.fold()
  }

  async function close(n: number, cause: Cause = 'close'): Promise<Closed> {
    const window = windowNumber(n)
    now = Math.max(now, instantMs(window.end) + 60_000)
    const governing = parts.closing.state.manifestsOf(scope).findLast(({ governsFrom }) => governsFrom <= window.start)
    return closeWindow(parts.closing, window, parts.closing.state.sealedWindow(window.id)?.manifest ?? governing?.id ?? 1, cause)
  }

  return {
    parts,
    keys,
    contextOf,
    world,
    /** Windows that acts asked to have judged anew. */
    asked,
    person,
    enrol,
    publish,
    receive,
    close,
    now: () => now,
    wait: (ms: number) => void (now += ms),
    /** Judges anew what was decided about, as the keeper does. */
    async settle(): Promise<Closed | null> {
      let last: Closed | null = null
      for (const id of new Set(asked.splice(0))) {
        const sealed = parts.closing.state.sealedWindow(id)
        if (sealed) last = await closeWindow(parts.closing, sealed.window, sealed.manifest, 'decision')
      }
      return last
    },
    report: (digest: string) => parts.closing.reports.report(digest),
    /** The page for people. */
    async page(digest: string): Promise<string> {
      const { state, reports } = parts.closing
      const never = (): Promise<never> => Promise.reject(new Error('no'))
      return new TextDecoder().decode((await reportFile({ ledger, state, reports, pdfOf: never }, digest, 'html')).bytes)
    },
    /** As a stranger would, from the audit file alone. */
    async verified(digest: string) {
      const { state, reports, promiseOf, reportKey } = parts.closing
      const { bytes } = await reportFile(
        { ledger, state, reports, pdfOf: () => Promise.reject(new Error('no')) },
        digest,
        'audit',
      )
      const members = new Map(readTar(bytes, { members: 100, memberBytes: 1e9, totalBytes: 1e9 }))
      const trust = serviceTrust({ ledger, state }, promiseOf, [{ name: 'report', key: (await reportKey()).pem }], '')
      return { members, ...(await verifyAudit(members, trust)) }
    },
    end: () => parts.close(),
  }
}

/** What somebody signs for a verdict, signed with a key: their own unless told otherwise. */
export async function signedFor(
  by: Person,
  id: number,
  asked: {
    readonly verdict: 'approve' | 'waive' | 'reject'
    readonly reason?: string
    readonly compensating?: string
    readonly expires?: string
  },
  key: SigningKey = by.key,
) {
  const drafted = await decide.draft.run(by.context, { id, ...asked })
  return signEnvelope(key, drafted.payload_type, fromBase64(drafted.payload))
}

export async function decideAs(by: Person, id: number, asked: Parameters<typeof signedFor>[2], key?: SigningKey) {
  return decide.decide.run(by.context, { id, verdict: asked.verdict, envelope: await signedFor(by, id, asked, key) })
}

export async function showAs(by: Person, id: number) {
  return cases.show.run(by.context, { id })
}

export async function listAs(by: Person, state: 'undecided' | 'all' = 'all') {
  return (await cases.list.run(by.context, { state, limit: 50 })).cases
}

export async function waiversAs(by: Person, at?: string) {
  return (await waivers.list.run(by.context, at === undefined ? {} : { at })).waivers
}

export async function revokeAs(by: Person, digest: string, reason = 'It is not needed any more.', key: SigningKey = by.key) {
  const drafted = await waivers.draftRevoke.run(by.context, { digest, reason })
  const envelope = await signEnvelope(key, drafted.payload_type, fromBase64(drafted.payload))
  return waivers.revoke.run(by.context, { digest, envelope })
}

export const inWords = { reason: 'The release needs it.', compensating: 'Egress is closed.', expires: '30d' } as const

function beat(time: string) {
  const fields = {
    'evt.hostname': 'n1',
    'falco.start_ts': 1772172760000000000,
    'falco.version': '0.41.0',
    'scap.n_drops': 0,
    'scap.n_evts': 1000,
  }
  return {
    hostname: 'n1',
    output: 'Falco metrics snapshot',
    output_fields: fields,
    priority: 'Informational',
    rule: 'Falco internal: metrics snapshot',
    source: 'internal',
    time,
  }
}

function alert({ rule, path, pod = 'api-7c9d5-x2x4z' }: Act, time: string) {
  const fields = {
    'container.id': 'a1b2c3d4e5f6',
    'evt.type': 'execve',
    'k8s.ns.name': 'shop',
    'k8s.pod.name': pod,
    'proc.cmdline': path,
    'proc.exepath': path,
    'proc.name': path.slice(path.lastIndexOf('/') + 1),
  }
  return { hostname: 'n1', output: rule, output_fields: fields, priority: 'Warning', rule, source: 'syscall', time }
}

function manifestText(version: string, approvers: readonly SigningKey[], controls: string, review: string): string {
  const people = approvers.map(({ name, pem }) => `  - name: ${name}\n    key: |\n${pem.trim().replaceAll(/^/gm, '      ')}`)
  return `apiVersion: runproof.dev/v1
kind: AssuranceManifest
metadata: { name: shop, version: ${version}, owner: Shop Team }
scope:
  application: shop
  environment: prod
  workloads: [{ name: api, namespace: shop }, { name: web, namespace: shop }]
sensors:
  - { name: falco, nodes: [n1], interval: 5m, minCoverage: 0.9 }
window: { every: 10m }
controls:
  - { id: no-shell, title: No shell, behaviour: exec, evidence: { falco: [Shell] }, severity: high${controls} }
  - { id: no-curl, title: No curl, behaviour: exec, evidence: { falco: [Curl] }, severity: low }
review: { ${review} }
approvers:
${people.join('\n')}
`
}
