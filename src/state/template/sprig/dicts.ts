import { isGoMap, typedAs, type GoMap, type GoValue } from '../../model/value.ts'
import { CallError } from '../fault.ts'
import { fixed, isTrue, variadic, type TemplateFunction } from '../functions.ts'
import { compareBytes } from '../print.ts'
import { asText, kindOf, toText } from './cast.ts'

/** Go ranges over maps in no order; where sprig lets that show (`keys`, `values`), ours are sorted by key. */
export const dictFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['dict', variadic('', 'any', dict)],
  ['get', fixed('map string', ([map, key]) => asMap(map).get(asText(key)) ?? (asMap(map).has(asText(key)) ? null : ''))],
  ['set', fixed('map string any', ([map, key, value = null]) => asMap(map).set(asText(key), value))],
  [
    'unset',
    fixed('map string', ([map, key]) => {
      asMap(map).delete(asText(key))
      return asMap(map)
    }),
  ],
  ['hasKey', fixed('map string', ([map, key]) => asMap(map).has(asText(key)))],
  ['pluck', variadic('string', 'map[string]interface {}', ([key, ...maps]) => pluck(asText(key), maps))],
  [
    'keys',
    variadic('', 'map[string]interface {}', (maps) =>
      typedAs(
        maps.flatMap((map) => sortedKeys(asMap(map))),
        '[]string',
      ),
    ),
  ],
  ['values', fixed('map', ([map]) => sortedKeys(asMap(map)).map((key) => asMap(map).get(key) ?? null))],
  ['pick', variadic('map', 'string', ([map, ...keys]) => filtered(asMap(map), (key) => keys.includes(key)))],
  ['omit', variadic('map', 'string', ([map, ...keys]) => filtered(asMap(map), (key) => !keys.includes(key)))],
  ['merge', merging(false)],
  ['mustMerge', merging(false)],
  ['mergeOverwrite', merging(true)],
  ['mustMergeOverwrite', merging(true)],
  ['dig', variadic('', 'any', dig)],
  ['deepCopy', fixed('any', ([value = null]) => deepCopy(value))],
  ['mustDeepCopy', fixed('any', ([value = null]) => deepCopy(value))],
]

/** A nil map is an empty one to Go. */
function asMap(value: GoValue | undefined): Map<string, GoValue> {
  return value === null || value === undefined ? new Map() : (value as Map<string, GoValue>)
}

function dict(values: readonly GoValue[]): GoMap {
  const map = new Map<string, GoValue>()
  for (let at = 0; at < values.length; at += 2) {
    map.set(toText(values[at] ?? null), at + 1 < values.length ? (values[at + 1] ?? null) : '')
  }
  return map
}

function pluck(key: string, maps: readonly GoValue[]): GoValue {
  return maps.filter((map) => asMap(map).has(key)).map((map) => asMap(map).get(key) ?? null)
}

function sortedKeys(map: GoMap): readonly string[] {
  return [...map.keys()].toSorted(compareBytes)
}

function filtered(map: GoMap, keeps: (key: string) => boolean): GoMap {
  return new Map([...map].filter(([key]) => keeps(key)))
}

/** Into the first map, which is changed: earlier values win, or later ones where `overwrites`; maps are merged deeply. */
function merging(overwrites: boolean): TemplateFunction {
  return variadic('map', 'map[string]interface {}', ([target, ...sources]) => {
    for (const source of sources) mergeInto(asMap(target), asMap(source), overwrites)
    return asMap(target)
  })
}

function mergeInto(target: Map<string, GoValue>, source: GoMap, overwrites: boolean): void {
  for (const [key, value] of source) {
    const before = target.get(key) ?? null
    if (isGoMap(before) && isGoMap(value)) mergeInto(before as Map<string, GoValue>, value, overwrites)
    else if (overwrites ? isTrue(value) || !target.has(key) : !isTrue(before)) target.set(key, value)
  }
}

function dig(values: readonly GoValue[]): GoValue {
  if (values.length < 3) throw new CallError('dig needs at least three arguments')
  const keys = values.slice(0, -2)
  let map = values.at(-1) ?? null
  for (const [at, key] of keys.entries()) {
    if (typeof key !== 'string') throw conversion(key, 'string')
    if (!isGoMap(map)) throw conversion(map, 'map[string]interface {}')
    if (!map.has(key)) return values.at(-2) ?? null
    const value: GoValue = map.get(key) ?? null
    if (at === keys.length - 1) return value
    map = value
  }
  return null
}

function conversion(value: GoValue, wanted: string): CallError {
  return new CallError(`interface conversion: interface {} is ${value === null ? 'nil' : kindOf(value)}, not ${wanted}`)
}

function deepCopy(value: GoValue): GoValue {
  if (Array.isArray(value)) return value.map(deepCopy)
  return isGoMap(value) ? new Map([...value].map(([key, item]) => [key, deepCopy(item)])) : value
}
