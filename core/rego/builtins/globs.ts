import type { Run } from '../machine.ts'
import {
  any,
  array,
  BuiltinError,
  type BuiltinFunction,
  elementError,
  kindError,
  operandError,
  type Operands,
  string,
} from './builtin.ts'
import { compileGlob, GlobError } from './glob-pattern.ts'
import { codePoints } from './letters.ts'

/** `glob.match(pattern, delimiters, text)`: no delimiters given means `.`, null means none at all. */
export const match: BuiltinFunction = (operands, run) => {
  const [pattern, delimiters, text] = [string(operands, 0), delimitersOf(operands), string(operands, 2)]
  const glob = run.once('glob', `${delimiters}\n${pattern}`, () => compiled(pattern, delimiters))
  return glob(text, run)
}

export const quoteMeta: BuiltinFunction = (operands) => string(operands, 0).replaceAll(/[*?\\[\]{}]/g, '\\$&')

function compiled(pattern: string, delimiters: string): (text: string, run: Run) => boolean {
  try {
    return compileGlob(pattern, delimiters)
  } catch (cause) {
    throw cause instanceof GlobError ? new BuiltinError(cause.message, { cause }) : cause
  }
}

function delimitersOf(operands: Operands): string {
  const value = any(operands, 1)
  if (value === null) return ''
  if (!Array.isArray(value)) throw kindError(operands, 1, 'array', 'null')
  const delimiters = array(operands, 1).map((delimiter) => {
    if (typeof delimiter !== 'string') throw elementError(1, 'array', delimiter, 'string')
    if (codePoints(delimiter).length !== 1) throw operandError(1, 'must be array of single characters')
    return delimiter
  })
  return delimiters.length === 0 ? '.' : delimiters.join('')
}
