import { typedAs, type GoValue } from '../model/value.ts'
import { CallError } from './fault.ts'
import { isData, type TemplateData, type TemplateValue } from './functions.ts'
import { limits } from './limits.ts'
import { printV } from './print.ts'

/** The text of a value where it is printed. */
export function printed(value: TemplateValue): string {
  if (value === undefined || value === null) return '<no value>'
  return isData(value) ? `{${printV(value.vars)}}` : printV(value)
}

/** Functions see the data as a map; Go would hand them a pointer, of which they could only print the address. */
export function dataAsMap(value: TemplateData | undefined): GoValue {
  return value === undefined ? null : typedAs(new Map<string, GoValue>([['Vars', value.vars]]), '*goss.TmplVars')
}

/** What a function answered, unless it is too long to go on with. @throws CallError */
export function limited(value: TemplateValue): TemplateValue {
  if (typeof value === 'string' && value.length > limits.outputCharacters) throw new CallError('the result is too long')
  if (Array.isArray(value) && value.length > limits.listLength) throw new CallError('the result is too long')
  return value
}
