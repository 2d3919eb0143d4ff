// The same questions to other engines: OPA's own for JavaScript (the gate compiled to WebAssembly) and the native opa.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, promisify } from 'node:util'
import { loadPolicy } from '@open-policy-agent/opa-wasm'
import * as fc from 'fast-check'
import { GATE_ENTRYPOINT, GATE_STEPS } from '../../core/judge/gate.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { compile, evaluate } from '../../core/rego/evaluate.ts'
import { readPlan } from '../../core/rego/plan.ts'
import { gateSources, type WasmLock, wasmLockPath, wasmPath } from './build-wasm.ts'
import { gateInputs } from './gate-inputs.ts'

const folder = fileURLToPath(new URL('../../catalogue/gate/', import.meta.url))
const policy = compile(readPlan(JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8'))))
const ours = (input: JsonValue): JsonValue => evaluate(policy, GATE_ENTRYPOINT, input, { maxSteps: GATE_STEPS }).result ?? null

const run = promisify(execFile)
const hasOpa = await run('opa', ['version']).then(
  () => true,
  () => false,
)
const sources = await gateSources()
const lock = JSON.parse(await readFile(wasmLockPath, 'utf8')) as WasmLock
const planLock = JSON.parse(await readFile(join(folder, 'plan.lock.json'), 'utf8')) as { readonly sources: unknown }
const isStale = !isDeepStrictEqual(lock.sources, sources)
const staleWasm = isStale ? 'test/fixtures/gate.wasm is stale: run node test/conformance/build-wasm.ts' : false
const stalePlan = isDeepStrictEqual(planLock.sources, sources)
  ? false
  : 'catalogue/gate/plan.json is stale: run runproof dev gate'

test('the WebAssembly is the one that its lock names', async () => {
  assert.equal(sha256Hex(await readFile(wasmPath)), lock.wasm)
  assert.equal(lock.entrypoint, GATE_ENTRYPOINT)
})

test('OPA’s engine for JavaScript decides 400 questions as we do', { skip: staleWasm || stalePlan }, async () => {
  const engine = await loadPolicy(await readFile(wasmPath), { initial: 20 })
  fc.assert(
    fc.property(gateInputs(), (input) => {
      const [answer] = engine.evaluate(input, GATE_ENTRYPOINT) as readonly { readonly result: JsonValue }[]
      assert.deepEqual(unordered(answer?.result ?? null), unordered(ours(input)))
    }),
    { numRuns: 400 },
  )
})

test(
  'the native opa decides 150 questions as we do, in one evaluation',
  { skip: hasOpa ? stalePlan : 'no opa on PATH' },
  async () => {
    const questions = fc.sample(gateInputs(), 150)
    const scratch = await mkdtemp(join(tmpdir(), 'gate-native-'))
    try {
      await writeFile(
        join(scratch, 'ask.rego'),
        'package ask\n\nanswers := [answer | some q in data.questions; answer := data.runproof.gate.decision with input as q]\n',
      )
      await writeFile(join(scratch, 'questions.json'), JSON.stringify({ questions }))
      const data = [join(folder, 'gate.rego'), 'ask.rego', 'questions.json'].flatMap((file) => ['--data', file])
      const { stdout } = await run('opa', ['eval', '--strict-builtin-errors', '--format', 'json', ...data, 'data.ask.answers'], {
        cwd: scratch,
        maxBuffer: 64 * 1024 * 1024,
      })
      const { result } = JSON.parse(stdout) as {
        readonly result: readonly { readonly expressions: readonly { readonly value: JsonValue }[] }[]
      }
      assert.deepEqual(result[0]?.expressions[0]?.value, questions.map(ours))
    } finally {
      await rm(scratch, { recursive: true })
    }
  },
)

test('the comparison does see a difference', () => {
  assert.notDeepEqual(unordered([1, { a: [2, 3] }]), unordered([1, { a: [2, 4] }]))
  assert.deepEqual(unordered([1, [3, 2]]), unordered([[2, 3], 1]))
})

/** The WebAssembly lists the members of a set in the order of their hashes: what is compared has none. */
function unordered(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(unordered).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([key, item]) => [key, unordered(item)]))
}
