import type { JsonObject } from '../connector.ts'

/** Objects whose texts lie in bytes and can be looked at without making them. */
const quick = new WeakMap<object, (ending: string) => boolean>()

/** Whether one of the object's own members is a text that ends so. `ending` is ASCII without quotes and backslashes. */
export function hasTextEnding(object: JsonObject, ending: string): boolean {
  const look = quick.get(object)
  if (look !== undefined) return look(ending)
  return Object.values(object).some((value) => typeof value === 'string' && value.endsWith(ending))
}

/** Makes {@link hasTextEnding} ask `look` about this object. */
export function lookAtTexts(object: object, look: (ending: string) => boolean): void {
  quick.set(object, look)
}
