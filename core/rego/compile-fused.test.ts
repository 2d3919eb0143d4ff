import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { JsonValue } from '../proof/jcs.ts'
import { compile } from './compile.ts'
import { evaluate } from './evaluate.ts'
import { readPlan } from './plan.ts'

const plan = readPlan(JSON.parse(readFileSync(new URL('../../catalogue/gate/plan.json', import.meta.url), 'utf8')) as JsonValue)
const fused = compile(plan)
/** Whoever looks at each statement gets a step for each: nothing is joined. */
const single = compile(plan, (_statement, step) => step)

test('statements that are done as one give what they give one by one, for the same number of steps', () => {
  fc.assert(
    fc.property(fc.array(control, { maxLength: 4 }), fc.array(finding, { maxLength: 4 }), (controls, unmapped) => {
      const input = { ...question, controls, unmapped } as unknown as JsonValue
      assert.deepEqual(outcome(fused, input), outcome(single, input))
    }),
  )
})

test('the budget ends at the same step', () => {
  const controls = [{ ...fixed, findings: Array.from({ length: 5 }, () => violation) }]
  const input = { ...question, controls, unmapped: [] } as unknown as JsonValue
  const { steps } = evaluate(fused, ENTRYPOINT, input)
  for (const policy of [fused, single]) {
    assert.equal(evaluate(policy, ENTRYPOINT, input, { maxSteps: steps }).steps, steps)
    assert.throws(() => evaluate(policy, ENTRYPOINT, input, { maxSteps: steps - 1 }), { code: 'gate.budget_exhausted' })
  }
})

test('a list that is asked about again gives what it gave, for the same number of steps, also where one item is another', () => {
  const item = (index: number) => ({ ...violation, fingerprint: `f${index}`, confidence: index % 3 === 0 ? 0.5 : 1 })
  const long = Array.from({ length: 100 }, (_, index) => item(index))
  for (const at of [null, 0, 57, 99]) {
    const findings = long.map((each, index) => (index === at ? { ...each, waived: true } : each))
    const input = {
      ...question,
      controls: [
        { ...fixed, findings },
        { ...fixed, findings: long },
      ],
      unmapped: long,
    }
    const seen = evaluate(fused, ENTRYPOINT, input)
    assert.deepEqual(seen, evaluate(single, ENTRYPOINT, input))
    const { steps } = seen
    for (const policy of [fused, single])
      assert.throws(() => evaluate(policy, ENTRYPOINT, input, { maxSteps: steps - 1 }), {
        code: 'gate.budget_exhausted',
      })
  }
})

const ENTRYPOINT = 'runproof/gate/decision'
const question = {
  window: { id: 'w', start: '2026-03-02T09:00:00Z', end: '2026-03-02T10:00:00Z', minutes: 60 },
  evaluatedAt: '2026-03-02T10:00:00Z',
  manifest: { name: 'm', version: '1', blind: 'inconclusive', unmapped: { severity: 3, verdict: 'review' } },
  overflow: [],
}
const violation = { fingerprint: 'f', severity: 4, confidence: 1, placed: true, waived: false, count: 1 }
const threshold = { count: 1, severity: 3, severityWord: 'high', confidence: 0.7 }
const fixed = {
  ...{ id: 'c', title: 'c', stage: 'active', workloads: ['a/b'], thresholds: { fail: threshold, review: threshold } },
  ...{ excepted: 0, missingHistory: false, watched: [], gaps: [], ceilings: [], undescribed: [], findings: [] },
}
/** Numbers nearly always; what a policy of somebody else might be asked now and then. */
const figure = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom<JsonValue>(0.65, null, 'three', false, [], { a: 1 }) },
)
const flag = fc.oneof({ weight: 8, arbitrary: fc.boolean() }, { weight: 1, arbitrary: fc.constantFrom<JsonValue>(null, 0, 'no') })
const finding = fc.record(
  { fingerprint: fc.string(), severity: figure, confidence: figure, placed: flag, waived: flag, awaitsSecondPerson: flag },
  { requiredKeys: ['fingerprint'] },
)
const limits = fc.record({ count: figure, severity: figure, severityWord: fc.constant('high'), confidence: figure })
const control = fc
  .record({ findings: fc.array(finding, { maxLength: 6 }), thresholds: fc.record({ fail: limits, review: limits }) })
  .map((some) => ({ ...fixed, ...some }))

function outcome(policy: typeof fused, input: JsonValue): unknown {
  try {
    return evaluate(policy, ENTRYPOINT, input)
  } catch (error) {
    return error instanceof Error ? error.message : error
  }
}
