import { RunproofError } from '../../../core/model/errors.ts'
import type { Connector, JsonObject, Reading } from '../connector.ts'
import { unwrapped } from './envelope.ts'
import { createFrames, type Frames } from './frames.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { createParse, decodeUtf8, type Parse } from './parse.ts'

/** A connector and what the reader may do for it before it sees an event. */
export type ReadableConnector = Connector & {
  /** Keys of integers beyond 2^53 that it reads; it gets them as BigInt. */
  readonly exactIntegers?: readonly string[]
  /** Recognises the sensor's output for people, which is no JSON, so that the reason can say what is wrong. */
  readonly isText?: (line: string) => boolean
}

/** One event of the input. `raw` are its exact bytes, valid during the call: copy them to keep them. */
export type ReadEvent = {
  /** First line, from 1. */
  readonly line: number
  readonly raw: Uint8Array
  readonly reading: Reading
  /** The sensor's event, out of its envelopes; null when malformed. */
  readonly event: JsonObject | null
}

export type EventReaderOptions = {
  /** `auto`: each event is read by the connector that recognises it. A name: by that one, whatever it looks like. */
  readonly sensor: string
  readonly connectors: readonly ReadableConnector[]
  readonly onEvent: (event: ReadEvent) => void
  readonly limits?: Limits
}

/**
 * Reads events from bytes that come in any portions: NDJSON, JSON arrays, values printed over many lines or one after the other.
 * Synchronous; holds at most one event beside the portion. Every event leads to exactly one call of `onEvent`, malformed ones too.
 * @throws RunproofError `usage` for a sensor that no connector knows
 */
export function createEventReader({ sensor, connectors, onEvent, limits = defaultLimits }: EventReaderOptions): Frames {
  const known = sensor === 'auto' ? connectors : connectors.filter((connector) => connector.sensor === sensor)
  if (known.length === 0) {
    const names = connectors.map((connector) => connector.sensor).join(', ')
    throw new RunproofError('usage', `there is no sensor ${JSON.stringify(sensor)}; known are auto, ${names}`)
  }
  const parse = createParse(
    limits,
    known.flatMap((connector) => connector.exactIntegers ?? []),
  )
  const forced = sensor === 'auto' ? null : (known[0] ?? null)
  const emit = (line: number, raw: Uint8Array, parsed: JsonObject | string): void => {
    if (typeof parsed === 'string') onEvent({ line, raw, reading: malformed(forced?.sensor ?? null, parsed), event: null })
    else onEvent({ line, raw, ...readEvent(parsed, known, forced, parse) })
  }
  return createFrames(
    {
      whole(raw, line, text) {
        const parsed = text === null ? parse.bytes(raw) : parse.text(text)
        // These two may be more than one value, or the start of a longer one. Of two faults in one event the one that is found first
        // must not depend on how its bytes were divided: the byte by byte look decides.
        if (parsed === 'invalid_json' || parsed === 'invalid_utf8' || parsed === 'duplicate_key') return false
        emit(line, raw, parsed)
        return true
      },
      element: (raw, line) => emit(line, raw, parse.bytes(raw)),
      broken: (raw, line, reason) => emit(line, raw, reason),
      text(raw, line) {
        const speaker = speakerOf(raw, known)
        if (speaker === null) emit(line, raw, textReason(raw, parse))
        else onEvent({ line, raw, reading: malformed(speaker, 'text_form'), event: null })
      },
    },
    limits,
  )
}

type Read = Pick<ReadEvent, 'reading' | 'event'>

function readEvent(event: JsonObject, known: readonly ReadableConnector[], forced: ReadableConnector | null, parse: Parse): Read {
  const found = recognise(event, known, parse)
  if (found) return readBy(found.connector, found.event)
  return forced ? readBy(forced, event) : { reading: malformed(null, 'unknown_shape'), event: null }
}

function readBy(connector: ReadableConnector, event: JsonObject): Read {
  const reading = connector.read(event)
  return { reading, event: reading.class === 'malformed' ? null : event }
}

type Found = { readonly connector: ReadableConnector; readonly event: JsonObject }

function recognise(event: JsonObject, known: readonly ReadableConnector[], parse: Parse): Found | null {
  for (const connector of known) if (connector.recognises(event)) return { connector, event }
  for (const inner of unwrapped(event, parse)) {
    for (const connector of known) if (connector.recognises(inner)) return { connector, event: inner }
  }
  return null
}

function malformed(sensor: string | null, reason: string): Reading {
  return { class: 'malformed', sensor, reason }
}

function speakerOf(raw: Uint8Array, known: readonly ReadableConnector[]): string | null {
  if (!known.some((connector) => connector.isText)) return null
  const line = decodeUtf8(raw)
  return line === null ? null : (known.find((connector) => connector.isText?.(line))?.sensor ?? null)
}

function textReason(raw: Uint8Array, parse: Parse): string {
  const parsed = parse.bytes(raw)
  return parsed === 'invalid_utf8' || parsed === 'not_object' ? parsed : 'not_json'
}
