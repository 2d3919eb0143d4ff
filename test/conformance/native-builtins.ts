import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual, promisify } from 'node:util'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { BuiltinError, Unsupported } from '../../core/rego/builtins/builtin.ts'
import { jsonText } from '../../core/rego/builtins/json-text.ts'
import { builtins } from '../../core/rego/builtins/registry.ts'
import { Run } from '../../core/rego/machine.ts'
import { numberText, parseNumeric } from '../../core/rego/number.ts'

/** A call of a built-in. */
export type Question = { readonly name: string; readonly operands: readonly JsonValue[] }
/** How the answers of the native opa and of ours differ; `refused`: what we do not answer, `failed`: where both find an error. */
export type Comparison = {
  readonly different: readonly { readonly question: Question; readonly ours: unknown; readonly native: unknown }[]
  readonly same: number
  readonly failed: number
  readonly refused: readonly { readonly question: Question; readonly why: string }[]
}

const run = promisify(execFile)

/** False, or why the native opa cannot be asked. */
export const withoutOpa: string | false = await run('opa', ['version']).then(
  () => false,
  () => 'no opa on PATH',
)

/** Asks both the same, the native opa once for all. */
export async function compareWithOpa(questions: readonly Question[]): Promise<Comparison> {
  const answers = await nativeAnswers(questions)
  const [different, refused]: [Comparison['different'][number][], Comparison['refused'][number][]] = [[], []]
  let [same, failed] = [0, 0]
  for (const [i, question] of questions.entries()) {
    const ours = ourAnswer(question)
    const native = answers.get(i)
    if (ours instanceof Unsupported) refused.push({ question, why: ours.message })
    else if (ours instanceof BuiltinError ? native !== undefined : !isDeepStrictEqual(ours, native)) {
      different.push({ question, ours: ours instanceof Error ? String(ours) : ours, native })
    } else if (ours instanceof Error) failed++
    else same++
  }
  return { different, same, failed, refused }
}

/** An error instead of a value where there is none. */
export function ourAnswer({ name, operands }: Question): JsonValue | undefined | BuiltinError | Unsupported {
  try {
    const value = builtins.get(name)?.apply(operands, new Run(1_000_000_000))
    return value === undefined ? undefined : exactly(jsonText(value))
  } catch (cause) {
    if (cause instanceof BuiltinError || cause instanceof Unsupported) return cause
    throw new Error(`${name} of ${JSON.stringify(operands).slice(0, 2000)}`, { cause })
  }
}

/** Numbers that a double cannot hold as text of all their digits, whatever their spelling. */
function exactly(text: string): JsonValue {
  const read = (_: string, value: unknown, { source = '' }: { readonly source?: string }): unknown =>
    typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER ? numberText(parseNumeric(source) ?? 0) : value
  return JSON.parse(text, read as (key: string, value: unknown) => unknown) as JsonValue
}

/** By the index of the question; an error has no entry. */
async function nativeAnswers(questions: readonly Question[]): Promise<ReadonlyMap<number, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'native-builtins-'))
  try {
    await writeFile(join(folder, 'policy.rego'), policyFor(questions))
    await writeFile(join(folder, 'input.json'), JSON.stringify({ questions }))
    const args = ['eval', '--data', 'policy.rego', '--input', 'input.json', '--format', 'json', 'data.native.answers']
    const { stdout } = await run('opa', args, { cwd: folder, maxBuffer: 1 << 30 })
    const { result } = exactly(stdout) as unknown as {
      readonly result: readonly [{ readonly expressions: readonly [{ readonly value: readonly (readonly [number, unknown])[] }] }]
    }
    return new Map(result[0].expressions[0].value)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** One rule body per built-in: Rego has no call by name. */
function policyFor(questions: readonly Question[]): string {
  const arities = new Map(questions.map(({ name, operands }) => [name, operands.length]))
  const bodies = [...arities].map(([name, arity]) => {
    const operands = Array.from({ length: arity }, (_, i) => `question.operands[${i}]`).join(', ')
    return `answers contains [i, answer] if {
  some i, question in input.questions
  question.name == "${name}"
  answer := ${name}(${operands})
}
`
  })
  return `package native\n\n${bodies.join('\n')}`
}
