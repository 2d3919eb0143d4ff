import { compare, equal as same } from '../compare.ts'
import { any, type BuiltinFunction } from './builtin.ts'

export const equal: BuiltinFunction = (operands, run) => same(any(operands, 0), any(operands, 1), run)
export const neq: BuiltinFunction = (operands, run) => !same(any(operands, 0), any(operands, 1), run)
export const lt: BuiltinFunction = (operands, run) => compare(any(operands, 0), any(operands, 1), run) < 0
export const lte: BuiltinFunction = (operands, run) => compare(any(operands, 0), any(operands, 1), run) <= 0
export const gt: BuiltinFunction = (operands, run) => compare(any(operands, 0), any(operands, 1), run) > 0
export const gte: BuiltinFunction = (operands, run) => compare(any(operands, 0), any(operands, 1), run) >= 0
