// A small application and the sensors that watch it, for tests from sensor output to verified report.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { auditMembers } from '../core/model/audit-file.ts'
import type { Report } from '../core/model/report.ts'
import { payloadOf, readEnvelope } from '../core/proof/dsse.ts'
import { readAuditFile } from '../src/lib/io/audit-file.ts'
import { readTrust, verifyAudit } from '../verify/src/index.ts'
import { run, scratch } from './sample.ts'

export type Line = Readonly<Record<string, unknown>>
type Declared = Readonly<Record<string, unknown>>

const shop: Declared = {
  apiVersion: 'runproof.dev/v1',
  kind: 'AssuranceManifest',
  metadata: { name: 'shop', version: '1.0.0', owner: 'Shop Team' },
  scope: { application: 'shop', environment: 'prod', workloads: [{ name: 'api', namespace: 'shop' }] },
  sensors: [{ name: 'falco', nodes: ['n1'], interval: '5m' }],
  window: { every: '1h' },
  controls: [
    {
      id: 'no-shell',
      title: 'No shell is started',
      behaviour: 'exec',
      deny: { binaries: ['/bin/{sh,bash}'] },
      evidence: { falco: ['Terminal shell*'] },
      severity: 'high',
    },
  ],
}

/** Milliseconds since 1970 of a time of 2 March 2026; hours past 23 are of the days after. */
export function ms(hours: number, minutes = 0, seconds = 0): number {
  return Date.parse('2026-03-02T00:00:00Z') + ((hours * 60 + minutes) * 60 + seconds) * 1000
}

/** The same as Falco writes it. */
export function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 23)}000000Z`
}

export const STARTED = ms(-48)

/** Falco's sign of life. */
export function snapshot(at: number, fields: Declared = {}, hostname = 'n1'): Line {
  const output_fields = {
    'falco.version': '0.41.0',
    'falco.start_ts': `${STARTED}000000`,
    'falco.reload_ts': `${STARTED}000000`,
    'falco.outputs_queue_num_drops': 0,
    'scap.n_evts': at / 1000,
    'scap.n_drops': 0,
    ...fields,
  }
  return {
    hostname,
    priority: 'Informational',
    rule: 'Falco internal: metrics snapshot',
    source: 'internal',
    time: time(at),
    output_fields,
  }
}

/** A sign of life every five minutes, also a little before and after. */
export function alive(from: number, to: number, fields: (at: number) => Declared = () => ({}), hostname = 'n1'): Line[] {
  const lines: Line[] = []
  for (let at = from; at <= to; at += 300_000) lines.push(snapshot(at, fields(at), hostname))
  return lines
}

/** A shell that Falco's rule saw. */
export function shell(at: number, fields: Declared = {}): Line {
  const output_fields = {
    'evt.type': 'execve',
    'proc.exepath': '/bin/sh',
    'proc.cmdline': 'sh -c id',
    'proc.pid': 4711,
    'container.id': '0123456789ab',
    'k8s.ns.name': 'shop',
    'k8s.pod.name': 'api-7c9d-x2x4z',
    ...fields,
  }
  return {
    hostname: 'n1',
    priority: 'Warning',
    rule: 'Terminal shell in container',
    source: 'syscall',
    time: time(at),
    output: 'shell',
    output_fields,
  }
}

export type Judged = {
  readonly report: Report
  readonly reportDigest: string
  readonly audit: string
  readonly trust: string
  /** The signed statement's predicate. */
  readonly predicate: { readonly coverage: { readonly sensors: readonly { readonly blind: readonly unknown[] }[] } }
  readonly evidence: readonly { readonly kind: string }[]
}

/** Assesses these lines as one window, verifies what comes out, and hands over the report. */
export async function judged(
  lines: readonly Line[],
  {
    manifest = {},
    from = ms(0),
    to = ms(1),
    previous = null,
    cwd = scratch(),
  }: {
    readonly manifest?: Declared
    readonly from?: number
    readonly to?: number
    readonly previous?: string | null
    readonly cwd?: string
  } = {},
): Promise<Judged> {
  mkdirSync(join(cwd, 'bundle'), { recursive: true })
  writeFileSync(join(cwd, 'bundle', 'manifest.json'), JSON.stringify({ ...shop, ...manifest }))
  writeFileSync(join(cwd, 'events.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`
  const out = `out-${from}-${lines.length}`
  const window = ['--from', instant(from), '--to', instant(to), '--out', out]
  const chained = previous === null ? [] : ['--previous', previous]
  const argv = ['assess', '--bundle', 'bundle', '--events', 'events.ndjson', '--unsigned', '--json', ...window, ...chained]
  const ran = await run(argv, { cwd })
  assert.ok(ran.code <= 2, ran.err)
  const { files, reportDigest } = JSON.parse(ran.out) as { files: { audit: string; trust: string }; reportDigest: string }
  const members = await readAuditFile(files.audit)
  const verification = await verifyAudit(members, readTrust(readFileSync(files.trust, 'utf8')))
  assert.ok(verification.ok, JSON.stringify(verification.checks))
  const bundle = JSON.parse(new TextDecoder().decode(members.get(auditMembers.bundle))) as { dsseEnvelope: unknown }
  const statement = JSON.parse(new TextDecoder().decode(payloadOf(readEnvelope(bundle.dsseEnvelope)))) as Pick<
    Judged,
    'predicate'
  >
  const evidence = gunzipSync(members.get(auditMembers.evidence) ?? new Uint8Array())
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly kind: string })
  return {
    report: verification.report,
    reportDigest,
    audit: files.audit,
    trust: files.trust,
    predicate: statement.predicate,
    evidence,
  }
}

/** What a control was judged, with the codes of its reasons. */
export function verdictOf({ report }: Judged, id = 'no-shell'): readonly [string | undefined, readonly string[]] {
  const control = report.judgement.controls.find((each) => each.id === id)
  return [control?.verdict, control?.reasons.map(({ code }) => code) ?? []]
}

/** All that the control's reasons say. */
export function wordsOf({ report }: Judged, id = 'no-shell'): string {
  return report.judgement.controls
    .filter((each) => each.id === id)
    .flatMap(({ reasons }) => reasons.map(({ message }) => message))
    .join('\n')
}
