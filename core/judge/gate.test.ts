import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlindSpots } from '../model/blind-spots.ts'
import type { Manifest } from '../model/manifest.ts'
import type { JsonValue } from '../proof/jcs.ts'
import { cover } from './cover.ts'
import { act, beating, described, inputsOf, manifestOf, noFacts, noShell, verifiedWaiver } from './fixtures.ts'
import { decide, gateInput } from './gate.ts'
import { match } from './match.ts'
import { resolve } from './resolve.ts'
import { waive } from './waive.ts'

function inputOf(
  manifest: Manifest,
  options: Parameters<typeof inputsOf>[0] = {},
  tally?: ReadonlyMap<string, number>,
  blindSpots: BlindSpots = described,
): JsonValue {
  const { window, intake } = inputsOf({ ...options, manifest })
  const resolved = resolve(manifest)
  const evaluatedAt = '2026-03-02T00:10:00Z'
  const moment = { evaluatedAt, window: window.id }
  const { findings } = waive(manifest, match(resolved, intake, noFacts), { waivers: [verifiedWaiver()], revocations: [] }, moment)
  const covered = cover(resolved, intake.watch.values(), window)
  return gateInput({ manifest, resolved, findings, covered, blindSpots, tally: tally ?? intake.tally, window, evaluatedAt })
}

test('the gate is told everything that it may compare', () => {
  const [print = ''] = inputsOf({ acts: [act()] }).intake.behaviours.keys()
  const [other = ''] = inputsOf({ acts: [act({ action: 'open', target: null })] }).intake.behaviours.keys()
  const input = inputOf(manifestOf(), { acts: [act(), act({ action: 'open', target: null })], watch: beating(0, 4) })
  assert.deepEqual(input, {
    window: {
      id: '20260302T000000Z_20260302T001000Z_shop_prod',
      start: '2026-03-02T00:00:00Z',
      end: '2026-03-02T00:10:00Z',
      minutes: 10,
    },
    evaluatedAt: '2026-03-02T00:10:00Z',
    manifest: { name: 'shop', version: '1.0.0', blind: 'inconclusive', unmapped: { severity: 3, verdict: 'review' } },
    overflow: [],
    controls: [
      {
        id: 'no-shell',
        title: 'No shell is started',
        stage: 'observe',
        workloads: ['shop/api'],
        thresholds: {
          fail: { count: 1, severity: 1, severityWord: 'low', confidence: 0.8 },
          review: { count: 1, severity: 1, severityWord: 'low', confidence: 0 },
        },
        findings: [
          {
            fingerprint: print,
            severity: 2,
            confidence: 1,
            placed: true,
            attributed: true,
            waived: true,
            count: 1,
            because: 'denied',
            recurrence: 'new',
          },
        ],
        excepted: 0,
        missingHistory: false,
        watched: [
          {
            workload: 'shop/api',
            sensor: 'falco',
            observed: 4,
            degraded: 0,
            silent: 6,
            ratio: 0.4,
            minCoverage: 1,
            sufficient: false,
          },
        ],
        gaps: [
          {
            sensor: 'falco',
            node: 'n1',
            from: '2026-03-02T00:04:00Z',
            to: '2026-03-02T00:10:00Z',
            minutes: 6,
            why: 'no heartbeat signal in time',
          },
        ],
        ceilings: [],
        undescribed: [],
      },
    ],
    unmapped: [
      {
        fingerprint: other,
        severity: 2,
        confidence: 1,
        placed: true,
        attributed: true,
        waived: false,
        count: 1,
        because: 'unmapped',
        recurrence: 'new',
      },
    ],
  })
})

test('excepted findings are counted for the gate and not judged by it', () => {
  const input = inputOf(manifestOf({ controls: [{ ...noShell, except: [{ workloads: ['api'], reason: 'Meant.' }] }] }), {
    acts: [act()],
  }) as {
    readonly controls: readonly { readonly findings: readonly unknown[]; readonly excepted: number }[]
  }
  assert.deepEqual([input.controls[0]?.findings, input.controls[0]?.excepted], [[], 1])
})

test('G3: the gate is told what the sensors of a control cannot see of its behaviour, and which nobody described', () => {
  const manifest = manifestOf({ sensors: [{ name: 'falco' }, { name: 'constructor' }] })
  const blindSpots = { falco: { ...(described['falco'] ?? assert.fail()), exec: ['interpreted code'], open: ['mapped writes'] } }
  const { controls } = inputOf(manifest, {}, undefined, blindSpots) as {
    readonly controls: readonly { readonly ceilings: unknown; readonly undescribed: unknown }[]
  }
  assert.deepEqual(controls[0]?.ceilings, [{ sensor: 'falco', blind: ['interpreted code'] }])
  assert.deepEqual(controls[0]?.undescribed, ['constructor'])
})

test('only an overflow that happened is one', () => {
  const overflowOf = (...tally: readonly (readonly [string, number])[]) =>
    (inputOf(manifestOf(), {}, new Map(tally)) as { readonly overflow: unknown }).overflow
  assert.deepEqual(overflowOf(['overflow/watch', 1], ['malformed/not_json', 3]), ['overflow/watch'])
  assert.deepEqual(overflowOf(['overflow/watch', 0], ['overflows', 1]), [])
})

/** A plan whose decision is one fixed value: what a bundle's own gate might answer. */
function planOf(answer: JsonValue): JsonValue {
  const strings: { readonly value: string }[] = []
  const stmts: JsonValue[] = []
  let local = 2
  const textAt = (value: string): number => strings.push({ value }) - 1
  const operand = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return { type: 'string_index', value: textAt(value) }
    if (typeof value === 'boolean') return { type: 'bool', value }
    const target = local++
    if (typeof value === 'number') stmts.push({ type: 'MakeNumberIntStmt', stmt: { value, target, file: 0, col: 0, row: 0 } })
    else if (value === null) stmts.push({ type: 'MakeNullStmt', stmt: { target, file: 0, col: 0, row: 0 } })
    else if (Array.isArray(value)) {
      stmts.push({ type: 'MakeArrayStmt', stmt: { capacity: 0, target, file: 0, col: 0, row: 0 } })
      for (const item of value as readonly JsonValue[])
        stmts.push({ type: 'ArrayAppendStmt', stmt: { value: operand(item), array: target, file: 0, col: 0, row: 0 } })
    } else {
      stmts.push({ type: 'MakeObjectStmt', stmt: { target, file: 0, col: 0, row: 0 } })
      for (const [key, item] of Object.entries(value as Record<string, JsonValue>))
        stmts.push({
          type: 'ObjectInsertStmt',
          stmt: { key: operand(key), value: operand(item), object: target, file: 0, col: 0, row: 0 },
        })
    }
    return { type: 'local', value: target }
  }
  const result = operand({ result: answer }) as { readonly value: number }
  stmts.push({ type: 'ResultSetAddStmt', stmt: { value: result.value, file: 0, col: 0, row: 0 } })
  return {
    static: { strings, builtin_funcs: [], files: [{ value: 'own.rego' }] },
    plans: { plans: [{ name: 'runproof/gate/decision', blocks: [{ stmts }] }] },
    funcs: { funcs: [] },
  }
}

const resolved = resolve(manifestOf())
const answer = {
  verdict: 'pass',
  verdictBeforeWaivers: 'pass',
  reasons: [],
  controls: [{ id: 'no-shell', verdict: 'pass', verdictBeforeWaivers: 'pass', reasons: [] }],
}

test("a gate of the bundle's own is asked in the same way", () => {
  assert.deepEqual(decide(planOf(answer), inputOf(manifestOf()), resolved), answer)
})

const refusals: readonly (readonly [string, JsonValue, string, RegExp])[] = [
  ['no plan', null, 'gate.invalid', /./],
  ['a plan without the entrypoint', { static: {}, plans: { plans: [] }, funcs: { funcs: [] } }, 'gate.invalid', /entrypoint/],
  ['a verdict that is none', planOf({ ...answer, verdict: 'ok' }), 'gate.evaluation_failed', /verdict/],
  ['a window that is waived', planOf({ ...answer, verdict: 'waived' }), 'gate.evaluation_failed', /verdict/],
  ['a word too many', planOf({ ...answer, more: true }), 'gate.evaluation_failed', /not of its form/],
  ['no answer for a control', planOf({ ...answer, controls: [] }), 'gate.evaluation_failed', /asked no-shell; answered $/],
  [
    'an answer for another control',
    planOf({ ...answer, controls: [{ ...answer.controls[0], id: 'other' }] }),
    'gate.evaluation_failed',
    /answered other/,
  ],
  [
    'two answers for one control',
    planOf({ ...answer, controls: [...answer.controls, ...answer.controls] }),
    'gate.evaluation_failed',
    /answered no-shell, no-shell/,
  ],
  [
    'a reason without its rule',
    planOf({ ...answer, reasons: [{ code: 'x', message: 'x', numbers: {}, findings: [] }] }),
    'gate.evaluation_failed',
    /reasons\.0\.rule/,
  ],
  [
    'a reason about no fingerprint',
    planOf({ ...answer, reasons: [{ code: 'x', message: 'x', rule: 'x', numbers: {}, findings: ['x'] }] }),
    'gate.evaluation_failed',
    /reasons\.0\.findings\.0/,
  ],
]
for (const [what, plan, code, says] of refusals) {
  test(`a gate that cannot answer is no gate: ${what}`, () => {
    assert.throws(() => decide(plan, inputOf(manifestOf()), resolved), { code, message: says })
  })
}

test('a gate without a result for the input is no gate', () => {
  const silent = {
    ...(planOf(answer) as Record<string, JsonValue>),
    plans: { plans: [{ name: 'runproof/gate/decision', blocks: [{ stmts: [] }] }] },
  }
  assert.throws(() => decide(silent, inputOf(manifestOf()), resolved), {
    code: 'gate.evaluation_failed',
    message: /undefined for this input/,
  })
})
