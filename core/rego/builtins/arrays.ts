import { isArray } from '../value.ts'
import { array, type BuiltinFunction, integer } from './builtin.ts'

export const concat: BuiltinFunction = (operands) => [...array(operands, 0), ...array(operands, 1)]

/** From start (included) to stop (excluded), both brought within the array. */
export const slice: BuiltinFunction = (operands) => {
  const [items, start, stop] = [array(operands, 0), integer(operands, 1), integer(operands, 2)]
  return items.slice(Math.max(0, start), Math.max(0, stop))
}

export const reverse: BuiltinFunction = (operands) => array(operands, 0).toReversed()

/** One level. */
export const flatten: BuiltinFunction = (operands, run) =>
  array(operands, 0).flatMap((item) => {
    if (!isArray(item)) return [item]
    run.spend(item.length)
    return item
  })
