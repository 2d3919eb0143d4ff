import { RegoSet } from '../collection.ts'
import { MAX_DEPTH, NestedTooDeep } from '../limits.ts'
import type { Run } from '../machine.ts'
import { isArray, isComposite, isObject, lookup, type PlainObject, type Value } from '../value.ts'
import type { RegoObject } from '../collection.ts'
import { any, type BuiltinFunction, elements, entries, object } from './builtin.ts'

/** `[path, value]` for the value itself and everything in it. */
export const walk: BuiltinFunction = (operands, run) => {
  const found: Value[] = []
  visit([], any(operands, 0), run, found)
  return found
}

function visit(path: readonly Value[], value: Value, run: Run, found: Value[]): void {
  if (path.length > MAX_DEPTH) throw new NestedTooDeep()
  run.spend(1 + path.length)
  found.push([path, value])
  if (!isComposite(value)) return
  if (isArray(value)) for (const [i, item] of value.entries()) visit([...path, i], item, run, found)
  else if (value instanceof RegoSet) for (const item of value.values()) visit([...path, item], item, run, found)
  else for (const [key, item] of entries(value, run)) visit([...path, key], item, run, found)
}

/** All nodes of the graph that can be reached from the first ones, themselves included. */
export const reachable: BuiltinFunction = (operands, run) => {
  const [graph, queue] = [object(operands, 0), [...elements(operands, 1, '{array, set}')]]
  const reached = new RegoSet()
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    run.spend(1)
    const edges = lookup(graph, node)
    if (edges === undefined || reached.has(node)) continue
    reached.add(node)
    for (const neighbour of neighbours(edges)) queue.push(neighbour)
  }
  return reached
}

/** All paths from the first nodes until they end, leave the graph or would go in a circle. */
export const reachablePaths: BuiltinFunction = (operands, run) => {
  const [graph, roots] = [object(operands, 0), elements(operands, 1, '{array, set}')]
  const found = new RegoSet()
  for (const root of roots) {
    const edges = lookup(graph, root)
    if (edges === undefined) continue
    const next = neighbours(edges)
    if (next.length === 0) found.add([root])
    for (const neighbour of next) follow(graph, neighbour, [root], run, found)
  }
  return found
}

function follow(graph: PlainObject | RegoObject, node: Value, path: readonly Value[], run: Run, found: RegoSet): void {
  if (path.length > MAX_DEPTH) throw new NestedTooDeep()
  run.spend(1 + path.length)
  const edges = lookup(graph, node)
  if (edges === undefined) return void found.add(path)
  const longer = [...path, node]
  const next = neighbours(edges)
  if (next.length === 0) found.add(longer)
  const seen = RegoSet.of(longer)
  for (const neighbour of next) {
    if (seen.has(neighbour)) found.add(longer)
    else follow(graph, neighbour, longer, run, found)
  }
}

function neighbours(edges: Value): readonly Value[] {
  if (isArray(edges)) return edges
  return edges instanceof RegoSet && !isObject(edges) ? edges.values() : []
}
