import { builtins } from './builtins/registry.ts'
import { compileCall } from './compile-call.ts'
import type { Context } from './compile.ts'
import { isPlain, named } from './compile-data.ts'
import { type Frame, NEXT, type Step, UNDEFINED } from './machine.ts'
import type { Fields, Local, Operand, Statement } from './plan.ts'
import type { Value } from './value.ts'

/** A step that does what several statements in a row do. */
export type Fused = { readonly step: Step; readonly taken: number }

/**
 * The statements from there on that often follow one another, as one step: the same variables are written in the same order, with a
 * fraction of the calls. Null where none of these rows begins. What they cost in steps is for the block to say, as for any statement.
 */
export function fused(context: Context, statements: readonly Statement[], at: number): Fused | null {
  return (
    copies(statements, at) ??
    memberComparison(context, statements, at) ??
    loads(context, statements, at) ??
    testedCall(context, statements, at)
  )
}

/** `a := b` of variables: what a loop and a function begin with. */
function copies(statements: readonly Statement[], at: number): Fused | null {
  const [first, second, third] = [copyAt(statements, at), copyAt(statements, at + 1), copyAt(statements, at + 2)]
  if (first === null || second === null) return null
  const [a, b, c, d] = [first.source, first.target, second.source, second.target]
  if (third === null) {
    const step: Step = (frame) => {
      frame[b] = frame[a]
      frame[d] = frame[c]
      return NEXT
    }
    return { step, taken: 2 }
  }
  const [e, f] = [third.source, third.target]
  const step: Step = (frame) => {
    frame[b] = frame[a]
    frame[d] = frame[c]
    frame[f] = frame[e]
    return NEXT
  }
  return { step, taken: 3 }
}

type Copy = { readonly source: Local; readonly target: Local }

function copyAt(statements: readonly Statement[], at: number): Copy | null {
  const statement = statements[at]
  if (statement?.type !== 'AssignVarStmt' || statement.stmt.source.type !== 'local') return null
  return { source: statement.stmt.source.value, target: statement.stmt.target }
}

/** `object.name`, and the variable that it is then copied to. */
type Load = { readonly from: Local; readonly name: string; readonly target: Local; readonly copy: Local; readonly taken: number }

function loadAt({ strings }: Context, statements: readonly Statement[], at: number): Load | null {
  const statement = statements[at]
  if (statement?.type !== 'DotStmt') return null
  const { source, key, target } = statement.stmt
  if (source.type !== 'local' || key.type !== 'string_index') return null
  const name = strings[key.value] ?? ''
  // An inherited name is no member; any other can only be an own one.
  if (name in Object.prototype) return null
  const copied = copyAt(statements, at + 1)
  const isCopied = copied?.source === target
  return { from: source.value, name, target, copy: isCopied ? copied.target : target, taken: isCopied ? 2 : 1 }
}

function loaded(frame: Frame, { from, name, target, copy }: Load): Value | undefined {
  const object = frame[from]
  const value = isPlain(object) ? object[name] : named(object, name)
  frame[target] = value
  if (value !== undefined) frame[copy] = value
  return value
}

/** A member, or a member of a member; and whether it is true, where that is all that is asked. */
function loads(context: Context, statements: readonly Statement[], at: number): Fused | null {
  const first = loadAt(context, statements, at)
  if (first === null) return null
  if (isTest(statements[at + first.taken], first.copy)) {
    const step: Step = (frame) => {
      const value = loaded(frame, first)
      return value === undefined || value === false ? UNDEFINED : NEXT
    }
    return { step, taken: first.taken + 1 }
  }
  const second = loadAt(context, statements, at + first.taken)
  if (second !== null && second.from === first.copy) {
    const step: Step = (frame) => (loaded(frame, first) === undefined || loaded(frame, second) === undefined ? UNDEFINED : NEXT)
    return { step, taken: first.taken + second.taken }
  }
  return first.taken === 1 ? null : { step: (frame) => (loaded(frame, first) === undefined ? UNDEFINED : NEXT), taken: 2 }
}

const comparisons: ReadonlyMap<string, (a: number, b: number) => boolean> = new Map([
  ['gte', (a, b) => a >= b],
  ['gt', (a, b) => a > b],
  ['lte', (a, b) => a <= b],
  ['lt', (a, b) => a < b],
])

/** `one.name >= other.name`. Numbers are compared here, which costs no steps; anything else is for the built-in. */
function memberComparison(context: Context, statements: readonly Statement[], at: number): Fused | null {
  const left = loadAt(context, statements, at)
  const right = left && loadAt(context, statements, at + left.taken)
  if (!left || !right || right.target === left.copy) return null
  const next = at + left.taken + right.taken
  const call = statements[next]
  if (call?.type !== 'CallStmt' || !isCallOf(call.stmt, left.copy, right.copy)) return null
  const holds = comparisons.get(call.stmt.func)
  if (!holds || context.routines.has(call.stmt.func) || !isTest(statements[next + 1], call.stmt.result)) return null
  const { result } = call.stmt
  const otherwise = compileCall(context, call.stmt, true)
  const step: Step = (frame, run) => {
    const one = loaded(frame, left)
    if (one === undefined) return UNDEFINED
    const other = loaded(frame, right)
    if (other === undefined) return UNDEFINED
    if (typeof one !== 'number' || typeof other !== 'number') return otherwise(frame, run)
    const isSo = holds(one, other)
    frame[result] = isSo
    return isSo ? NEXT : UNDEFINED
  }
  return { step, taken: left.taken + right.taken + 2 }
}

function isCallOf({ args }: Fields<'CallStmt'>, one: Local, other: Local): boolean {
  return args?.length === 2 && one !== other && isLocal(args[0], one) && isLocal(args[1], other)
}

/** A call of which only matters that it is true. */
function testedCall(context: Context, statements: readonly Statement[], at: number): Fused | null {
  const call = statements[at]
  if (call?.type !== 'CallStmt' || !isTest(statements[at + 1], call.stmt.result)) return null
  // One that gives nothing leaves the variable as it was.
  if (builtins.get(call.stmt.func)?.isSilent) return null
  return { step: compileCall(context, call.stmt, true), taken: 2 }
}

/** That the variable is not false. */
function isTest(statement: Statement | undefined, local: Local): boolean {
  if (statement?.type !== 'NotEqualStmt') return false
  const { a, b } = statement.stmt
  return isLocal(a, local) && b.type === 'bool' && !b.value
}

function isLocal(operand: Operand | undefined, local: Local): boolean {
  return operand?.type === 'local' && operand.value === local
}
