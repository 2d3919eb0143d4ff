import { codePoints } from './builtins/letters.ts'
import {
  compileAppend,
  compileInsert,
  compileInsertOnce,
  compileMerge,
  compileResult,
  compileSetAdd,
  conflict,
} from './compile-build.ts'
import type { ControlStatement } from './compile-control.ts'
import { type Context, type Read, reader } from './compile.ts'
import { RegoObject, RegoSet, sizeOf } from './collection.ts'
import { equal } from './compare.ts'
import { NEXT, type Step, UNDEFINED } from './machine.ts'
import { parseSpelled } from './number.ts'
import type { Fields, Local, Operand, Statement } from './plan.ts'
import { isArray, isComposite, isObject, lookup, member, type PlainObject, type Value } from './value.ts'

/** The statements that compute, look up and build. */
export function compileData(context: Context, { type, stmt }: Exclude<Statement, ControlStatement>): Step {
  switch (type) {
    case 'DotStmt':
      return dot(context, stmt)
    case 'EqualStmt':
      return comparison(context, stmt, true)
    case 'NotEqualStmt':
      return comparison(context, stmt, false)
    case 'AssignVarStmt':
      return assign(stmt.target, reader(context, stmt.source))
    case 'AssignVarOnceStmt':
      return assignOnce(context, stmt)
    case 'AssignIntStmt':
    case 'MakeNumberIntStmt':
      return constant(stmt.target, stmt.value)
    case 'MakeNumberRefStmt':
      return constant(stmt.target, parseSpelled(context.strings[stmt.Index] ?? '') ?? 0)
    case 'MakeNullStmt':
      return constant(stmt.target, null)
    case 'MakeArrayStmt':
      return assign(stmt.target, () => [])
    case 'MakeObjectStmt':
      return assign(stmt.target, () => new RegoObject())
    case 'MakeSetStmt':
      return assign(stmt.target, () => new RegoSet())
    case 'ResetLocalStmt':
      return assign(stmt.target, () => undefined)
    case 'IsArrayStmt':
      return test(context, stmt.source, isArray)
    case 'IsObjectStmt':
      return test(context, stmt.source, isObject)
    case 'IsSetStmt':
      return test(context, stmt.source, (value) => value instanceof RegoSet)
    case 'IsDefinedStmt':
      return (frame) => (frame[stmt.source] === undefined ? UNDEFINED : NEXT)
    case 'IsUndefinedStmt':
      return (frame) => (frame[stmt.source] === undefined ? NEXT : UNDEFINED)
    case 'LenStmt':
      return length(context, stmt)
    case 'ArrayAppendStmt':
      return compileAppend(context, stmt)
    case 'SetAddStmt':
      return compileSetAdd(context, stmt)
    case 'ObjectInsertStmt':
      return compileInsert(context, stmt)
    case 'ObjectInsertOnceStmt':
      return compileInsertOnce(context, stmt)
    case 'ObjectMergeStmt':
      return compileMerge(stmt)
    case 'ResultSetAddStmt':
      return compileResult(stmt)
    case 'NopStmt':
      return () => NEXT
  }
}

/** Most of a policy is `object.name`: a constant key of a plain object is looked up without asking what else it might be. */
function dot(context: Context, { source, key, target }: Fields<'DotStmt'>): Step {
  const read = reader(context, source)
  if (key.type === 'string_index' && source.type === 'local') {
    const name = context.strings[key.value] ?? ''
    const from = source.value
    // An inherited name is no member; any other can only be an own one.
    const isInherited = name in Object.prototype
    return (frame) => {
      const object = frame[from]
      const value = isInherited || !isPlain(object) ? named(object, name) : object[name]
      frame[target] = value
      return value === undefined ? UNDEFINED : NEXT
    }
  }
  const readKey = reader(context, key)
  return (frame) => {
    const at = readKey(frame)
    const value = at === undefined ? undefined : lookup(read(frame), at)
    frame[target] = value
    return value === undefined ? UNDEFINED : NEXT
  }
}

/** Its members are its own and looked up by name alone. */
export function isPlain(value: Value | undefined): value is PlainObject {
  return typeof value === 'object' && value !== null && value.constructor === Object
}

/** The member of that name of any value. */
export function named(object: Value | undefined, name: string): Value | undefined {
  if (typeof object !== 'object' || object === null) return undefined
  if (object instanceof RegoObject) return object.get(name)
  return object.constructor === Object ? member(object as { readonly [key: string]: never }, name) : lookup(object, name)
}

function comparison(context: Context, { a, b }: Fields<'EqualStmt'>, wanted: boolean): Step {
  const [left, right] = [reader(context, a), reader(context, b)]
  const [same, other] = wanted ? [NEXT, UNDEFINED] : [UNDEFINED, NEXT]
  return (frame, run) => {
    const x = left(frame)
    const y = right(frame)
    if (x === undefined || y === undefined) return UNDEFINED
    return equal(x, y, run) ? same : other
  }
}

function assign(target: Local, read: Read): Step {
  return (frame) => {
    frame[target] = read(frame)
    return NEXT
  }
}

function constant(target: Local, value: Value): Step {
  return (frame) => {
    frame[target] = value
    return NEXT
  }
}

function assignOnce(context: Context, statement: Fields<'AssignVarOnceStmt'>): Step {
  const read = reader(context, statement.source)
  const { target } = statement
  return (frame, run) => {
    const before = frame[target]
    const value = read(frame)
    if (before !== undefined && !equal(before, value, run)) {
      throw conflict('complete rules must not produce multiple outputs', context.where(statement))
    }
    frame[target] = value
    return NEXT
  }
}

function test(context: Context, source: Operand, holds: (value: Value | undefined) => boolean): Step {
  const read = reader(context, source)
  return (frame) => (holds(read(frame)) ? NEXT : UNDEFINED)
}

function length(context: Context, { source, target }: Fields<'LenStmt'>): Step {
  const read = reader(context, source)
  return (frame) => {
    const value = read(frame)
    if (value === undefined) return UNDEFINED
    frame[target] = isComposite(value) ? sizeOf(value) : typeof value === 'string' ? codePoints(value).length : 0
    return NEXT
  }
}
