import type { JsonObject } from '../connector.ts'

/** Makes a part of what is read of an event: a function of that event alone, always the same one for the same part. */
export type Make<T> = (event: JsonObject) => T

/** What connectors read an event through, part by part. */
export type Memory = {
  /**
   * What `make` gives for the event; or what it gave for an earlier one that agrees with it in all that `make` looked at. What it gives is
   * shared with other readings: nobody changes it.
   */
  readonly part: <T>(make: Make<T>) => T
  /** Whether equal parts of several events are the same object. */
  readonly isShared: boolean
}

/** Events that lie in bytes, of a form that comes again and again. */
const quick = new WeakMap<object, Memory>()

/** The memory of an event: one that remembers for events of a known form, and one that makes every part anew for all others. */
export function memoryOf(event: JsonObject): Memory {
  return quick.get(event) ?? { part: (make) => make(event), isShared: false }
}

/** Makes {@link memoryOf} answer `memory` for this event. */
export function remember(event: JsonObject, memory: Memory): void {
  quick.set(event, memory)
}
