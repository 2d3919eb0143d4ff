import { RegoSet } from '../collection.ts'
import { isNumeric, parseSpelled } from '../number.ts'
import { kindOf, type Kind } from '../value.ts'
import { any, array, BuiltinError, type BuiltinFunction, elements, kindError, object, string } from './builtin.ts'

export const isArray = is('array')
export const isBoolean = is('boolean')
export const isNull = is('null')
export const isNumber = is('number')
export const isObject = is('object')
export const isSet = is('set')
export const isString = is('string')

function is(kind: Kind): BuiltinFunction {
  return (operands) => kindOf(any(operands, 0)) === kind
}

export const typeName: BuiltinFunction = (operands) => kindOf(any(operands, 0))

export const toNumber: BuiltinFunction = (operands) => {
  const value = any(operands, 0)
  if (value === null || value === false) return 0
  if (value === true) return 1
  if (isNumeric(value)) return value
  if (typeof value !== 'string') throw kindError(operands, 0, 'null', 'boolean', 'number', 'string')
  const parsed = NUMERAL.test(value) ? parseSpelled(value) : null
  if (parsed === null) throw new BuiltinError(`${JSON.stringify(value.slice(0, 60))} is not a number`)
  return parsed
}
const NUMERAL = /^[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

export const castArray: BuiltinFunction = (operands) => elements(operands, 0, 'array', 'set')
export const castSet: BuiltinFunction = (operands) => RegoSet.of(elements(operands, 0, 'array', 'set'))
export const castString: BuiltinFunction = (operands) => string(operands, 0)
export const castObject: BuiltinFunction = (operands) => object(operands, 0)

export const castBoolean: BuiltinFunction = (operands) => {
  const value = any(operands, 0)
  if (typeof value !== 'boolean') throw kindError(operands, 0, 'boolean')
  return value
}

export const castNull: BuiltinFunction = (operands) => {
  if (any(operands, 0) !== null) throw kindError(operands, 0, 'null')
  return null
}

/** `print` says nothing here: a verdict has no side effects. */
export const print: BuiltinFunction = (operands) => void array(operands, 0)
