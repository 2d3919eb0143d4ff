// The default gate, judged by other eyes than ours: OPA runs its unit tests, compiles it again, and answers the same questions.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cover } from '../core/judge/cover.ts'
import {
  act,
  beating,
  described,
  inputsOf,
  manifestOf,
  minute,
  noFacts,
  noShell,
  verifiedWaiver,
} from '../core/judge/fixtures.ts'
import { GATE_ENTRYPOINT, gateInput } from '../core/judge/gate.ts'
import { match } from '../core/judge/match.ts'
import { resolve } from '../core/judge/resolve.ts'
import { waive } from '../core/judge/waive.ts'
import type { BlindSpots } from '../core/model/blind-spots.ts'
import type { Act } from '../core/model/act.ts'
import type { Control, Manifest } from '../core/model/manifest.ts'
import type { Watch } from '../core/model/watch.ts'
import { jcs, type JsonValue } from '../core/proof/jcs.ts'
import { sha256Hex } from '../core/proof/sha256.ts'
import { compile, evaluate } from '../core/rego/evaluate.ts'
import { readPlan } from '../core/rego/plan.ts'
import { compileGate, sourceDigests, type GateLock } from '../src/cli/dev/build-gate.ts'

const folder = fileURLToPath(new URL('../catalogue/gate', import.meta.url))
const planText = readFileSync(`${folder}/plan.json`, 'utf8')
const plan = JSON.parse(planText) as JsonValue
const lock = JSON.parse(readFileSync(`${folder}/plan.lock.json`, 'utf8')) as GateLock
const opa = spawnSync('opa', ['version'], { encoding: 'utf8' })
const skip = opa.error ? 'opa is not on PATH' : false

test('the checked-in plan was compiled from the checked-in sources', () => {
  assert.deepEqual(Object.keys(lock.sources), ['gate.rego'])
  assert.deepEqual(lock.sources, sourceDigests(folder, Object.keys(lock.sources)))
})

test('the checked-in plan is canonical and is the one that its lock names', () => {
  assert.equal(planText, `${jcs(plan)}\n`)
  assert.equal(lock.plan, sha256Hex(jcs(plan)))
  assert.equal(lock.entrypoint, GATE_ENTRYPOINT)
})

test('opa passes the unit tests of the gate', { skip }, () => {
  const { status, stdout, stderr } = spawnSync('opa', ['test', folder], { encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /^PASS: (\d+)\/\1$/m)
})

test('the unit tests reach every line of the gate but a few', { skip }, () => {
  const { stdout } = spawnSync('opa', ['test', '--coverage', folder], { encoding: 'utf8' })
  const { files } = JSON.parse(stdout) as { readonly files: Readonly<Record<string, { readonly coverage: number }>> }
  const [, covered] = Object.entries(files).find(([name]) => name.endsWith('gate.rego')) ?? []
  assert.ok(covered && covered.coverage >= 95, `covered: ${covered?.coverage} %`)
})

const sameVersion = skip || (opa.stdout.includes(`Version: ${lock.opa}\n`) ? false : `opa on PATH is not ${lock.opa}`)
test('compiling the sources again gives exactly the checked-in plan', { skip: sameVersion }, () => {
  const compiled = compileGate(folder)
  assert.ok(compiled)
  assert.equal(jcs(compiled.plan), jcs(plan))
  assert.deepEqual(compiled.lock, lock)
})

type Case = {
  readonly manifest?: Manifest
  readonly acts?: readonly Act[]
  readonly watch?: readonly Watch[]
  readonly isWaived?: boolean
  readonly tally?: ReadonlyMap<string, number>
  readonly blindSpots?: BlindSpots
}

/** What the gate is really asked about such a window. */
function questionOf({
  manifest = manifestOf(),
  acts = [],
  watch = beating(),
  isWaived = false,
  tally,
  blindSpots = described,
}: Case): JsonValue {
  const { window, intake } = inputsOf({ manifest, acts, watch })
  const resolved = resolve(manifest)
  const evaluatedAt = '2026-03-02T00:10:00Z'
  const moment = { evaluatedAt, window: window.id }
  const waivers = isWaived ? [verifiedWaiver({ scope: { targets: ['/bin/sh'] } }, undefined, manifest.controls[0])] : []
  const { findings } = waive(manifest, match(resolved, intake, noFacts), { waivers, revocations: [] }, moment)
  const covered = cover(resolved, intake.watch.values(), window)
  return gateInput({ manifest, resolved, findings, covered, blindSpots, tally: tally ?? intake.tally, window, evaluatedAt })
}

const plain = (rest: Parameters<typeof act>[0] = {}): Act =>
  act({ class: 'observation', sensor: 'tetragon', rule: null, severity: null, ...rest })
const bash = { type: 'binary', path: '/bin/bash', partial: false } as const
const other = act({ rule: 'Other <rule> & "more"', action: 'open', target: null, severity: 'critical' })
const withControl = (change: Partial<Control>): Manifest => manifestOf({ controls: [{ ...noShell, ...change }] })
const loss = (dropped: number): Watch => ({
  kind: 'loss',
  sensor: 'falco',
  node: 'n1',
  from: minute(3),
  to: minute(4),
  dropped,
  received: 3000,
})
const tolerant = manifestOf({
  sensors: [{ name: 'falco', nodes: ['n1', 'n2'], interval: '1m', maxDropRate: 0.01, minCoverage: 1 / 3 }],
})
const many = manifestOf({
  scope: {
    application: 'shop',
    environment: 'prod',
    workloads: Array.from({ length: 9 }, (_, index) => ({ name: `w${index}`, namespace: 'shop' })),
  },
  controls: Array.from({ length: 9 }, (_, index): Control => ({
    ...noShell,
    id: `c${index}`,
    ...(index === 4 && { appliesTo: { workloads: ['nobody'] } }),
  })),
})

const cases: Readonly<Record<string, Case>> = {
  clean: {},
  'clean up to a ceiling': {
    blindSpots: { ...described, falco: { ...(described['falco'] ?? assert.fail()), exec: ['code that is "interpreted"', '%s'] } },
  },
  'a sensor that nobody described': { blindSpots: {} },
  'one violation': { acts: [plain()] },
  'two violations, one waived': { acts: [plain(), plain({ target: bash })], isWaived: true },
  waived: { acts: [plain()], isWaived: true },
  'waived and blind': { acts: [plain()], isWaived: true, watch: beating(0, 7) },
  'waived review': { acts: [plain({ confidence: 0.3 })], isWaived: true },
  'unknown target': { acts: [plain({ target: null })] },
  unattributed: { acts: [plain({ subject: { workload: null, pod: null } })] },
  undated: { acts: [plain({ at: null }), plain({ at: null, target: bash })] },
  'silent all along': { watch: [] },
  'a third watched': { manifest: tolerant, watch: [...beating(0, 4), ...beating(0, 10, 'falco', 'n2')] },
  'lossy within tolerance': { manifest: tolerant, watch: [...beating(), loss(7), ...beating(0, 10, 'falco', 'n2')] },
  'lossy beyond tolerance': { manifest: manifestOf({ blind: 'fail' }), watch: [...beating(), loss(7)] },
  'fault in words of a sensor': {
    watch: [
      ...beating(),
      { kind: 'fault', sensor: 'falco', node: 'n1', at: minute(2), what: '%s %v <b>\u2028 "x" ä😀', lasting: true },
    ],
  },
  'no node': { manifest: manifestOf({ sensors: [{ name: 'falco', interval: '1m' }] }), watch: beating(0, 6, 'falco', null) },
  'thresholds of its own': {
    manifest: withControl({
      severity: 'medium',
      thresholds: { fail: { count: 3, severity: 'high', confidence: 0.123456789 }, review: { count: 2, severity: 'medium' } },
    }),
    acts: [plain(), plain({ target: bash })],
  },
  'below thresholds': { manifest: withControl({ severity: 'info' }), acts: [plain()] },
  excepted: { manifest: withControl({ except: [{ workloads: ['api'], reason: 'Meant.' }] }), acts: [plain()] },
  'longer look back': { manifest: withControl({ window: '30m' }) },
  overflow: {
    tally: new Map([
      ['overflow/watch', 1],
      ['overflow/behaviours', 1],
    ]),
  },
  'nothing applies': { manifest: withControl({ appliesTo: { workloads: ['nobody'] } }) },
  'unmapped to review': { acts: [other] },
  'unmapped to fail': { manifest: manifestOf({ unmapped: { verdict: 'fail', severity: 'info' } }), acts: [other] },
  'unmapped to list': { manifest: manifestOf({ unmapped: { verdict: 'list' } }), acts: [other] },
  'many controls and workloads, blind': { manifest: many, watch: beating(0, 5) },
}

test('OPA itself and our evaluator give the same bytes for the same questions', { skip }, () => {
  const policy = compile(readPlan(plan))
  const seen = new Set<unknown>()
  for (const [what, each] of Object.entries(cases)) {
    const question = questionOf(each)
    const ours = evaluate(policy, GATE_ENTRYPOINT, question).result
    assert.ok(ours !== undefined)
    const args = [
      'eval',
      '--strict-builtin-errors',
      '--format',
      'raw',
      '--stdin-input',
      '--data',
      `${folder}/gate.rego`,
      'data.runproof.gate.decision',
    ]
    const { status, stdout, stderr } = spawnSync('opa', args, { encoding: 'utf8', input: JSON.stringify(question) })
    assert.equal(status, 0, `${what}: ${stderr}`)
    assert.equal(jcs(ours), jcs(JSON.parse(stdout) as JsonValue), what)
    seen.add((ours as { readonly verdict: string }).verdict)
  }
  assert.deepEqual(seen, new Set(['pass', 'fail', 'review', 'inconclusive']))
})
