import type { JsonObject } from '../connector.ts'
import type { Parse } from './parse.ts'

/** Log shippers and message buses wrap the sensor's line; more than three layers nobody has seen. */
const MAX_LAYERS = 3
/** Fluent Bit, Docker (`log`), syslog and journald (`MESSAGE`), Tracee's forward output (`event`), OpenTelemetry (`body`), CloudEvents (`data`). */
const fields = ['log', 'message', 'event', 'MESSAGE', 'body', 'data'] as const

/** What an event carries inside of such a field, as an object or as JSON text, outermost first. */
export function* unwrapped(event: JsonObject, parse: Parse): Generator<JsonObject> {
  let layer: readonly JsonObject[] = [event]
  for (let depth = 0; depth < MAX_LAYERS; depth++) {
    layer = layer.flatMap((outer) => contents(outer, parse))
    yield* layer
  }
}

function contents(outer: JsonObject, parse: Parse): readonly JsonObject[] {
  return fields.flatMap((field) => {
    const value: unknown = outer[field]
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [value as JsonObject]
    if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return []
    const parsed = parse.text(value)
    return typeof parsed === 'string' ? [] : [parsed]
  })
}
