import { isDeepStrictEqual } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { compile, evaluateAll } from '../../core/rego/evaluate.ts'
import { readPlan } from '../../core/rego/plan.ts'
import type { Value } from '../../core/rego/value.ts'
import { setAside } from './set-aside.ts'
import type { ArchivedFile } from './tar.ts'
import { parseTerm } from './term.ts'

/** One case of OPA's suite: what we read of it. */
export type Case = {
  readonly note: string
  readonly plan: unknown
  readonly data?: JsonValue
  readonly input?: JsonValue
  readonly input_term?: string
  readonly entrypoints: readonly string[]
  readonly want_plan_result?: JsonValue
  readonly want_result?: JsonValue
  readonly want_error?: string
  readonly want_error_code?: string
  readonly strict_error?: boolean
  readonly sort_bindings?: boolean
}

export type Outcome = {
  readonly suite: string
  readonly note: string
  readonly verdict: 'right' | 'wrong' | 'missing'
  /** For a right case: why it was set aside, empty for all others. */
  readonly why: string
}

/** The verdict on every case of every file. Nothing in the files ends the run: what cannot be read or judged is a wrong case. */
export function runSuite(files: readonly ArchivedFile[]): readonly Outcome[] {
  return files
    .filter(({ path }) => path.endsWith('.json'))
    .flatMap((file) => {
      const suite = file.path.split('/').at(-2) ?? ''
      return casesOf(file).map((item, i) => ({
        suite,
        note: item?.note ?? `${file.path} case ${i}`,
        ...judgedSafely(item),
      }))
    })
}

/** A file without `cases` stands for one case without a plan, so that it is counted and not passed over. */
function casesOf({ text }: ArchivedFile): readonly (Case | null)[] {
  try {
    const file = JSON.parse(text) as { readonly cases?: unknown } | null
    return Array.isArray(file?.cases) ? file.cases : [null]
  } catch {
    return [null]
  }
}

function judgedSafely(item: Case | null): Pick<Outcome, 'verdict' | 'why'> {
  try {
    if (typeof item !== 'object' || item === null) return { verdict: 'wrong', why: 'no case of the suite' }
    return judged(item)
  } catch (cause) {
    return { verdict: 'wrong', why: `cannot be judged: ${String(cause)}` }
  }
}

function judged(item: Case): Pick<Outcome, 'verdict' | 'why'> {
  const answer = answerOf(item)
  if (answer instanceof RunproofError && answer.code === 'gate.builtin_missing')
    return { verdict: 'missing', why: answer.message }
  const exception = setAside.find(({ note }) => note === item.note)
  if (exception) {
    return isDeepStrictEqual(answer, exception.answer)
      ? { verdict: 'right', why: exception.why }
      : wrong(answer, exception.answer)
  }
  if (item.want_error !== undefined || item.want_error_code !== undefined) return judgedError(item, answer)
  const wanted = item.want_plan_result ?? item.want_result ?? []
  return isDeepStrictEqual(normal(answer, item), normal(wanted, item)) ? { verdict: 'right', why: '' } : wrong(answer, wanted)
}

function wrong(answer: unknown, wanted: unknown): Pick<Outcome, 'verdict' | 'why'> {
  const shown = answer instanceof Error ? `${answer.name}: ${answer.message}` : JSON.stringify(answer)
  return { verdict: 'wrong', why: `${shown} instead of ${JSON.stringify(wanted)}` }
}

function isPolicyError(answer: unknown): answer is RunproofError {
  return answer instanceof RunproofError && answer.code === 'gate.evaluation_failed'
}

function judgedError(item: Case, answer: readonly JsonValue[] | Error): Pick<Outcome, 'verdict' | 'why'> {
  const wanted = `the error ${item.want_error_code ?? ''} ${item.want_error ?? ''}`
  if (!isPolicyError(answer)) return wrong(answer, wanted)
  const isConflict = answer.message.startsWith('conflict:')
  return isConflict === (item.want_error_code === 'eval_conflict_error') ? { verdict: 'right', why: '' } : wrong(answer, wanted)
}

function answerOf(item: Case): readonly JsonValue[] | Error {
  try {
    const input: Value | undefined = item.input_term === undefined ? item.input : parseTerm(item.input_term)
    const policy = compile(readPlan(item.plan))
    const isStrict = item.strict_error === true
    return evaluateAll(policy, item.entrypoints[0] ?? '', input, item.data ?? {}, { isStrict }).results
  } catch (cause) {
    if (cause instanceof Error) return cause
    throw cause
  }
}

/** A result set has no order; with `sort_bindings` neither have the sets in it, which the suite lists in any order. */
function normal(results: unknown, { sort_bindings: sorts = false }: Case): unknown {
  return Array.isArray(results) ? results.map((item) => JSON.stringify(sorted(item, sorts))).sort() : results
}

function sorted(value: unknown, sorts: boolean): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item, sorts))
    return sorts ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items
  }
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([key, item]) => [key, sorted(item, sorts)]))
}

/** One line per suite that is not wholly right, one per wrong case, one per case set aside. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const lines = [...Map.groupBy(outcomes, ({ suite }) => suite)].flatMap(([suite, all]) => {
    const listed = all.filter(({ verdict, why }) => verdict === 'wrong' || (verdict === 'right' && why !== ''))
    const [wrong, missing] = [count(all, 'wrong'), count(all, 'missing')]
    const head = `${suite.padEnd(40)} ${wrong} wrong, ${missing} missing of ${all.length}`
    if (listed.length + missing === 0) return []
    return [
      head,
      ...listed.map(
        ({ verdict, note, why }) => `  ${verdict === 'wrong' ? 'wrong' : 'set aside'}: ${note}: ${why.slice(0, MAX_WHY)}`,
      ),
    ]
  })
  return lines.map((line) => `${line}\n`).join('')
}
const MAX_WHY = 400

/** What is missing, by built-in, the most wanted first. */
export function missingOf(outcomes: readonly Outcome[]): string {
  const wanted = outcomes
    .filter(({ verdict }) => verdict === 'missing')
    .flatMap(({ why }) => [...new Set(Array.from(why.matchAll(BUILTIN_NAME), ([name]) => name))])
  const ranked = [...Map.groupBy(wanted, (name) => name)].toSorted(([, a], [, b]) => b.length - a.length)
  return ranked.map(([name, all]) => `${String(all.length).padStart(5)} × ${name}\n`).join('')
}
/** After `here:` all that the policy calls and we lack; at the start the one that we have, but not for this call. */
const BUILTIN_NAME = /(?<=here: |, )[a-z_][\w.]*(?= \()|^[a-z_][\w.]*(?=: )/g

/** Right includes the cases set aside, each with exactly the answer that is written down for it. */
export function summary(outcomes: readonly Outcome[]): string {
  const aside = outcomes.filter(({ verdict, why }) => verdict === 'right' && why !== '').length
  return `${aside} of the right ones set aside: our answer is not the suite's, for the reason given above
${count(outcomes, 'right')} right, ${count(outcomes, 'wrong')} wrong, ${count(outcomes, 'missing')} missing built-in`
}

function count(outcomes: readonly Outcome[], wanted: Outcome['verdict']): number {
  return outcomes.filter(({ verdict }) => verdict === wanted).length
}
