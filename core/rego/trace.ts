import type { JsonValue } from '../proof/jcs.ts'
import { compile } from './compile.ts'
import { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.ts'
import { NEXT, type Step } from './machine.ts'
import type { Place, Plan, Statement } from './plan.ts'
import { type Body, bodiesIn, ruleOf, statementsIn, textGiven, textsIn } from './trace-plan.ts'

export type LineTrace = {
  readonly row: number
  /** Something on the line was evaluated. */
  readonly evaluated: boolean
  /** And each expression of it that was evaluated held at least once. */
  readonly succeeded: boolean
}

export type FileTrace = {
  readonly file: string
  readonly lines: readonly LineTrace[]
  /** Rows as `opa eval --coverage` counts them: an expression when it was evaluated, the head of a rule when its body held. */
  readonly covered: readonly number[]
  readonly notCovered: readonly number[]
}

/** One body of a rule or function: each definition, each `else`, and a `default` has one. */
export type BodyTrace = {
  /** `data.package.rule` */
  readonly rule: string
  readonly file: string
  readonly row: number
  readonly evaluated: number
  readonly succeeded: number
  /** The text that it gives, where that is written out: `allow := "yes" if …`. */
  readonly gives: string | null
  /** All texts that are written out in it. */
  readonly texts: readonly string[]
  /** The rules and functions that it calls. */
  readonly calls: readonly string[]
}

export type Explanation = Evaluation & {
  readonly files: readonly FileTrace[]
  /** Of all rules and functions, those of one in the order of its source. */
  readonly bodies: readonly BodyTrace[]
}

/**
 * Evaluates as `evaluate` does and tells which lines took part. It takes the plan and compiles it anew with counters, so that a policy
 * that nobody asks about pays nothing. Only what the entrypoint can reach is in a plan: rules that it never uses are not listed.
 * @throws RunproofError as `evaluate`
 */
export function explain(plan: Plan, entrypoint: string, input: JsonValue, options: EvaluateOptions = {}): Explanation {
  const counts = new Map<Statement, Count>()
  const policy = compile(plan, (statement, step) => counted(step, countOf(counts, statement)))
  const evaluation = evaluate(policy, entrypoint, input, options)
  const files = (plan.static?.files ?? []).map(({ value }) => value)
  const strings = (plan.static?.strings ?? []).map(({ value }) => value)
  const bodies = bodiesIn(plan)
  return {
    ...evaluation,
    files: filesOf(files, placesOf(plan, bodies, counts)),
    bodies: bodies.map((body) => bodyTrace(body, { files, strings, counts })),
  }
}

/** The bodies of one rule or function (`data.package.rule`), in the order of the source: those with `succeeded > 0` gave its value. */
export function bodiesOf({ bodies }: Pick<Explanation, 'bodies'>, rule: string): readonly BodyTrace[] {
  return bodies.filter((body) => body.rule === rule)
}

type Count = { evaluated: number; succeeded: number }

function countOf(counts: Map<Statement, Count>, statement: Statement): Count {
  const known = counts.get(statement) ?? { evaluated: 0, succeeded: 0 }
  counts.set(statement, known)
  return known
}

function counted(step: Step, count: Count): Step {
  return (frame, run) => {
    count.evaluated++
    const signal = step(frame, run)
    if (signal === NEXT) count.succeeded++
    return signal
  }
}

/** A head counts as evaluated when its body held. */
type Seen = { readonly place: Place; readonly evaluated: boolean; readonly succeeded: boolean }

function placesOf(plan: Plan, bodies: readonly Body[], counts: Map<Statement, Count>): readonly Seen[] {
  const heads = new Set(bodies.map(({ place }) => keyOf(place)))
  const places = new Map<string, Seen>()
  for (const statement of (plan.funcs?.funcs ?? []).flatMap(({ blocks }) => statementsIn(blocks))) {
    const place = statement.stmt
    const key = keyOf(place)
    if (place.row === 0 || heads.has(key)) continue
    const { evaluated, succeeded } = countOf(counts, statement)
    // An expression has held when the last of its statements has.
    places.set(key, { place, evaluated: evaluated > 0 || places.get(key)?.evaluated === true, succeeded: succeeded > 0 })
  }
  return [
    ...places.values(),
    ...bodies.map(({ place, head }) => {
      const held = head !== null && countOf(counts, head).succeeded > 0
      return { place, evaluated: held, succeeded: held }
    }),
  ]
}

function keyOf({ file, row, col }: Place): string {
  return `${file}:${row}:${col}`
}

function filesOf(files: readonly string[], places: readonly Seen[]): readonly FileTrace[] {
  const byFile = Map.groupBy(places, ({ place }) => place.file)
  return [...byFile].map(([index, all]) => {
    const byRow = Map.groupBy(all, ({ place }) => place.row)
    const covered = rowsOf(all.filter(({ evaluated }) => evaluated))
    return {
      file: files[index] ?? 'policy',
      lines: [...byRow].map(([row, seen]) => lineTrace(row, seen)).toSorted((a, b) => a.row - b.row),
      covered: [...covered].toSorted((a, b) => a - b),
      notCovered: [...rowsOf(all)].filter((row) => !covered.has(row)).toSorted((a, b) => a - b),
    }
  })
}

function lineTrace(row: number, seen: readonly Seen[]): LineTrace {
  const evaluated = seen.filter((each) => each.evaluated)
  return {
    row,
    evaluated: evaluated.length > 0,
    succeeded: evaluated.length > 0 && evaluated.every(({ succeeded }) => succeeded),
  }
}

/** An expression may take several lines; plans from outside may claim any number of them. */
const MAX_ROWS = 10_000

function rowsOf(seen: readonly Seen[]): ReadonlySet<number> {
  const rows = new Set<number>()
  for (const { place } of seen) {
    const last = Math.min(place.end_row ?? place.row, place.row + MAX_ROWS)
    for (let row = place.row; row <= last; row++) rows.add(row)
  }
  return rows
}

type Traced = { readonly files: readonly string[]; readonly strings: readonly string[]; readonly counts: Map<Statement, Count> }

function bodyTrace(body: Body, { files, strings, counts }: Traced): BodyTrace {
  const { rule, place, first, head, statements } = body
  const [entered, held] = [countOf(counts, first), head && countOf(counts, head)]
  // An else is entered where the bodies before it gave nothing.
  const evaluated = first.type === 'IsUndefinedStmt' ? entered.succeeded : entered.evaluated
  const calls = statements.flatMap(({ type, stmt }) => (type === 'CallStmt' ? [ruleOf(stmt.func)] : []))
  return {
    rule,
    file: files[place.file] ?? 'policy',
    row: place.row,
    evaluated,
    succeeded: held?.succeeded ?? 0,
    gives: textGiven(body, strings),
    texts: textsIn(body, strings),
    calls: [...new Set(calls)],
  }
}
