import { RunproofError } from '../model/errors.ts'
import { ArithmeticError } from './arithmetic.ts'
import { BuiltinError, Unsupported } from './builtins/builtin.ts'
import { builtins } from './builtins/registry.ts'
import { type Context, freshFrame, invoke, type Read, reader, type Routine, runIn } from './compile.ts'
import { RegoObject, RegoSet } from './collection.ts'
import { NestedTooDeep } from './limits.ts'
import { type Frame, NEXT, type Run, type Step, UNDEFINED } from './machine.ts'
import { NumberTooLarge } from './number.ts'
import type { Fields } from './plan.ts'
import { isArray, type Value } from './value.ts'

/** A function of the plan, or a built-in; undefined when it has no result or, where it is `tested`, false. */
export function compileCall(context: Context, statement: Fields<'CallStmt'>, tested = false): Step {
  const args = (statement.args ?? []).map((arg) => reader(context, arg))
  const target = context.routines.get(statement.func)
  const refusal = tested ? false : undefined
  if (!target) return callBuiltin(context, statement, args, refusal)
  const { result } = statement
  const [input, data] = args
  if (target.isRule && input && data) {
    return (frame, run) => {
      const value = rule(target, input(frame), data(frame), run)
      frame[result] = value
      return value === undefined || value === refusal ? UNDEFINED : NEXT
    }
  }
  const { params } = target
  // Whoever looks at every statement sees every call.
  const isRecalled = context.observe === null
  return (frame, run) => {
    const inner = freshFrame(target)
    let isLong = false
    for (let i = 0; i < params.length; i++) {
      const arg = args[i]?.(frame)
      inner[params[i] ?? 0] = arg
      if (isArray(arg) && arg.length >= LONG_LIST) isLong = isRecalled
    }
    const value = isLong ? recalled(inner, target, run) : runIn(inner, target, run)
    frame[result] = value
    return value === undefined || value === refusal ? UNDEFINED : NEXT
  }
}

/** From here on looking through a list costs less than a call with it. */
const LONG_LIST = 32

/**
 * What the function gives for these arguments: known when they are those of its last call, list by list and item by item, as where a gate
 * asks the same of all findings and of those that no waiver covers. A function depends on nothing
 * else. It costs the steps that it would take again.
 */
function recalled(frame: Frame, target: Routine, run: Run): Value | undefined {
  // Copies of the lists, so that not even a plan that adds to one later gets a stale answer.
  const args = target.params.map((param) => copied(frame[param]))
  const known = run.calls[target.index]
  if (known && known.depth === run.depth && known.args.every((arg, index) => isSame(arg, args[index]))) {
    run.spend(known.steps)
    return known.result
  }
  const before = run.steps - run.learned
  const result = runIn(frame, target, run)
  run.calls[target.index] = { args, depth: run.depth, steps: run.steps - run.learned - before, result }
  return result
}

/** Surely the same: one value, or two lists of the same values. */
function isSame(a: Value | undefined, b: Value | undefined): boolean {
  if (Object.is(a, b)) return true
  return isArray(a) && isArray(b) && a.length === b.length && a.every((item, index) => Object.is(item, b[index]))
}

function copied(value: Value | undefined): Value | undefined {
  return isArray(value) ? value.slice() : value
}

/** Rules depend on input and data alone. The arguments are compared as well, so that not even an odd plan gets a stale answer. */
function rule(target: Routine, input: Value | undefined, data: Value | undefined, run: Run): Value | undefined {
  const known = run.memories[target.index]
  if (known && known.input === input && known.data === data) return known.result
  const { steps, learned } = run
  const result = invoke(target, [input, data], run)
  run.learned = learned + run.steps - steps
  run.memories[target.index] = { input, data, result }
  return result
}

function evaluated(args: readonly Read[], frame: Frame): (Value | undefined)[] {
  const values: (Value | undefined)[] = []
  for (const arg of args) values.push(arg(frame))
  return values
}

const PATH_FOUND_BUT_UNDEFINED = 4

/** A path that names no rule is undefined, and the plan then looks into data. A rule without a result ends the whole reference. */
export function compileCallDynamic(context: Context, { args, path, result }: Fields<'CallDynamicStmt'>): Step {
  const parts = (path ?? []).map((part) => reader(context, part))
  const [input = 0, data = 1] = args ?? []
  return (frame, run) => {
    const target = context.paths.get(
      JSON.stringify(evaluated(parts, frame).map((part) => (typeof part === 'string' ? part : null))),
    )
    if (!target) return UNDEFINED
    const value = rule(target, frame[input], frame[data], run)
    frame[result] = value
    return value === undefined ? PATH_FOUND_BUT_UNDEFINED : NEXT
  }
}

const CHARACTERS_PER_STEP = 16
/** What is built also takes memory: it costs more than what is only looked at. */
const BUILT = 4

function callBuiltin(context: Context, statement: Fields<'CallStmt'>, args: readonly Read[], refusal: false | undefined): Step {
  const { func: name, result } = statement
  const builtin = builtins.get(name)
  if (!builtin) throw new RunproofError('gate.builtin_missing', name)
  const place = context.where(statement)
  return (frame, run) => {
    const values: Value[] = []
    for (const arg of args) {
      const value = arg(frame)
      if (value === undefined) return UNDEFINED
      values.push(value)
      run.spend(weight(value))
    }
    let value: Value | undefined
    try {
      value = builtin.apply(values, run)
    } catch (cause) {
      if (!run.isStrict && isPolicyError(cause)) return UNDEFINED
      throw refused(cause, name, place)
    }
    if (value === undefined) return builtin.isSilent ? NEXT : UNDEFINED
    run.spend(BUILT * weight(value))
    frame[result] = value
    return value === refusal ? UNDEFINED : NEXT
  }
}

/** What it takes to look at a value once, not at what is in it. */
function weight(value: Value): number {
  if (typeof value === 'string') return (value.length / CHARACTERS_PER_STEP) | 0
  if (isArray(value)) return value.length
  return value instanceof RegoSet || value instanceof RegoObject ? value.size : 0
}

/** Strict: where OPA would by default make an error undefined, and `not` of it true, evaluation ends. */
function refused(cause: unknown, name: string, place: string): unknown {
  if (cause instanceof Unsupported) {
    return new RunproofError('gate.builtin_missing', `${name}: ${cause.message} (${place})`, { cause })
  }
  return isPolicyError(cause)
    ? new RunproofError('gate.evaluation_failed', `${name}: ${cause.message} (${place})`, { cause })
    : cause
}

function isPolicyError(cause: unknown): cause is Error {
  return (
    cause instanceof BuiltinError ||
    cause instanceof ArithmeticError ||
    cause instanceof NumberTooLarge ||
    cause instanceof NestedTooDeep
  )
}
