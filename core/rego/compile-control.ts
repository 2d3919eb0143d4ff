import { compileCall, compileCallDynamic } from './compile-call.ts'
import { type Context, reader } from './compile.ts'
import { type Entry, RegoSet } from './collection.ts'
import { entriesOf } from './compare.ts'
import { NEXT, RETURN, type Step, UNDEFINED } from './machine.ts'
import type { Fields, Statement } from './plan.ts'
import { inserted } from './upsert.ts'
import { type Composite, isArray, isComposite, type Value } from './value.ts'

const CONTROL = [
  'BlockStmt',
  'BreakStmt',
  'CallStmt',
  'CallDynamicStmt',
  'NotStmt',
  'ReturnLocalStmt',
  'ScanStmt',
  'WithStmt',
] as const
export type ControlStatement = Extract<Statement, { readonly type: (typeof CONTROL)[number] }>

export function isControl(statement: Statement): statement is ControlStatement {
  return CONTROL.some((type) => type === statement.type)
}

/** The statements that say what runs next. */
export function compileControl(context: Context, { type, stmt }: ControlStatement): Step {
  switch (type) {
    case 'BlockStmt':
      return blocks(context, stmt)
    case 'BreakStmt': {
      const signal = stmt.index + 1
      return () => signal
    }
    case 'CallStmt':
      return compileCall(context, stmt)
    case 'CallDynamicStmt':
      return compileCallDynamic(context, stmt)
    case 'NotStmt':
      return not(context, stmt)
    case 'ScanStmt':
      return scan(context, stmt)
    case 'WithStmt':
      return withValue(context, stmt)
    case 'ReturnLocalStmt':
      return returnLocal(stmt)
  }
}

/** Each block runs, whether or not the one before held. */
function blocks(context: Context, { blocks }: Fields<'BlockStmt'>): Step {
  const inner = blocks.map(context.block)
  const [only] = inner
  if (only && inner.length === 1) return (frame, run) => outOf(only(frame, run))
  return (frame, run) => {
    for (const block of inner) {
      const signal = outOf(block(frame, run))
      if (signal !== NEXT) return signal
    }
    return NEXT
  }
}

/** A signal as seen one block further out. */
function outOf(signal: number): number {
  return signal > 0 ? signal - 1 : signal
}

function not(context: Context, { block }: Fields<'NotStmt'>): Step {
  const inner = context.block(block)
  return (frame, run) => {
    const signal = inner(frame, run)
    return signal === NEXT ? UNDEFINED : outOf(signal)
  }
}

function returnLocal({ source }: Fields<'ReturnLocalStmt'>): Step {
  return (frame, run) => {
    run.returned = frame[source]
    return RETURN
  }
}

/** Leaving the inner block by one goes on with the next element, by two ends the scan. A scan itself always holds, even of nothing. */
function scan(context: Context, { source, key, value, block }: Fields<'ScanStmt'>): Step {
  const inner = context.block(block)
  return (frame, run) => {
    const collection = frame[source]
    if (!isComposite(collection)) return NEXT
    if (!isArray(collection)) {
      for (const [itsKey, itsValue] of members(collection)) {
        frame[key] = itsKey
        frame[value] = itsValue
        const signal = inner(frame, run)
        if (signal > UNDEFINED || signal === RETURN) return outOf(outOf(signal))
      }
      return NEXT
    }
    for (let i = 0; i < collection.length; i++) {
      frame[key] = i
      frame[value] = collection[i]
      const signal = inner(frame, run)
      if (signal > UNDEFINED || signal === RETURN) return outOf(outOf(signal))
    }
    return NEXT
  }
}

function members(collection: Exclude<Composite, readonly Value[]>): readonly Entry[] {
  return collection instanceof RegoSet ? collection.values().map((value): Entry => [value, value]) : entriesOf(collection)
}

/** The local holds another value inside the block; what rules gave before does not count there. */
function withValue(context: Context, { local, path, value, block }: Fields<'WithStmt'>): Step {
  const read = reader(context, value)
  const keys = (path ?? []).map((index) => context.strings[index] ?? '')
  const inner = context.block(block)
  return (frame, run) => {
    const replacement = read(frame)
    // Without a path undefined is a value too: OPA puts an input that was never given back like this.
    if (replacement === undefined && keys.length > 0) return UNDEFINED
    const [saved, memories, learned] = [frame[local], run.memories, run.learned]
    run.memories = []
    frame[local] = replacement === undefined ? undefined : inserted(saved, keys, replacement)
    const signal = inner(frame, run)
    frame[local] = saved
    run.memories = memories
    run.learned = learned
    return signal > UNDEFINED ? outOf(signal) : signal
  }
}
