import type { JsonValue } from '../../core/proof/jcs.ts'

/** Whether two JSON values are the same; quick, and it makes nothing: almost always they are. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item as JsonValue, b[index] as JsonValue | undefined))
  }
  if (!isObject(a) || !isObject(b)) return false
  let members = 0
  for (const key in b) if (Object.hasOwn(b, key)) members++
  for (const key in a) {
    if (!Object.hasOwn(a, key)) continue
    if (!Object.hasOwn(b, key) || !sameJson(a[key], b[key])) return false
    members--
  }
  return members === 0
}

/** Where two JSON values first differ, as a path like `controls.3.verdict`, with both values shortened; null when they are equal. */
export function firstDifference(a: JsonValue | undefined, b: JsonValue | undefined, path: readonly string[] = []): string | null {
  if (a === b) return null
  if (Array.isArray(a) && Array.isArray(b)) {
    const at = a.findIndex((item, index) => firstDifference(item as JsonValue, b[index] as JsonValue | undefined) !== null)
    if (at >= 0) return firstDifference(a[at] as JsonValue, b[at] as JsonValue | undefined, [...path, String(at)])
    return a.length === b.length ? null : say(path, `${a.length} items`, `${b.length} items`)
  }
  if (isObject(a) && isObject(b)) {
    for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
      const found = firstDifference(own(a, key), own(b, key), [...path, key])
      if (found !== null) return found
    }
    return null
  }
  return say(path, show(a), show(b))
}

function say(path: readonly string[], a: string, b: string): string {
  return `${path.join('.') || 'the whole'}: ${a} against ${b}`
}

function show(value: JsonValue | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

function own(value: { readonly [key: string]: JsonValue }, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
