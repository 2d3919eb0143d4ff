import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { severities } from '../core/model/severity.ts'
import { instantMs, instantOf, type Instant } from '../core/model/time.ts'
import { windowOf, type Window } from '../core/model/window.ts'
import { openEvidence, readEvidence, type EvidenceReader } from '../src/store/evidence/evidence.ts'
import { findingStates, type FindingRow } from '../src/store/evidence/finding-types.ts'
import { rounded, timed, type Bench, type BenchOptions, type Result } from './bench.ts'

/** Lists and search over findings, as a person who looks at a service asks for them. */
export const queryBench: Bench = {
  name: 'query',
  figures: {
    top_service_p95_ms: 'first 50 violations of one service in the last 24 h, the most severe first',
    overview_p95_ms: 'all services of the last 24 h by control and severity',
    search_p95_ms: 'first 50 findings for some words, newest first',
  },
  run: measure,
}

const HOUR_MS = 3_600_000
// No edge of a day: the last 24 hours are as people ask for them.
const opens = instantMs('2026-03-02T05:00:00Z')

async function measure({ quick, scale }: BenchOptions): Promise<Result> {
  const [services, hours] = scale < 1 ? [4, 24] : quick ? [50, 24] : [150, 240]
  const findings = Math.max(services * hours, Math.round((quick ? 300_000 : 5_000_000) * scale))
  const folder = mkdtempSync(join(tmpdir(), 'runproof-bench-'))
  try {
    const path = join(folder, 'evidence.db')
    const { ms } = await timed(() => fill(path, services, hours, Math.round(findings / (services * hours))))
    const reader = readEvidence(path)
    const day = { from: hour(hours - 24), to: hour(hours) }
    const figures = {
      top_service_p95_ms: await slowest(200, (index) => topOfService(reader, index % services, day)),
      overview_p95_ms: await slowest(50, () => reader.overview({ scopes: null, ...day })),
      search_p95_ms: await slowest(200, (index) => search(reader, index, services)),
    }
    reader.close()
    const perSecond = Math.round((findings / ms) * 1000).toLocaleString('en-US')
    const what = `${findings.toLocaleString('en-US')} findings of ${services} services in ${hours} hourly windows`
    return { figures, note: `${what}; indexed at ${perSecond} a second, each window in transactions of its own` }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The 95th percentile in ms, after as many runs that are not counted as warm the caches. */
async function slowest(runs: number, job: (index: number) => unknown): Promise<number> {
  for (let index = 0; index < runs / 10; index++) job(index)
  const times: number[] = []
  for (let index = 0; index < runs; index++) times.push((await timed(() => job(index))).ms)
  return rounded(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN)
}

function topOfService(reader: EvidenceReader, service: number, day: { readonly from: Instant; readonly to: Instant }): void {
  const query = { scope: scopeOf(service), scopes: null, state: 'violation', order: 'severity', limit: 50, ...day } as const
  if (reader.searchFindings(query).rows.length === 0) throw new Error(`service ${service} has no violations`)
}

/** A rare word, two words, a beginning, two frequent words of one service, and the most severe with a word that is everywhere. */
function search(reader: EvidenceReader, index: number, services: number): void {
  const scope = scopeOf(index % services)
  const query = [
    { text: `tool-${index % 997}` },
    { text: `"shell in container" curl` },
    { text: `pod:api-${index % 10}*` },
    { text: 'shell payments', scope },
    { text: 'container', order: 'severity' as const },
  ][index % 5]
  reader.searchFindings({ scopes: null, order: 'newest', limit: 50, ...query })
}

function fill(path: string, services: number, hours: number, each: number): void {
  const writer = openEvidence(path)
  for (let index = 0; index < hours; index++) {
    for (let service = 0; service < services; service++) {
      const window = windowOf(scopeOf(service), hour(index), hour(index + 1))
      writer.replaceFindings(window, `${index}/${service}`, findingsOf(window, (index * services + service) * each, each))
    }
  }
  writer.close()
}

function scopeOf(service: number) {
  return { application: `payments-${service}`, environment: 'prod' }
}

function hour(index: number): Instant {
  return instantOf(opens + index * HOUR_MS)
}

function* findingsOf(window: Window, first: number, count: number): Generator<FindingRow> {
  for (let number = first; number < first + count; number++) yield findingNumbered(window, number)
}

/** Every tenth is no violation; severities, controls and workloads come in turns of different length. */
function findingNumbered(window: Window, number: number): FindingRow {
  const { application, environment } = window
  const workload = `worker-${number % 7}`
  return {
    windowId: window.id,
    scope: { application, environment },
    windowStart: window.start,
    control: `control-${number % 11}`,
    fingerprint: `rpf1:${number.toString(16).padStart(64, '0')}`,
    workload: `payments/${workload}`,
    workloads: [workload],
    action: 'exec',
    severity: severities[(number * 7) % 5] ?? 'high',
    confidence: 1,
    state: number % 10 === 0 ? (findingStates[1 + (number % 3)] ?? 'waived') : 'violation',
    count: 1 + (number % 50),
    first: null,
    last: null,
    executable: null,
    target: `/usr/local/bin/tool-${(number * 31) % 9973}`,
    sensors: ['falco'],
    rules: [number % 3 === 0 ? 'Terminal shell in container' : `Unexpected process ${number % 40} in container`],
    commandLines: [
      number % 5 === 0 ? `curl -k https://10.0.${number % 250}.7:8443/${number}` : `tool-${number % 9973} --run ${number}`,
    ],
    pods: [`api-${(number % 4099).toString(16)}-x2x4z`],
    recurrence: 'new',
    reportDigest: 'bench',
  }
}
