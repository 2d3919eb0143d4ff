/**
 * A value as Go decodes it: gossfiles mean what Go's types make of them, so `1` and `1.0` differ here. `bigint` is Go's int, `number` its
 * float64; maps keep the order in which they were written (printing sorts where Go sorts).
 */
export type GoValue = null | boolean | bigint | number | string | GoTime | readonly GoValue[] | GoMap
export type GoMap = ReadonlyMap<string, GoValue>

/** A YAML timestamp. `text` as it was written. */
export type GoTime = { readonly kind: 'time'; readonly text: string; readonly unixNanos: bigint }

export function isGoTime(value: GoValue): value is GoTime {
  return typeof value === 'object' && value !== null && 'kind' in value
}

export function isGoMap(value: GoValue): value is GoMap {
  return value instanceof Map
}

export function isGoList(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value)
}

/** Lists and maps that Go would hold with a narrower type than `[]interface {}` and `map[string]interface {}`: `[]string` of a split. */
const narrowTypes = new WeakMap<object, string>()

/** Says which type Go gives to this very list or map; it shows in `%T`, `%#v` and template errors alone. */
export function typedAs<T extends readonly GoValue[] | GoMap>(value: T, type: string): T {
  narrowTypes.set(value, type)
  return value
}

/** The name of the type that Go gives to the value, as `%T` prints it. */
export function goTypeOf(value: GoValue): string {
  if (value === null) return '<nil>'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float64'
  if (typeof value === 'string') return 'string'
  if (isGoTime(value)) return 'time.Time'
  return narrowTypes.get(value) ?? (isGoMap(value) ? 'map[string]interface {}' : '[]interface {}')
}

/** Keys of a `map[interface {}]interface {}` that are no text: by their printed form. */
const originalKeys = new WeakMap<object, ReadonlyMap<string, GoValue>>()

/** Remembers what the keys of a map were before they became text. */
export function withKeys<T extends GoMap>(map: T, keys: ReadonlyMap<string, GoValue>): T {
  originalKeys.set(map, keys)
  return map
}

/** The key as it was decoded: `1` is a number where YAML says so. */
export function decodedKey(map: GoMap, key: string): GoValue {
  const keys = originalKeys.get(map)
  return keys?.has(key) === true ? (keys.get(key) ?? null) : key
}
