import { goTypeOf, isGoList, isGoMap, type GoValue } from '../../model/value.ts'
import { JsonDecoder } from '../../load/json-decoder.ts'
import { readJson } from '../../load/json.ts'
import { goJson, UnsupportedValue } from '../../output/go-json.ts'
import { CallError } from '../fault.ts'
import { fixed, isTrue, variadic, type TemplateFunction } from '../functions.ts'
import { asText, kindOf } from './cast.ts'

export const defaultFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['default', variadic('any', 'any', ([fallback = null, value]) => (isTrue(value) ? value : fallback))],
  ['empty', fixed('any', ([value]) => !isTrue(value))],
  ['coalesce', variadic('', 'any', (values) => values.find(isTrue) ?? null)],
  ['all', variadic('', 'any', (values) => values.every(isTrue))],
  ['any', variadic('', 'any', (values) => values.some(isTrue))],
  ['ternary', fixed('any any bool', ([yes = null, no = null, condition]) => (condition === true ? yes : no))],
  ['fromJson', fixed('string', ([text]) => fromJson(asText(text), false))],
  ['mustFromJson', fixed('string', ([text]) => fromJson(asText(text), true))],
  ['toJson', fixed('any', ([value = null]) => toJson(value, { escapes: true }, false))],
  ['mustToJson', fixed('any', ([value = null]) => toJson(value, { escapes: true }, true))],
  ['toPrettyJson', fixed('any', ([value = null]) => toJson(value, { escapes: true, indent: '  ' }, false))],
  ['mustToPrettyJson', fixed('any', ([value = null]) => toJson(value, { escapes: true, indent: '  ' }, true))],
  ['toRawJson', fixed('any', ([value = null]) => toJson(value, { escapes: false }, true))],
  ['mustToRawJson', fixed('any', ([value = null]) => toJson(value, { escapes: false }, true))],
  ['typeOf', fixed('any', ([value = null]) => goTypeOf(value))],
  ['typeIs', fixed('string any', ([name = '', value = null]) => name === goTypeOf(value))],
  ['typeIsLike', fixed('string any', ([name, value = null]) => [name, `*${asText(name)}`].includes(goTypeOf(value)))],
  ['kindOf', fixed('any', ([value = null]) => kindOf(value))],
  ['kindIs', fixed('string any', ([name = '', value = null]) => name === kindOf(value))],
]

function fromJson(text: string, must: boolean): GoValue {
  try {
    return new JsonDecoder('').any(readJson(text, ''))
  } catch (error) {
    if (must) throw new CallError((error as Error).message, { cause: error })
    return null
  }
}

function toJson(value: GoValue, style: Parameters<typeof goJson>[1], must: boolean): string {
  try {
    if (hasOtherKeys(value)) throw new UnsupportedValue('json: unsupported type: map[interface {}]interface {}')
    return goJson(value, style)
  } catch (error) {
    if (!(error instanceof UnsupportedValue)) throw error
    if (must) throw new CallError(error.message, { cause: error })
    return ''
  }
}

/** A map whose keys are not all text has no JSON in Go. */
function hasOtherKeys(value: GoValue): boolean {
  if (isGoList(value)) return value.some(hasOtherKeys)
  if (!isGoMap(value)) return false
  return goTypeOf(value) === 'map[interface {}]interface {}' || [...value.values()].some(hasOtherKeys)
}
