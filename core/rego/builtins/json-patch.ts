import { RegoObject, RegoSet } from '../collection.ts'
import { equal } from '../compare.ts'
import type { Run } from '../machine.ts'
import { toSafeInteger } from '../number.ts'
import { isArray, isComposite, isObject, lookup, type Value } from '../value.ts'
import { any, array, BuiltinError, type BuiltinFunction, entries } from './builtin.ts'

/** RFC 6902, also on sets, where a member is its own key. */
export const patch: BuiltinFunction = (operands, run) => {
  let document = any(operands, 0)
  for (const [i, operation] of array(operands, 1).entries()) {
    const patched = applied(document, operation, run)
    if (patched === undefined) throw new BuiltinError(`operation ${i} of the patch does not apply`)
    document = patched
  }
  return document
}

function applied(document: Value, operation: Value, run: Run): Value | undefined {
  if (!isObject(operation)) return undefined
  const [op, path, value] = [lookup(operation, 'op'), pathOf(lookup(operation, 'path')), lookup(operation, 'value')]
  if (typeof op !== 'string' || !path) return undefined
  const from = op === 'move' || op === 'copy' ? pathOf(lookup(operation, 'from')) : []
  if (!from) return undefined
  switch (op) {
    case 'add':
      return value === undefined ? undefined : changed(document, path, run, () => value, true)
    case 'replace':
      return value === undefined ? undefined : changed(document, path, run, () => value, false)
    case 'remove':
      return changed(document, path, run, () => undefined, false)
    case 'test':
      return value !== undefined && equal(at(document, path), value, run) ? document : undefined
    case 'copy':
    case 'move': {
      const part = at(document, from)
      const rest = op === 'copy' ? document : changed(document, from, run, () => undefined, false)
      return part === undefined || rest === undefined ? undefined : changed(rest, path, run, () => part, true)
    }
    default:
      return undefined
  }
}

function pathOf(path: Value | undefined): readonly Value[] | null {
  if (isArray(path)) return path
  if (typeof path !== 'string') return null
  if (path === '') return []
  return path
    .replace(/^\/+/, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function at(document: Value, path: readonly Value[]): Value | undefined {
  let found: Value | undefined = document
  for (const part of path) found = isArray(found) ? found[indexOf(part, found.length - 1) ?? -1] : lookup(found, part)
  return found
}

/** A copy with what lies at the path made anew; undefined from `make` takes it away. `inserts`: into arrays, and where nothing is. */
function changed(
  target: Value,
  path: readonly Value[],
  run: Run,
  make: (old: Value | undefined) => Value | undefined,
  inserts: boolean,
): Value | undefined {
  const [part, ...rest] = path
  if (part === undefined) return make(target)
  if (!isComposite(target)) return undefined
  if (isArray(target)) return changedArray(target, part, rest, run, make, inserts)
  const old = lookup(target, part)
  if (old === undefined && (rest.length > 0 || !inserts)) return undefined
  const fresh = rest.length > 0 && old !== undefined ? changed(old, rest, run, make, inserts) : make(old)
  if (rest.length > 0 && fresh === undefined) return undefined
  if (target instanceof RegoSet) {
    const isItsOwnKey = rest.length > 0 || fresh === undefined || equal(fresh, part, run)
    return isItsOwnKey ? changedSet(target, old, fresh, run) : undefined
  }
  const kept = entries(target, run).filter(([key]) => !equal(key, part, run))
  return RegoObject.of(fresh === undefined ? kept : [...kept, [part, fresh]])
}

function changedSet(target: RegoSet, old: Value | undefined, fresh: Value | undefined, run: Run): Value {
  run.spend(target.size)
  const kept = target.values().filter((member) => old === undefined || !equal(member, old, run))
  return RegoSet.of(fresh === undefined ? kept : [...kept, fresh])
}

function changedArray(
  target: readonly Value[],
  part: Value,
  rest: readonly Value[],
  run: Run,
  make: (old: Value | undefined) => Value | undefined,
  inserts: boolean,
): Value | undefined {
  run.spend(target.length)
  const isNew = inserts && rest.length === 0
  const index = isNew && part === '-' ? target.length : indexOf(part, isNew ? target.length : target.length - 1)
  if (index === null) return undefined
  const old = target[index] ?? null
  const fresh = rest.length > 0 ? changed(old, rest, run, make, inserts) : make(isNew ? undefined : old)
  if (rest.length > 0 && fresh === undefined) return undefined
  return target.toSpliced(index, isNew ? 0 : 1, ...(fresh === undefined ? [] : [fresh]))
}

/** A number or its digits, up to `last`. */
function indexOf(part: Value, last: number): number | null {
  const index = typeof part === 'string' && /^(?:0|[1-9]\d{0,9})$/.test(part) ? Number(part) : toSafeInteger(part)
  return index !== null && index >= 0 && index <= last ? index : null
}
