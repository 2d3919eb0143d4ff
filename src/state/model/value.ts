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
