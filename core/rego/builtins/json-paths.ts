import { RegoObject, RegoSet } from '../collection.ts'
import type { Run } from '../machine.ts'
import { isArray, isComposite, isObject, kindOf, lookup, type PlainObject, type Value } from '../value.ts'
import { BuiltinError, type BuiltinFunction, elements, entries, object, operandError, type Operands } from './builtin.ts'

/** The object with nothing but the paths (`a/b/0`, or `["a", "b", 0]`). */
export const filter: BuiltinFunction = (operands, run) => filtered(object(operands, 0), tree(operands), run)

/** The object without the paths. */
export const remove: BuiltinFunction = (operands, run) => without(object(operands, 0), tree(operands), run) ?? new RegoObject()

/** `wanted` mirrors the value; null in it takes all that lies below. */
export function filtered(value: Value, wanted: Value, run: Run): Value {
  if (wanted === null || !isComposite(value)) return value
  if (!isObject(wanted)) throw new BuiltinError('a path goes through something that has no members')
  if (isArray(value))
    return kept(
      value.map((item, i) => [item, lookup(wanted, String(i))]),
      run,
    )
  if (value instanceof RegoSet)
    return RegoSet.of(
      kept(
        value.values().map((item) => [item, lookup(wanted, item)]),
        run,
      ),
    )
  return filteredObject(value, wanted, run)
}

function filteredObject(value: PlainObject | RegoObject, wanted: PlainObject | RegoObject, run: Run): Value {
  const result = new RegoObject()
  for (const [key, below] of entries(wanted, run)) {
    const item = lookup(value, key)
    if (item !== undefined) result.set(key, filtered(item, below, run))
  }
  return result
}

function kept(pairs: readonly (readonly [item: Value, wanted: Value | undefined])[], run: Run): readonly Value[] {
  run.spend(pairs.length)
  return pairs.flatMap(([item, wanted]) => (wanted === undefined ? [] : [filtered(item, wanted, run)]))
}

/** Undefined: a path ends here. */
function without(value: Value, unwanted: Value | undefined, run: Run): Value | undefined {
  if (unwanted === null) return undefined
  if (!isObject(unwanted) || !isComposite(value)) return value
  if (isArray(value))
    return left(
      value.map((item, i) => without(item, lookup(unwanted, String(i)), run)),
      run,
    )
  if (value instanceof RegoSet)
    return RegoSet.of(
      left(
        value.values().map((item) => without(item, lookup(unwanted, item), run)),
        run,
      ),
    )
  const result = new RegoObject()
  for (const [key, item] of entries(value, run)) {
    const rest = without(item, lookup(unwanted, key), run)
    if (rest !== undefined) result.set(key, rest)
  }
  return result
}

function left(items: readonly (Value | undefined)[], run: Run): readonly Value[] {
  run.spend(items.length)
  return items.filter((item) => item !== undefined)
}

/** All paths as one object; null is the end of one, and shorter paths win over longer ones. */
function tree(operands: Operands): RegoObject {
  const root = new RegoObject()
  for (const path of elements(operands, 1)) plant(root, partsOf(path))
  return root
}

function plant(root: RegoObject, path: readonly Value[]): void {
  let node = root
  for (const part of path.slice(0, -1)) {
    const child = node.get(part)
    if (child === null) return
    const next = child instanceof RegoObject ? child : new RegoObject()
    if (child === undefined) node.set(part, next)
    node = next
  }
  const last = path.at(-1)
  if (last !== undefined) node.set(last, null)
}

function partsOf(path: Value): readonly Value[] {
  if (isArray(path)) return path
  if (typeof path !== 'string') {
    throw operandError(1, `must be one of {set, array} containing string paths or array of path segments but got ${kindOf(path)}`)
  }
  if (path === '') return []
  const parts = path.replace(/^\/+/, '').split('/')
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
