import { RunproofError } from '../model/errors.ts'
import { type Context, reader } from './compile.ts'
import { RegoObject, RegoSet, sizeOf } from './collection.ts'
import { equal } from './compare.ts'
import { NEXT, type Step, UNDEFINED } from './machine.ts'
import type { Fields } from './plan.ts'
import { merged } from './upsert.ts'
import { isArray, isComposite, type Value } from './value.ts'

// Statements that fill a collection. Only what the plan itself has just made is changed in place.

export function compileAppend(context: Context, { value, array }: Fields<'ArrayAppendStmt'>): Step {
  const read = reader(context, value)
  return (frame) => {
    const item = read(frame)
    const list = frame[array]
    if (item === undefined || !isArray(list)) return UNDEFINED
    ;(list as Value[]).push(item)
    return NEXT
  }
}

export function compileSetAdd(context: Context, { value, set }: Fields<'SetAddStmt'>): Step {
  const read = reader(context, value)
  return (frame, run) => {
    const [item, target] = [read(frame), frame[set]]
    if (item === undefined || !(target instanceof RegoSet)) return UNDEFINED
    run.spend(target.add(item))
    return NEXT
  }
}

export function compileInsert(context: Context, { key, value, object }: Fields<'ObjectInsertStmt'>): Step {
  const [readKey, readValue] = [reader(context, key), reader(context, value)]
  return (frame, run) => {
    const [at, item, target] = [readKey(frame), readValue(frame), frame[object]]
    if (at === undefined || item === undefined || !(target instanceof RegoObject)) return UNDEFINED
    run.spend(target.set(at, item))
    return NEXT
  }
}

export function compileInsertOnce(context: Context, statement: Fields<'ObjectInsertOnceStmt'>): Step {
  const [readKey, readValue] = [reader(context, statement.key), reader(context, statement.value)]
  return (frame, run) => {
    const [at, item, target] = [readKey(frame), readValue(frame), frame[statement.object]]
    if (at === undefined || item === undefined || !(target instanceof RegoObject)) return UNDEFINED
    const before = target.get(at)
    if (before !== undefined && !equal(before, item, run)) throw conflict('object keys must be unique', context.where(statement))
    run.spend(target.set(at, item))
    return NEXT
  }
}

export function compileMerge({ a, b, target }: Fields<'ObjectMergeStmt'>): Step {
  return (frame, run) => {
    const [left, right] = [frame[a], frame[b]]
    for (const side of [left, right]) if (isComposite(side)) run.spend(sizeOf(side))
    frame[target] = merged(left, right)
    return NEXT
  }
}

export function compileResult({ value }: Fields<'ResultSetAddStmt'>): Step {
  return (frame, run) => {
    const result = frame[value]
    run.spend(run.results.length)
    if (result !== undefined && !run.results.some((known) => equal(known, result))) run.results.push(result)
    return NEXT
  }
}

/** OPA's `eval_conflict_error`: two rules give different answers, and neither may be chosen. */
export function conflict(reason: string, place: string): RunproofError {
  return new RunproofError('gate.evaluation_failed', `conflict: ${reason} (${place})`)
}
