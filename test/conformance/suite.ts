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
  readonly want_plan_result: JsonValue
  readonly want_error?: string
  readonly want_error_code?: string
  readonly strict_error?: boolean
  readonly sort_bindings?: boolean
}

export type Outcome = {
  readonly suite: string
  readonly note: string
  /** `aside`: not the suite's answer, but the one that we have written down with a reason. */
  readonly verdict: 'right' | 'wrong' | 'missing' | 'aside'
  readonly why: string
}

export function runSuite(files: readonly ArchivedFile[]): readonly Outcome[] {
  return files
    .filter(({ path }) => path.endsWith('.json'))
    .flatMap(({ path, text }) => {
      const suite = path.split('/').at(-2) ?? ''
      const { cases } = JSON.parse(text) as { readonly cases: readonly Case[] }
      return cases.map((item) => ({ suite, note: item.note, ...judged(item) }))
    })
}

function judged(item: Case): Pick<Outcome, 'verdict' | 'why'> {
  const answer = answerOf(item)
  if (answer instanceof RunproofError && answer.code === 'gate.builtin_missing')
    return { verdict: 'missing', why: answer.message }
  const exception = setAside.find(({ note }) => note === item.note)
  if (exception) {
    const same = exception.answer === 'error' ? isPolicyError(answer) : isDeepStrictEqual(answer, exception.answer)
    return same ? { verdict: 'aside', why: exception.why } : wrong(answer, exception.answer)
  }
  if (item.want_error !== undefined || item.want_error_code !== undefined) return judgedError(item, answer)
  const same = isDeepStrictEqual(normal(answer, item), normal(item.want_plan_result ?? [], item))
  return same ? { verdict: 'right', why: '' } : wrong(answer, item.want_plan_result)
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
    return evaluateAll(policy, item.entrypoints[0] ?? '', input, item.data ?? {}).results
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
    const listed = all.filter(({ verdict }) => verdict === 'wrong' || verdict === 'aside')
    const [wrong, missing] = [count(all, 'wrong'), count(all, 'missing')]
    const head = `${suite.padEnd(40)} ${wrong} wrong, ${missing} missing of ${all.length}`
    if (listed.length + missing === 0) return []
    return [head, ...listed.map(({ verdict, note, why }) => `  ${verdict}: ${note}: ${why.slice(0, MAX_WHY)}`)]
  })
  return lines.map((line) => `${line}\n`).join('')
}
const MAX_WHY = 400

/** The suite's cases that are set aside are in none of the three numbers; the table lists them with their reasons. */
export function summary(outcomes: readonly Outcome[]): string {
  return `${count(outcomes, 'right')} right, ${count(outcomes, 'wrong')} wrong, ${count(outcomes, 'missing')} missing built-in`
}

function count(outcomes: readonly Outcome[], wanted: Outcome['verdict']): number {
  return outcomes.filter(({ verdict }) => verdict === wanted).length
}
