import type { JsonObject } from '../connector.ts'
import { textsIn, unwrapped } from './envelope.ts'
import type { ReadableConnector } from './event-reader.ts'
import { lineHeader, type LineHeader } from './line-header.ts'
import { bodiesOf, isBatch } from './otlp.ts'
import { decodeUtf8, type Parse } from './parse.ts'
import { textMalformed, type TextRead } from './text-form.ts'

/** What is left for an event that came neither bare nor in an envelope. */
export type OtherForms = {
  /** An object that nobody recognises: a batch of logs, one event per record, or one event. `raw` is what its digest is over. */
  readonly ofObject: (event: JsonObject, raw: Uint8Array) => readonly (TextRead & { readonly raw: Uint8Array })[]
  /** A line that is no JSON. */
  readonly ofLine: (raw: Uint8Array) => TextRead
}

export type OtherFormsOptions = {
  readonly known: readonly ReadableConnector[]
  /** Whose the events are said to be. */
  readonly sensor: string | null
  readonly parse: Parse
  /** Reads an event that a connector recognises, also in an envelope; null: none does. */
  readonly recognised: (event: JsonObject) => TextRead | null
  /** Reads an event that none recognises. */
  readonly unknown: (event: JsonObject) => TextRead
}

const utf8 = new TextEncoder()

/** Reads what sensors write for people, what log daemons put in front of a line, and batches of logs. */
export function createOtherForms({ known, sensor, parse, recognised, unknown }: OtherFormsOptions): OtherForms {
  /** A line for people, bare or behind the words of a log daemon, which may date it; null when no sensor writes such. */
  const textRead = (text: string, header: LineHeader | null): TextRead | null =>
    formRead(text, null, known) ?? (header && formRead(header.rest, header, known))

  /** An object that is no batch: it may still carry a line that its sensor wrote for people. */
  const objectRead = (event: JsonObject): TextRead => {
    for (const text of textsIn(event, parse)) {
      const read = textRead(text, lineHeader(text))
      if (read) return read
    }
    return unknown(event)
  }

  const jsonRead = (source: string): TextRead => {
    const parsed = parse.text(source)
    if (typeof parsed === 'string') return malformed(sensor, parsed)
    return recognised(parsed) ?? objectRead(parsed)
  }

  /** A record of a batch of logs. A batch within is none: nobody sends such. */
  const bodyRead = (body: string | null): TextRead => {
    if (body === null) return malformed(sensor, 'unknown_shape')
    const header = lineHeader(body)
    if (isObject(body)) return jsonRead(body)
    if (header && isObject(header.rest)) return jsonRead(header.rest)
    return textRead(body.trim(), header) ?? malformed(sensor, 'not_json')
  }

  return {
    ofObject(event, raw) {
      const batch = batchIn(event, parse)
      if (batch === null) return [{ raw, ...objectRead(event) }]
      const bodies = bodiesOf(batch)
      if (bodies === null || bodies.length === 0)
        return [{ raw, ...malformed(sensor, bodies === null ? 'too_many' : 'unknown_shape') }]
      return bodies.map((body) => ({ raw: body === null ? raw : utf8.encode(body), ...bodyRead(body) }))
    },
    ofLine(raw) {
      const text = decodeUtf8(raw)
      if (text === null) return malformed(sensor, 'invalid_utf8')
      const header = lineHeader(text)
      if (header && isObject(header.rest)) return jsonRead(header.rest)
      const read = textRead(text, header)
      if (read) return read
      return malformed(sensor, parse.text(text) === 'not_object' ? 'not_object' : 'not_json')
    },
  }
}

function formRead(text: string, header: LineHeader | null, known: readonly ReadableConnector[]): TextRead | null {
  const [firstLine = ''] = text.split('\n', 1)
  for (const { sensor, text: form } of known) {
    const kind = form?.kindOf(firstLine) ?? null
    if (!form || kind === null) continue
    // A block that somebody put into one text is read; of one whose lines were dated one by one nothing is known but the line.
    return kind === 'refused' || (header !== null && kind !== 'event') ? textMalformed(sensor) : form.read(text, header)
  }
  return null
}

function batchIn(event: JsonObject, parse: Parse): JsonObject | null {
  if (isBatch(event)) return event
  for (const inner of unwrapped(event, parse)) if (isBatch(inner)) return inner
  return null
}

function isObject(text: string): boolean {
  return text.trimStart().startsWith('{')
}

function malformed(sensor: string | null, reason: string): TextRead {
  return { reading: { class: 'malformed', sensor, reason }, event: null }
}
