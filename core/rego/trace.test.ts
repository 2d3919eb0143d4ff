import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { readVectors, type Vector } from '../../test/conformance/rego-vectors.ts'
import { compile, evaluate } from './evaluate.ts'
import { readPlan } from './plan.ts'
import { bodiesOf, explain, type Explanation } from './trace.ts'

const vectors = await readVectors()
const run = promisify(execFile)
const hasOpa = await run('opa', ['version']).then(
  () => true,
  () => false,
)

function explained(name: string, input?: Vector['input']): Explanation {
  const vector = vectors.get(`${name}.json`) ?? assert.fail(name)
  return explain(
    readPlan(vector.plan),
    vector.entrypoint,
    input ?? vector.input,
    vector.data === undefined ? {} : { data: vector.data },
  )
}

function held(explanation: Explanation, rule: string): readonly (readonly [row: number, times: number])[] {
  return bodiesOf(explanation, rule).map(({ row, succeeded }) => [row, succeeded])
}

test('of a rule it tells which definition held: the default, the first or the second', () => {
  assert.deepEqual(held(explained('bodies-and-lines'), 'data.t.allow'), [
    [3, 0],
    [5, 0],
    [10, 1],
  ])
  const admin = explained('bodies-and-lines', { user: 'admin', level: 4, roles: [], users: [], levels: [1] })
  assert.deepEqual(held(admin, 'data.t.allow'), [
    [3, 0],
    [5, 1],
    [10, 0],
  ])
  const nobody = explained('bodies-and-lines', { roles: [], users: [], levels: [1] })
  assert.deepEqual(held(nobody, 'data.t.allow')[0], [3, 1])
})

test('of a function it counts how often each else was reached and held', () => {
  const bodies = bodiesOf(explained('bodies-and-lines'), 'data.t.kind')
  assert.deepEqual(
    bodies.map(({ row, evaluated, succeeded }) => [row, evaluated, succeeded]),
    [
      [24, 2, 1],
      [26, 1, 1],
      [28, 0, 0],
    ],
  )
  assert.ok(bodies.every(({ file }) => file === 'policy.rego'))
})

test('of a body it tells the text that it gives, the texts in it and whom it calls', () => {
  const explanation = explained('bodies-and-lines')
  const kinds = bodiesOf(explanation, 'data.t.kind')
  assert.deepEqual(
    kinds.map(({ gives, texts }) => gives === null || texts.includes(gives)),
    kinds.map(() => true),
  )
  assert.ok(kinds.some(({ gives }) => gives !== null))
  assert.ok(explanation.bodies.some(({ calls }) => calls.includes('data.t.kind')))
  assert.ok(explanation.bodies.every(({ calls }) => calls.every((name) => !name.startsWith('g0.'))))
})

test('of a rule that is not in the plan there are no bodies', () => {
  assert.deepEqual(bodiesOf(explained('bodies-and-lines'), 'data.t.never'), [])
  assert.deepEqual(bodiesOf(explained('bodies-and-lines'), '__proto__'), [])
})

test('of a line it tells whether it was evaluated and whether it held', () => {
  const [file] = explained('bodies-and-lines').files
  const lines = new Map(file?.lines.map((line) => [line.row, line]))
  assert.deepEqual(lines.get(6), { row: 6, evaluated: true, succeeded: true })
  assert.deepEqual(lines.get(7), { row: 7, evaluated: true, succeeded: false })
  assert.deepEqual(lines.get(28), { row: 28, evaluated: false, succeeded: false })
  assert.equal(lines.get(1), undefined)
  assert.deepEqual(file?.notCovered, [3, 5, 28])
})

test('what is explained is what is evaluated, with the same steps', () => {
  for (const [name, { plan, entrypoint, input, data, expect }] of vectors) {
    if (!expect.ok) continue
    const options = data === undefined ? {} : { data }
    const { result, steps } = explain(readPlan(plan), entrypoint, input, options)
    assert.deepEqual({ result, steps }, evaluate(compile(readPlan(plan)), entrypoint, input, options), name)
  }
})

test('an evaluation that is refused is refused here too', () => {
  assert.throws(() => explained('division-by-zero-is-refused'), { code: 'gate.evaluation_failed' })
  assert.throws(() => explain(readPlan(vectors.get('globs.json')?.plan), 'no/such', null), { code: 'gate.invalid' })
})

const compared = [...vectors].filter(([, { rego, data, expect }]) => rego !== null && expect.ok && data === undefined)
for (const [name, vector] of compared) {
  test(`OPA covers the same lines: ${name}`, { skip: hasOpa ? false : 'no opa on PATH' }, () => coversAlike(vector))
}

type Range = { readonly start: { readonly row: number }; readonly end: { readonly row: number } }

// OPA would leave out what an index or an early exit spares it; and it lists rules that the entrypoint never uses.
async function coversAlike({ rego, plan, entrypoint, input }: Vector): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rego-cover-'))
  try {
    await writeFile(join(folder, 'policy.rego'), rego ?? '')
    await writeFile(join(folder, 'input.json'), JSON.stringify(input))
    const options = ['--coverage', '--disable-indexing', '--disable-early-exit', '--format', 'json', '--data', 'policy.rego']
    const query = `data.${entrypoint.replaceAll('/', '.')}`
    const { stdout } = await run('opa', ['eval', ...options, '--input', 'input.json', query], { cwd: folder })
    const { coverage } = JSON.parse(stdout) as {
      readonly coverage: {
        readonly files: Readonly<Record<string, { readonly covered?: Range[]; readonly not_covered?: Range[] }>>
      }
    }
    const theirs = coverage.files['policy.rego']
    const [ours] = explain(readPlan(plan), entrypoint, input).files
    assert.deepEqual(ours?.covered ?? [], rowsOf(theirs?.covered ?? []))
    const notCovered = new Set(rowsOf(theirs?.not_covered ?? []))
    assert.ok((ours?.notCovered ?? []).every((row) => notCovered.has(row)))
  } finally {
    await rm(folder, { recursive: true })
  }
}

function rowsOf(ranges: readonly Range[]): readonly number[] {
  const rows = ranges.flatMap(({ start, end }) => Array.from({ length: end.row - start.row + 1 }, (_, i) => start.row + i))
  return [...new Set(rows)].toSorted((a, b) => a - b)
}
