import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ReportSchema, type Report } from '../model/report.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { act, beating, inputsOf, manifestOf, verifiedWaiver } from './fixtures.ts'
import { judge } from './judge.ts'
import { derivedParts, predicateOf } from './report.ts'
import { manifestDigest } from './resolve.ts'

const gate = JSON.parse(readFileSync(new URL('../../catalogue/gate/plan.json', import.meta.url), 'utf8')) as JsonValue
const manifest = manifestOf({
  scope: {
    application: 'shop',
    environment: 'prod',
    cluster: 'eu1',
    workloads: [{ name: 'api', namespace: 'shop', nodes: ['n1'] }],
  },
})
const inputs = inputsOf({ manifest, acts: [act()], watch: beating(0, 9), gate })
const tally = new Map([
  ...inputs.intake.tally,
  ['malformed/not_json', 2],
  ['malformed/unknown_shape', 1],
  ['ignored/malformed', 9],
])
const judgement = judge({
  ...inputs,
  intake: { ...inputs.intake, tally },
  decisions: [verifiedWaiver()],
  evaluatedAt: '2026-03-02T00:10:00Z',
})
const evidence = { root: 'a'.repeat(64), digest: 'b'.repeat(64), lines: 17 }
const derived = derivedParts(manifest, 'c'.repeat(64), evidence, judgement)
const report: Report = {
  ...derived,
  producer: { name: 'runproof', version: '0.1.0' },
  manifest: { ...derived.manifest, signedBy: null },
  decisions: [{ id: 'w-1', digest: 'd'.repeat(64), ledgerIndex: 3, signedBy: { name: 'Ada', keyId: 'k1' } }],
  refusedWaivers: [],
  previous: { windowId: 'w0', reportDigest: 'e'.repeat(64), relation: 'follows' },
  ledger: { origin: 'log.example', size: 7, root: 'f'.repeat(64) },
}

test('a verifier derives the same parts of the report again', () => {
  const { judgement: same, ...rest } = derived
  assert.equal(same, judgement)
  assert.deepEqual(rest, {
    type: 'https://runproof.dev/report/v1',
    scope: {
      application: 'shop',
      environment: 'prod',
      cluster: 'eu1',
      workloads: [{ name: 'api', namespace: 'shop', class: 'kubernetes', nodes: ['n1'] }],
    },
    window: {
      id: '20260302T000000Z_20260302T001000Z_shop_prod',
      application: 'shop',
      environment: 'prod',
      start: '2026-03-02T00:00:00Z',
      end: '2026-03-02T00:10:00Z',
    },
    evaluatedAt: '2026-03-02T00:10:00Z',
    manifest: { name: 'shop', version: '1.0.0', owner: 'Shop Team', digest: manifestDigest(manifest) },
    gate: { engine: 'runproof-rego', digest: 'c'.repeat(64), entrypoint: 'runproof/gate/decision' },
    evidence: {
      root: 'a'.repeat(64),
      digest: 'b'.repeat(64),
      lines: 17,
      mediaType: 'application/vnd.runproof.evidence.v1+ndjson',
    },
    quarantine: { count: 3, reasons: { not_json: 2, unknown_shape: 1 } },
  })
})

test('nothing unreadable is an empty quarantine, and a reason keeps its slashes', () => {
  const quarantineOf = (counts: Readonly<Record<string, number>>) =>
    derivedParts(manifest, '', evidence, { ...judgement, tally: counts }).quarantine
  assert.deepEqual(quarantineOf({ 'detection/falco': 5 }), { count: 0, reasons: {} })
  assert.deepEqual(quarantineOf({ 'malformed/gzip/zstd': 1, malformed: 2 }), {
    count: 3,
    reasons: { 'gzip/zstd': 1, unknown: 2 },
  })
  assert.deepEqual(Object.entries(quarantineOf({ 'malformed/constructor': 1 }).reasons), [['constructor', 1]])
})

test('the report is of the form that a verifier reads', () => {
  assert.deepEqual(ReportSchema.parse(JSON.parse(jcs(report as JsonValue))), report)
  assert.equal(ReportSchema.safeParse({ ...report, more: 1 }).success, false)
})

test('G1: the predicate tells verdicts, counts, digests and blind stretches, and lists no finding', () => {
  assert.deepEqual(predicateOf(report), {
    verifier: { id: 'https://runproof.dev/verifier/v1', version: { runproof: '0.1.0' } },
    scope: { application: 'shop', environment: 'prod', cluster: 'eu1', workloads: ['shop/api'] },
    window: {
      id: '20260302T000000Z_20260302T001000Z_shop_prod',
      startedAt: '2026-03-02T00:00:00Z',
      endedAt: '2026-03-02T00:10:00Z',
    },
    evaluatedAt: '2026-03-02T00:10:00Z',
    manifest: { name: 'shop', version: '1.0.0', digest: { sha256: manifestDigest(manifest) }, signedBy: null },
    gate: { engine: 'runproof-rego', entrypoint: 'runproof/gate/decision', digest: { sha256: 'c'.repeat(64) } },
    procedure: 'rpj1',
    steps: judgement.steps.map(({ name, digest }) => ({ name, digest: { sha256: digest } })),
    verdict: 'inconclusive',
    verdictBeforeWaivers: 'fail',
    controls: [
      {
        id: 'no-shell',
        verdict: 'inconclusive',
        verdictBeforeWaivers: 'fail',
        stage: 'observe',
        violations: 1,
        waived: 1,
        reasons: ['violations.fail', 'coverage', 'waived'],
        waivedBy: ['w-1'],
      },
    ],
    coverage: {
      minutes: 10,
      population: 10,
      observed: 9,
      degraded: 0,
      silent: 1,
      outOfScope: 0,
      sensors: [
        {
          sensor: 'falco',
          node: 'n1',
          required: true,
          version: null,
          dropped: 0,
          restarts: 0,
          blind: [{ from: '2026-03-02T00:09:00Z', to: '2026-03-02T00:10:00Z' }],
        },
      ],
    },
    evidence: {
      mediaType: 'application/vnd.runproof.evidence.v1+ndjson',
      count: 17,
      root: { sha256: 'a'.repeat(64) },
      digest: { sha256: 'b'.repeat(64) },
    },
    quarantine: { count: 3, reasons: { not_json: 2, unknown_shape: 1 } },
    decisions: [{ digest: { sha256: 'd'.repeat(64) }, ledgerIndex: 3, by: 'k1' }],
    waivers: [{ id: 'w-1', control: 'no-shell', state: 'active', expires: '2026-03-10T00:00:00Z' }],
    previousReport: { windowId: 'w0', digest: { sha256: 'e'.repeat(64) }, relation: 'follows' },
    ledger: { origin: 'log.example', size: 7, root: { sha256: 'f'.repeat(64) } },
  })
})

test('the predicate of a window without a previous report says so', () => {
  const predicate = predicateOf({ ...report, previous: null }) as { readonly previousReport: unknown }
  assert.equal(predicate.previousReport, null)
  assert.equal(jcs(predicateOf(report)).includes(judgement.findings[0]?.fingerprint ?? 'rpf1'), false)
})
