import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readVectors } from '../../test/conformance/rego-vectors.ts'
import { RunproofError } from '../model/errors.ts'
import type { JsonValue } from '../proof/jcs.ts'
import { compile, evaluate } from './evaluate.ts'
import { readPlan } from './plan.ts'

const vectors = await readVectors()

function planOf(name: string): JsonValue {
  return vectors.get(`${name}.json`)?.plan ?? assert.fail(name)
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const item of Object.values(Object.freeze(value))) freeze(item)
  return value
}

test('one compiled policy serves any number of evaluations, each with the same result and steps', () => {
  const policy = compile(readPlan(planOf('collections')))
  const input = freeze({ a: { b: 7, c: 8 } })
  const first = evaluate(policy, 't/x', input)
  assert.deepEqual(evaluate(policy, 't/x', { a: 1 }).result === first.result, false)
  assert.deepEqual(evaluate(policy, 't/x', input), first)
})

test('neither input, data nor the plan is changed', () => {
  const plan = freeze(planOf('with-replaces-input'))
  assert.deepEqual(evaluate(compile(readPlan(plan)), 't/x', freeze({ level: 'low' })).result, ['low', 'high', 'low'])
  const documents = freeze({ owners: { pay: 'team-a' } })
  const { result } = evaluate(compile(readPlan(planOf('base-documents'))), 't/x', freeze({ service: 'pay' }), { data: documents })
  assert.deepEqual(result, { owner: 'team-a', all: 1 })
})

test('the budget is the exact number of steps: one less does not suffice', () => {
  const policy = compile(readPlan(planOf('budget-suffices')))
  const input = { n: [1, 2, 3] }
  const { steps } = evaluate(policy, 't/x', input)
  assert.equal(evaluate(policy, 't/x', input, { maxSteps: steps }).steps, steps)
  assert.throws(() => evaluate(policy, 't/x', input, { maxSteps: steps - 1 }), { code: 'gate.budget_exhausted' })
})

test('the order of keys in the input does not matter', () => {
  const policy = compile(readPlan(planOf('conflict-of-object-keys')))
  const one = { findings: [{ id: 'a', severity: 'low' }] }
  const other = { findings: [{ severity: 'low', id: 'a' }] }
  assert.deepEqual(evaluate(policy, 't/x', one), evaluate(policy, 't/x', other))
})

test('any input at all gives a result or a refusal that names its reason', () => {
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>
  const policies = [...vectors.values()]
    .filter(({ rego, expect }) => rego !== null && expect.ok)
    .map(({ plan }) => compile(readPlan(plan)))
  fc.assert(
    fc.property(json, fc.constantFrom(...policies), (input, policy) => answersOrRefuses(() => evaluate(policy, 't/x', input))),
  )
})

test('a damaged plan is refused, or evaluates like any other: nothing else is thrown', () => {
  const plans = [...vectors.values()].filter(({ rego, expect }) => rego !== null && expect.ok)
  const damage = fc.tuple(
    fc.constantFrom(...plans),
    fc.nat(),
    fc.constantFrom<unknown>(null, -1, 1, 99_999, 'x', [], {}, true, 0.5),
  )
  fc.assert(
    fc.property(damage, ([{ plan, input }, at, junk]) =>
      answersOrRefuses(() => evaluate(compile(readPlan(damaged(plan, at, junk))), 't/x', input, { maxSteps: 100_000 })),
    ),
    { numRuns: 1500 },
  )
})

function answersOrRefuses(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof RunproofError)) throw error
    assert.match(error.code, /^gate\./)
  }
}

/** A copy with the nth of its values (counted round and round) replaced. */
function damaged(plan: JsonValue, nth: number, junk: unknown): unknown {
  const copy: unknown = structuredClone(plan)
  const places: (readonly [Record<string, unknown>, string])[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const members = value as Record<string, unknown>
    for (const [key, item] of Object.entries(members)) {
      places.push([members, key])
      visit(item)
    }
  }
  visit(copy)
  const [members, key] = places[nth % places.length] ?? assert.fail('an empty plan')
  members[key] = junk
  return copy
}
