import type { JsonObject } from '../connector.ts'
import { decodeUtf8, type Parse } from './parse.ts'

/** Log shippers and message buses wrap the sensor's line; more than three layers nobody has seen. */
const MAX_LAYERS = 3
/** Fluent Bit, Docker (`log`), syslog and journald (`MESSAGE`), Tracee's forward output (`event`), OpenTelemetry (`body`), CloudEvents (`data`). */
const fields = ['log', 'message', 'event', 'MESSAGE', 'body', 'data'] as const
/** CloudEvents that carry the event as bytes. */
const BASE64_FIELD = 'data_base64'

/** What an event carries inside of such a field, as an object or as JSON text, outermost first. */
export function* unwrapped(event: JsonObject, parse: Parse): Generator<JsonObject> {
  let layer: readonly JsonObject[] = [event]
  for (let depth = 0; depth < MAX_LAYERS; depth++) {
    layer = layer.flatMap((outer) => contents(outer, parse))
    yield* layer
  }
}

/** What an event carries in such a field that is text and no JSON, outermost first. */
export function* textsIn(event: JsonObject, parse: Parse): Generator<string> {
  yield* plainTexts(event)
  let depth = 1
  for (const inner of unwrapped(event, parse)) if (depth++ < MAX_TEXTS) yield* plainTexts(inner)
}

/** Objects that are searched for text: each has six fields for it, and each is searched by every sensor. */
const MAX_TEXTS = 64

function plainTexts(outer: JsonObject): readonly string[] {
  return fields.flatMap((field) => {
    const value: unknown = outer[field]
    return typeof value === 'string' && !isJson(value) ? [value.trim()] : []
  })
}

function contents(outer: JsonObject, parse: Parse): readonly JsonObject[] {
  const found = fields.flatMap((field) => contentOf(outer[field], parse))
  const bytes: unknown = outer[BASE64_FIELD]
  return typeof bytes === 'string' ? [...found, ...contentOf(decoded(bytes) ?? undefined, parse)] : found
}

function contentOf(value: unknown, parse: Parse): readonly JsonObject[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [value as JsonObject]
  if (typeof value !== 'string' || !isJson(value)) return []
  const parsed = parse.text(value)
  return typeof parsed === 'string' ? [] : [parsed]
}

function isJson(text: string): boolean {
  return text.trimStart().startsWith('{')
}

function decoded(base64: string): string | null {
  try {
    return decodeUtf8(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)))
  } catch {
    return null
  }
}
