import { RegoSet } from '../collection.ts'
import { type BuiltinFunction, kindError, set } from './builtin.ts'

export const and: BuiltinFunction = (operands) => intersected(set(operands, 0), set(operands, 1))
export const or: BuiltinFunction = (operands) => RegoSet.of([...set(operands, 0).values(), ...set(operands, 1).values()])

export const difference: BuiltinFunction = (operands) => {
  const [a, b] = [set(operands, 0), set(operands, 1)]
  return RegoSet.of(a.values().filter((value) => !b.has(value)))
}

/** Of a set of sets; of none, the empty set. */
export const intersection: BuiltinFunction = (operands, run) => {
  let result: RegoSet | null = null
  for (const item of setsIn(set(operands, 0))) {
    run.spend(item.size)
    result = result ? intersected(result, item) : item
  }
  return result ?? new RegoSet()
}

export const union: BuiltinFunction = (operands, run) => {
  const result = new RegoSet()
  for (const item of setsIn(set(operands, 0))) {
    run.spend(item.size)
    for (const value of item.values()) result.add(value)
  }
  return result
}

function setsIn(outer: RegoSet): readonly RegoSet[] {
  return outer.values().map((item) => {
    if (!(item instanceof RegoSet)) throw kindError([item], 0, 'set')
    return item
  })
}

function intersected(a: RegoSet, b: RegoSet): RegoSet {
  return RegoSet.of(a.values().filter((value) => b.has(value)))
}
