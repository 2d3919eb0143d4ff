import { decodedKey, goTypeOf, isGoMap, type GoMap, type GoValue } from '../model/value.ts'
import { CallError } from './fault.ts'
import { fixed, isTrue, variadic, type Functions } from './functions.ts'
import { compareBytes, printV, sprint, sprintln } from './print.ts'
import { sprintf } from './printf.ts'
import { isPrintable } from './quote.ts'

/** The functions that every Go template has. `and`, `or` and `call` are run by the executor. */
export const builtins: Functions = new Map([
  ['and', variadic('value', 'value', ([first = null]) => first)],
  ['or', variadic('value', 'value', ([first = null]) => first)],
  ['not', fixed('value', ([value]) => !isTrue(value))],
  ['call', variadic('value', 'value', ([value = null]) => value)],
  ['len', fixed('value', ([value = null]) => BigInt(lengthOf(value)))],
  ['index', variadic('value', 'value', ([item = null, ...keys]) => keys.reduce<GoValue>(indexed, keyable(item)))],
  ['print', variadic('', 'any', sprint)],
  ['println', variadic('', 'any', sprintln)],
  ['printf', variadic('string', 'any', ([format, ...values]) => sprintf(format as string, values))],
  ['html', variadic('', 'any', (values) => escapeHtml(textOf(values)))],
  ['js', variadic('', 'any', (values) => escapeJs(textOf(values)))],
  ['urlquery', variadic('', 'any', (values) => escapeQuery(textOf(values)))],
  ['eq', variadic('value', 'value', ([first = null, ...others]) => equalsAny(first, others))],
  ['ne', fixed('value value', ([a = null, b = null]) => !equalsAny(a, [b]))],
  ['lt', fixed('value value', ([a = null, b = null]) => isLess(a, b))],
  ['le', fixed('value value', ([a = null, b = null]) => isLess(a, b) || equalsAny(a, [b]))],
  ['gt', fixed('value value', ([a = null, b = null]) => !isLess(a, b) && !equalsAny(a, [b]))],
  ['ge', fixed('value value', ([a = null, b = null]) => !isLess(a, b))],
])

/** Bytes of a text, items of a list, entries of a map. */
function lengthOf(value: GoValue): number {
  if (value === null) throw new CallError('len of nil pointer')
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  if (isGoMap(value)) return value.size
  throw new CallError(`len of type ${goTypeOf(value)}`)
}

function keyable(item: GoValue): GoValue {
  if (item === null) throw new CallError('index of untyped nil')
  return item
}

function indexed(item: GoValue, key: GoValue): GoValue {
  if (item === null) throw new CallError('index of nil pointer')
  if (typeof item === 'string') {
    const bytes = Buffer.from(item)
    return BigInt(bytes[indexOf(key, bytes.length, bytes.length - 1)] ?? 0)
  }
  if (Array.isArray(item)) return (item as readonly GoValue[])[indexOf(key, item.length, item.length - 1)] ?? null
  if (isGoMap(item)) return entryOf(item, key)
  throw new CallError(`can't index item of type ${goTypeOf(item)}`)
}

function entryOf(map: GoMap, key: GoValue): GoValue {
  const type = goTypeOf(map)
  if (type === 'map[interface {}]interface {}') {
    const found = map.get(typeof key === 'string' ? key : printV(key))
    const name = typeof key === 'string' ? key : printV(key)
    return found !== undefined && typeof decodedKey(map, name) === typeof key ? found : null
  }
  if (key === null) throw new CallError('value is nil; should be of type string')
  if (typeof key !== 'string') throw new CallError(`value has type ${goTypeOf(key)}; should be string`)
  return map.get(key) ?? (type === 'map[string]string' ? '' : null)
}

function indexOf(key: GoValue, length: number, last: number): number {
  if (key === null) throw new CallError('cannot index slice/array with nil')
  if (typeof key !== 'bigint') throw new CallError(`cannot index slice/array with type ${goTypeOf(key)}`)
  if (key < 0n || key > BigInt(length)) throw new CallError(`index out of range: ${key}`)
  if (key > BigInt(last)) throw new CallError(`reflect: slice index out of range`)
  return Number(key)
}

type Kind = 'bool' | 'int' | 'float' | 'string' | 'other' | 'nil'

function kindOf(value: GoValue): Kind {
  if (value === null) return 'nil'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float'
  return typeof value === 'string' ? 'string' : 'other'
}

function equalsAny(first: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new CallError('missing argument for comparison')
  return others.some((other) => equals(first, other))
}

function equals(a: GoValue, b: GoValue): boolean {
  const [left, right] = [kindOf(a), kindOf(b)]
  if (left === 'nil' || right === 'nil') return left === right
  if (left !== right) throw new CallError(`incompatible types for comparison: ${goTypeOf(a)} and ${goTypeOf(b)}`)
  if (left !== 'other') return a === b
  if (isGoMap(a) !== isGoMap(b)) {
    throw new CallError(`non-comparable types ${printV(a)}: ${goTypeOf(a)}, ${goTypeOf(b)}: ${printV(b)}`)
  }
  throw new CallError(`non-comparable type ${printV(b)}: ${goTypeOf(b)}`)
}

function isLess(a: GoValue, b: GoValue): boolean {
  const [left, right] = [kindOf(a), kindOf(b)]
  if ([left, right].some((kind) => kind === 'other' || kind === 'nil')) throw new CallError('invalid type for comparison')
  if (left !== right) throw new CallError(`incompatible types for comparison: ${goTypeOf(a)} and ${goTypeOf(b)}`)
  if (left === 'bool') throw new CallError('invalid type for comparison')
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b) < 0
  return (a as bigint | number) < (b as bigint | number)
}

function textOf(values: readonly GoValue[]): string {
  const [only] = values
  if (values.length === 1 && typeof only === 'string') return only
  return sprint(values.map((value) => value ?? '<no value>'))
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

function escapeHtml(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\0"'&<>]/g, (character) => htmlEscapes[character] ?? character)
}

const jsEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' }

function escapeJs(text: string): string {
  let out = ''
  for (const character of text) out += jsEscapes[character] ?? jsCharacter(character)
  return out
}

function jsCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const isSpecial = code < 0x20 || '<>&='.includes(character) || (code >= 0x80 && !isPrintable(character))
  return isSpecial ? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}` : character
}

/** Go's `url.QueryEscape`: a space is `+`. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
