import { isGoMap, isGoTime } from '../model/value.ts'
import { CallError } from './fault.ts'
import { isData, typeName, type TemplateData, type TemplateValue } from './functions.ts'
import { quoted } from './quote.ts'

/**
 * `.a.b.c` of a value. `hasArguments`: words stand behind it, which only a method could take.
 *
 * @throws CallError with Go's text
 */
export function fieldsOf(start: TemplateValue, names: readonly string[], hasArguments: boolean): TemplateValue {
  let receiver = start
  names.forEach((name, index) => {
    const isLast = index === names.length - 1
    receiver = fieldOf(name, receiver, isLast && hasArguments, index > 0)
  })
  return receiver
}

/** `isElement`: the receiver was an element of a map, whose type Go only knows as `interface {}`. */
function fieldOf(name: string, receiver: TemplateValue, hasArguments: boolean, isElement: boolean): TemplateValue {
  if (receiver === undefined) throw new CallError(`nil data; no entry for key ${quoted(name)}`)
  if (receiver === null) throw new CallError(`nil pointer evaluating interface {}.${name}`)
  if (isData(receiver)) return dataField(name, receiver, hasArguments)
  if (isGoTime(receiver) || !isGoMap(receiver)) {
    throw new CallError(`can't evaluate field ${name} in type ${isElement ? 'interface {}' : typeName(receiver)}`)
  }
  if (hasArguments) throw new CallError(`${name} is not a method but has arguments`)
  const value = receiver.get(name)
  if (value === undefined) throw new CallError(`map has no entry for key ${quoted(name)}`)
  return value
}

function dataField(name: string, data: TemplateData, hasArguments: boolean): TemplateValue {
  if (name === 'Env') {
    if (hasArguments) throw new CallError('wrong number of args for Env: want 0 got 1')
    return data.env
  }
  if (name !== 'Vars') throw new CallError(`can't evaluate field ${name} in type *goss.TmplVars`)
  if (hasArguments) throw new CallError('Vars has arguments but cannot be invoked as function')
  return data.vars
}
