import type { JsonObject } from '../connector.ts'

/** Objects whose texts lie in bytes and can be looked at without making them. */
const quick = new WeakMap<object, Look>()

/** Whether the member of that name, or with null any of them, is a text that ends so. */
type Look = (ending: string, key: string | null) => boolean

/**
 * Whether one of the object's own members, or the one named `key`, is a text that ends so. `ending` is ASCII without quotes and
 * backslashes. Asking costs next to nothing, however long the text is.
 */
export function hasTextEnding(object: JsonObject, ending: string, key: string | null = null): boolean {
  const look = quick.get(object)
  if (look !== undefined) return look(ending, key)
  if (key === null) return Object.values(object).some((value) => endsSo(value, ending))
  return Object.hasOwn(object, key) && endsSo(object[key], ending)
}

function endsSo(value: JsonObject[string] | undefined, ending: string): boolean {
  return typeof value === 'string' && value.endsWith(ending)
}

/** Makes {@link hasTextEnding} ask `look` about this object. */
export function lookAtTexts(object: object, look: Look): void {
  quick.set(object, look)
}
