import { highestLocal } from './locals.ts'
import { RETURN, type Frame, type Run, type Step } from './machine.ts'
import type { Block, Local, Operand, Place, Plan, PlanFunction, Statement } from './plan.ts'
import { compileControl, isControl } from './compile-control.ts'
import { compileData } from './compile-data.ts'
import { fused } from './compile-fused.ts'
import type { Value } from './value.ts'

/** A plan turned into closures: no code is generated, so it also runs under a content security policy without `eval`. */
export type Policy = { readonly entrypoints: ReadonlyMap<string, Routine> }

/** A function or entrypoint. `blocks` is filled after all routines exist, since they refer to each other. */
export type Routine = {
  readonly index: number
  readonly params: readonly Local[]
  readonly size: number
  /** An empty frame of that size, made when first needed: a plan may have many entrypoints. */
  blank: Frame | null
  /** Rules take input and data alone: their result is remembered. */
  readonly isRule: boolean
  blocks: readonly Step[]
}

export type Context = {
  readonly strings: readonly string[]
  readonly routines: ReadonlyMap<string, Routine>
  /** By the JSON of the path: for calls whose path is only known at run time. */
  readonly paths: ReadonlyMap<string, Routine>
  readonly block: (block: Block) => Step
  readonly where: (place: Place) => string
  /** Takes the place of a statement's step, to see what it does; null where nobody looks. */
  readonly observe: Observe | null
}
export type Observe = (statement: Statement, step: Step) => Step

export type Read = (frame: Frame) => Value | undefined

/** The plan has passed `readPlan`. */
export function compile(plan: Plan, observe: Observe | null = null): Policy {
  const functions = plan.funcs?.funcs ?? []
  const routines = new Map(functions.map((item, index) => [item.name, routine(item.params, item.blocks, index, item.return)]))
  const files = (plan.static?.files ?? []).map(({ value }) => value)
  const context: Context = {
    strings: (plan.static?.strings ?? []).map(({ value }) => value),
    routines,
    paths: pathsOf(functions, routines),
    block: (block) => compileBlock(context, block),
    where: ({ file, row, col }) => `${files[file] ?? 'policy'}:${row}:${col}`,
    observe,
  }
  for (const { name, blocks } of functions) fill(context, routines.get(name), blocks)
  const entrypoints = new Map<string, Routine>()
  for (const { name, blocks } of plan.plans.plans) {
    const entry = routine([INPUT, DATA], blocks, -1, DATA)
    fill(context, entry, blocks)
    entrypoints.set(name, entry)
  }
  return { entrypoints }
}

/** What the function returns; undefined when it has no result. */
export function invoke(routine: Routine, args: readonly (Value | undefined)[], run: Run): Value | undefined {
  const frame = freshFrame(routine)
  const { params } = routine
  for (let i = 0; i < params.length; i++) frame[params[i] ?? 0] = args[i]
  return runIn(frame, routine, run)
}

/** Variables for one call, none of them assigned. */
export function freshFrame(routine: Routine): Frame {
  routine.blank ??= Array.from({ length: routine.size }, () => undefined)
  return routine.blank.slice()
}

/** As `invoke`, with the arguments in their places. */
export function runIn(frame: Frame, { blocks }: Routine, run: Run): Value | undefined {
  run.enter()
  let result: Value | undefined
  for (let i = 0; i < blocks.length; i++) {
    // Leaving a function's own block only goes on with the next one.
    if ((blocks[i] as Step)(frame, run) === RETURN) {
      result = run.returned
      break
    }
  }
  run.leave()
  return result
}

const INPUT = 0
const DATA = 1

function routine(params: readonly Local[], blocks: readonly Block[], index: number, result: Local): Routine {
  const size = Math.max(INPUT, DATA, result, ...params, highestLocal(blocks)) + 1
  return { index, params, size, blank: null, isRule: params.length === 2, blocks: [] }
}

function fill(context: Context, target: Routine | undefined, blocks: readonly Block[]): void {
  if (target) target.blocks = blocks.map(context.block)
}

function pathsOf(functions: readonly PlanFunction[], routines: ReadonlyMap<string, Routine>): ReadonlyMap<string, Routine> {
  const paths = new Map<string, Routine>()
  for (const { name, path } of functions) {
    const target = routines.get(name)
    if (path && target) paths.set(JSON.stringify(path), target)
  }
  return paths
}

function compileBlock(context: Context, { stmts }: Block): Step {
  const steps = stepsOf(context, stmts ?? [])
  const cost = (stmts?.length ?? 0) + 1
  const [first, second, third, fourth] = steps
  if (first && steps.length === 1) {
    return (frame, run) => {
      run.spend(cost)
      return first(frame, run)
    }
  }
  if (first && second && steps.length === 2) {
    return (frame, run) => {
      run.spend(cost)
      return first(frame, run) || second(frame, run)
    }
  }
  if (first && second && third && steps.length === 3) {
    return (frame, run) => {
      run.spend(cost)
      return first(frame, run) || second(frame, run) || third(frame, run)
    }
  }
  if (first && second && third && fourth && steps.length === 4) {
    return (frame, run) => {
      run.spend(cost)
      return first(frame, run) || second(frame, run) || third(frame, run) || fourth(frame, run)
    }
  }
  return (frame, run) => {
    run.spend(cost)
    for (let i = 0; i < steps.length; i++) {
      const signal = (steps[i] as Step)(frame, run)
      if (signal !== 0) return signal
    }
    return 0
  }
}

/** Whoever looks at every statement gets a step for each. */
function stepsOf(context: Context, statements: readonly Statement[]): readonly Step[] {
  if (context.observe) return statements.map((statement) => compileStatement(context, statement))
  const steps: Step[] = []
  for (let at = 0; at < statements.length;) {
    const several = fused(context, statements, at)
    steps.push(several?.step ?? compileStatement(context, statements[at] as Statement))
    at += several?.taken ?? 1
  }
  return steps
}

function compileStatement(context: Context, statement: Statement): Step {
  const step = isControl(statement) ? compileControl(context, statement) : compileData(context, statement)
  return context.observe ? context.observe(statement, step) : step
}

/** How a statement gets an operand's value. */
export function reader({ strings }: Context, operand: Operand): Read {
  switch (operand.type) {
    case 'local': {
      const local = operand.value
      return (frame) => frame[local]
    }
    case 'string_index': {
      const text = strings[operand.value]
      return () => text
    }
    case 'bool': {
      const flag = operand.value
      return () => flag
    }
  }
}
