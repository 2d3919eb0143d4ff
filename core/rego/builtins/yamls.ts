import { any, BuiltinError, type BuiltinFunction, string } from './builtin.ts'
import { room } from './text-limit.ts'
import { readYaml } from './yaml-read.ts'
import { yamlText } from './yaml-write.ts'

/** YAML text of any value; sets as sorted lists. */
export const marshal: BuiltinFunction = (operands, run) => {
  const text = yamlText(any(operands, 0))
  room(run, text.length)
  return text
}

/** The first document of a YAML text. */
export const unmarshal: BuiltinFunction = (operands, run) => {
  const text = string(operands, 0)
  run.spend(text.length)
  return readYaml(text)
}

/** Whether `unmarshal` would have no error; false for what is no text. */
export const isValid: BuiltinFunction = (operands, run) => {
  const text = any(operands, 0)
  if (typeof text !== 'string') return false
  run.spend(text.length)
  try {
    readYaml(text)
    return true
  } catch (cause) {
    if (cause instanceof BuiltinError) return false
    throw cause
  }
}
