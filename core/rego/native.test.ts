import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { readVectors, type Vector } from '../../test/conformance/rego-vectors.ts'

const run = promisify(execFile)
const hasOpa = await run('opa', ['version']).then(
  () => true,
  () => false,
)
// What OPA has and we do not, and what only we count, cannot be compared.
const ours = new Set(['gate.builtin_missing', 'gate.budget_exhausted'])

for (const [name, vector] of await readVectors()) {
  const { rego, expect } = vector
  if (rego === null || (!expect.ok && ours.has(expect.code)) || name.startsWith('json-duplicate')) continue
  test(`OPA itself agrees: ${name}`, { skip: hasOpa ? false : 'no opa on PATH' }, () => agrees(vector, rego))
}

async function agrees({ entrypoint, input, data, expect }: Vector, rego: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rego-native-'))
  try {
    await writeFile(join(folder, 'policy.rego'), rego)
    await writeFile(join(folder, 'input.json'), JSON.stringify(input))
    await writeFile(join(folder, 'data.json'), JSON.stringify(data ?? {}))
    const query = `data.${entrypoint.replaceAll('/', '.')}`
    const files = ['--data', 'policy.rego', '--data', 'data.json', '--input', 'input.json']
    const answer = await run('opa', ['eval', '--strict-builtin-errors', '--format', 'json', ...files, query], {
      cwd: folder,
    }).then(
      ({ stdout }) => stdout,
      (failed: { readonly stdout: string }) => failed.stdout,
    )
    const { result, errors } = JSON.parse(answer) as {
      readonly result?: readonly { readonly expressions: readonly { readonly value: unknown }[] }[]
      readonly errors?: readonly unknown[]
    }
    assert.equal(errors !== undefined, !expect.ok, answer)
    if (expect.ok) assert.deepEqual(result?.[0]?.expressions[0]?.value, expect.result)
  } finally {
    await rm(folder, { recursive: true })
  }
}
