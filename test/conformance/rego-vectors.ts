import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { filesOf } from './tar.ts'

/** `node test/conformance/rego-vectors.ts`: compiles the `rego` of every vector with the `opa` on PATH and writes its `plan` anew. */
export type Vector = {
  readonly why: string
  /** The source of the plan; null where the plan is written by hand, as no compiler makes it. */
  readonly rego: string | null
  readonly entrypoint: string
  readonly input: JsonValue
  readonly data?: JsonValue
  readonly maxSteps?: number
  /** A result (absent: the rule is undefined), or the code of the refusal and a part of its message. */
  readonly expect:
    | { readonly ok: true; readonly result?: JsonValue }
    | { readonly ok: false; readonly code: string; readonly message: string }
  readonly plan: JsonValue
}

export const vectorFolder = fileURLToPath(new URL('../../vectors/rego/', import.meta.url))

export async function readVectors(): Promise<ReadonlyMap<string, Vector>> {
  const names = (await readdir(vectorFolder)).filter((name) => name.endsWith('.json')).sort()
  const read = async (name: string): Promise<[string, Vector]> => [
    name,
    JSON.parse(await readFile(join(vectorFolder, name), 'utf8')) as Vector,
  ]
  return new Map(await Promise.all(names.map(read)))
}

if (import.meta.main) {
  for (const [name, vector] of await readVectors()) {
    const plan = vector.rego === null ? vector.plan : await planOf(vector.rego, vector.entrypoint)
    await writeFile(join(vectorFolder, name), written({ ...vector, plan }))
    stdout.write(`${name}\n`)
  }
}

async function planOf(rego: string, entrypoint: string): Promise<JsonValue> {
  const folder = await mkdtemp(join(tmpdir(), 'rego-vector-'))
  try {
    await writeFile(join(folder, 'policy.rego'), rego)
    const args = ['build', '--target', 'plan', '--entrypoint', entrypoint, '--output', 'bundle.tar.gz', 'policy.rego']
    await promisify(execFile)('opa', args, { cwd: folder })
    const plan = filesOf(await readFile(join(folder, 'bundle.tar.gz'))).find(({ path }) => path.endsWith('plan.json'))
    return JSON.parse(plan?.text ?? 'null') as JsonValue
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** One member a line: the plan is one long line at the end, what people read comes before it. */
function written(vector: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(vector).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
  return `{\n${members.join(',\n')}\n}\n`
}
