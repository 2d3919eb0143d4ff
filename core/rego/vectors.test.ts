import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readVectors, type Vector } from '../../test/conformance/rego-vectors.ts'
import { RunproofError } from '../model/errors.ts'
import { compile, evaluate } from './evaluate.ts'
import { readPlan } from './plan.ts'

const vectors = await readVectors()

for (const [name, vector] of vectors) test(`${name}: ${vector.why}`, () => check(vector))

test('the vectors hold what must be accepted and what must be refused, with every code of the evaluator', () => {
  const all = [...vectors.values()].map(({ expect }) => expect)
  const codes = new Set(all.flatMap((expect) => (expect.ok ? [] : [expect.code])))
  assert.deepEqual([...codes].sort(), ['gate.budget_exhausted', 'gate.builtin_missing', 'gate.evaluation_failed', 'gate.invalid'])
  assert.ok(all.filter(({ ok }) => ok).length >= 20)
})

function check({ plan, entrypoint, input, data, maxSteps, expect }: Vector): void {
  const options = { ...(data === undefined ? {} : { data }), ...(maxSteps === undefined ? {} : { maxSteps }) }
  const run = () => evaluate(compile(readPlan(plan)), entrypoint, input, options).result
  if (expect.ok) {
    assert.deepEqual(run(), expect.result)
    return
  }
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof RunproofError)
    assert.equal(error.code, expect.code)
    assert.ok(error.message.includes(expect.message), error.message)
    return true
  })
}
