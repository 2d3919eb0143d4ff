import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer } from './cases.ts'
import type { Done } from './inside.ts'

/** Longer texts stand in the recordings as their length and hash. */
const LONG = 2000
const PANIC = 2

/** What no other host can answer alike, so that only the judgement is compared: the host's own values of these properties. */
type HostFact = { readonly type: string; readonly property: string; readonly id?: string; readonly reason: string }
const { hostFacts } = JSON.parse(readFileSync(join(import.meta.dirname, 'exceptions.json'), 'utf8')) as {
  readonly hostFacts: readonly HostFact[]
}

export type Difference = { readonly where: string; readonly expected: string; readonly got: string }

/** How one run stands against the recorded answers: any one of them will do. `results`: how many check results were compared. */
export function compare(
  done: Done,
  answers: readonly Answer[],
): { readonly differences: readonly Difference[]; readonly results: number } {
  const all = answers.map((answer) => differencesOf(done, answer))
  const best = all.toSorted((a, b) => a.length - b.length)[0] ?? []
  return { differences: best, results: Math.max(0, ...answers.map(({ json }) => json?.count ?? 0)) }
}

function differencesOf(done: Done, answer: Answer): readonly Difference[] {
  const exit = done.exit === answer.exit ? [] : [difference('exit', answer.exit, `${done.exit} ${done.stderr.slice(0, 2000)}`)]
  const isPanic = answer.exit === PANIC && answer.stdout?.startsWith('GOSS ') !== true
  if (isPanic || answer.varies) return exit
  return [
    ...exit,
    ...(answer.json === undefined ? textOf('stdout', answer.stdout ?? '', done.stdout) : jsonOf(answer.json, done.stdout)),
    ...(answer.stderr === null ? [] : linesOf(answer.stderr, done.stderr)),
    ...Object.entries(answer.after).flatMap(([name, text]) =>
      textOf(`after:${name}`, text, done.after[name] ?? '(no such file)'),
    ),
  ]
}

/** Texts are equal where the recording's masks stand for a time or a duration each. */
function textOf(where: string, expected: string, got: string): readonly Difference[] {
  return isSame(withoutChance(expected).split('\n'), withoutChance(got).split('\n')) ? [] : [firstOf(where, expected, got)]
}

/** goss gives the whole run the outcome of whichever result it came to last: exceptions.json says why that is not compared. */
function withoutChance(text: string): string {
  return text.replaceAll(/^(goss_tests_run_\w+\{outcome=")\w+/gm, '$1any')
}

function isSame(expected: readonly string[], got: readonly string[]): boolean {
  return expected.length === got.length && expected.every((line, at) => isSameLine(line, got[at] ?? ''))
}

function isSameLine(expected: string, got: string): boolean {
  return expected === got || (expected.includes('<') && masked(expected.replaceAll(': "<DUR>"', ':<DUR>')).test(got))
}

/** Long texts from the first line on that differs. */
function firstOf(where: string, expected: string, got: string): Difference {
  const [a, b] = [expected.split('\n'), got.split('\n')]
  const at = Math.max(
    0,
    a.findIndex((line, index) => !isSameLine(line, b[index] ?? '')),
  )
  return difference(`${where} from line ${at + 1}`, a.slice(at).join('\n'), b.slice(at).join('\n'))
}

function linesOf(expected: readonly string[], got: string): readonly Difference[] {
  const lines = got.split('\n').filter((line) => line !== '')
  const unmatched = expected.filter((line) => {
    const at = lines.findIndex((one) => isSameLine(line, one))
    if (at >= 0) lines.splice(at, 1)
    return at < 0
  })
  return unmatched.length === 0 && lines.length === 0 ? [] : [difference('stderr', unmatched.join('\n'), lines.join('\n'))]
}

function masked(text: string): RegExp {
  const parts = text.split(/<(?:TIME|DUR|ADDR|STACK|EPHEMERAL)>/)
  return new RegExp(
    `^${parts.map((part) => part.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`)).join('[^\\s"]+(?: \\d\\d:\\d\\d:\\d\\d)?')}$`,
  )
}

function jsonOf(expected: NonNullable<Answer['json']>, stdout: string): readonly Difference[] {
  const got = parse(stdout)
  if (got === null) return [difference('stdout', 'JSON', stdout)]
  const differences: Difference[] = []
  for (const key of ['count', 'failed', 'skipped'] as const)
    if (got[key] !== expected[key]) differences.push(difference(key, expected[key], got[key]))
  const rest = [...got.results]
  for (const result of expected.results) {
    const name = `${String(result['type'])} ${String(result['id'])} ${String(result['property'])}`
    const at = rest.findIndex(
      (one) => one['type'] === result['type'] && one['id'] === result['id'] && one['property'] === result['property'],
    )
    const [found] = at < 0 ? [undefined] : rest.splice(at, 1)
    if (found === undefined) differences.push(difference(name, 'a result', 'none'))
    else differences.push(...fieldsOf(name, result, found))
  }
  return [...differences, ...rest.map((one) => difference(String(one['id']), 'no result', JSON.stringify(one)))]
}

function fieldsOf(name: string, expected: Result, got: Result): readonly Difference[] {
  const own = hostFacts.find((rule) => isOf(rule, expected))
  return Object.entries(expected).flatMap(([key, value]) => {
    // Marked in the recording: goss itself answers differently from run to run.
    if (key === 'varies' || (expected['varies'] === true && key !== 'result')) return []
    if (own !== undefined && key === 'summary') return []
    const [a, b] = own === undefined ? [value, got[key]] : [withoutActual(value), withoutActual(got[key])]
    return isSameLine(canonical(a), canonical(b)) ? [] : [difference(`${name}: ${key}`, canonical(a), canonical(b))]
  })
}

function isOf({ type, property, id }: HostFact, result: Result): boolean {
  return type === result['type'] && property === result['property'] && (id === undefined || String(result['id']).includes(id))
}

/** A matcher's result without what the host really has. */
function withoutActual(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const hidden = new Set(['actual', 'untransformed-value', 'found-elements', 'extra-elements'])
  return Object.fromEntries(Object.entries(value).filter(([key]) => !hidden.has(key)))
}

type Result = Record<string, unknown>
type Read = { count: number; failed: number; skipped: number; results: Result[] }

/** goss's own JSON as the recordings shorten it. */
function parse(stdout: string): Read | null {
  let whole: { results: Record<string, unknown>[] | null; summary: Record<string, number> }
  try {
    whole = JSON.parse(stdout) as typeof whole
  } catch {
    return null
  }
  const results = (whole.results ?? []).map((one) => ({
    type: one['resource-type'],
    id: one['resource-id'],
    property: one['property'],
    result: one['result'],
    successful: one['successful'],
    skipped: one['skipped'],
    title: one['title'],
    meta: one['meta'],
    err: one['err'],
    matcher: Object.fromEntries(Object.entries(one['matcher-result'] as object).filter(([, value]) => value !== null)),
    summary: one['summary-line-compact'],
  }))
  const { summary } = whole
  return {
    count: summary['test-count'] ?? -1,
    failed: summary['failed-count'] ?? -1,
    skipped: summary['skipped-count'] ?? -1,
    results,
  }
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one === 'string' && one.length > LONG) return longMark(one)
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one
    return Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}

function longMark(text: string): string {
  return `<LONG len=${Array.from(text).length} sha256=${createHash('sha256').update(text).digest('hex').slice(0, 16)}>`
}

function difference(where: string, expected: unknown, got: unknown): Difference {
  return { where, expected: String(expected), got: String(got) }
}
