import { RunproofError } from '../model/errors.ts'
import type { JsonValue } from '../proof/jcs.ts'
import { invoke, type Policy } from './compile.ts'
import { NestedTooDeep } from './limits.ts'
import { DEFAULT_MAX_STEPS, Run } from './machine.ts'
import { NumberTooLarge } from './number.ts'
import { toJson } from './to-json.ts'
import { member, type Value } from './value.ts'

export { compile, type Policy } from './compile.ts'

export type Evaluation = {
  /** Undefined: the rule has no result for this input. */
  readonly result: JsonValue | undefined
  /** The work done, the same on every machine. */
  readonly steps: number
}
export type EvaluateOptions = { readonly data?: JsonValue; readonly maxSteps?: number }

/**
 * The value of an entrypoint (`package/path/rule`), a pure function of policy, input and data: no clock, network or chance exists.
 * Sets become arrays in OPA's order, keys that are no strings their JSON text, and a number that no double holds its nearest double.
 * Always strict: an error in a built-in ends the evaluation instead of making the expression undefined.
 * @throws RunproofError `gate.invalid` for an unknown entrypoint; `gate.evaluation_failed` for an error in a built-in or a conflict
 * between rules, with file, row and column; `gate.budget_exhausted` after `maxSteps` (default 50 million).
 */
export function evaluate(policy: Policy, entrypoint: string, input: JsonValue, options: EvaluateOptions = {}): Evaluation {
  const { results, steps } = evaluateAll(policy, entrypoint, input, options.data ?? {}, {
    maxSteps: options.maxSteps,
  })
  const [first] = results
  if (first === undefined) return { result: undefined, steps }
  const result = isMembers(first) ? member(first, 'result') : undefined
  if (result === undefined) throw new RunproofError('gate.invalid', `the entrypoint ${entrypoint} does not bind "result"`)
  return { result, steps }
}

/**
 * Every result of a plan that was compiled from a query, each an object of its variables. Input and data may hold sets.
 * `isStrict: false` is OPA's default mode, for OPA's own suite: an error in a built-in is undefined. No verdict is made so.
 */
export function evaluateAll(
  policy: Policy,
  entrypoint: string,
  input: Value | undefined,
  data: Value | undefined,
  { maxSteps = DEFAULT_MAX_STEPS, isStrict = true }: { readonly maxSteps?: number | undefined; readonly isStrict?: boolean } = {},
): { readonly results: readonly JsonValue[]; readonly steps: number } {
  const routine = policy.entrypoints.get(entrypoint)
  if (!routine) throw new RunproofError('gate.invalid', `the policy has no entrypoint ${JSON.stringify(entrypoint)}`)
  const run = new Run(maxSteps, isStrict)
  try {
    invoke(routine, [input, data], run)
    return { results: run.results.map(toJson), steps: run.steps }
  } catch (cause) {
    throw failure(cause)
  }
}

/** What is thrown outside of a built-in still is the policy's or the input's doing, except for a mistake of ours. */
function failure(cause: unknown): unknown {
  if (cause instanceof NumberTooLarge || cause instanceof NestedTooDeep || cause instanceof RangeError) {
    return new RunproofError('gate.evaluation_failed', cause.message, { cause })
  }
  return cause
}

function isMembers(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
