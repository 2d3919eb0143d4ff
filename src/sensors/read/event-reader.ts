import { RunproofError } from '../../../core/model/errors.ts'
import type { Connector, JsonObject, Reading } from '../connector.ts'
import { unwrapped } from './envelope.ts'
import { createFrames, type Frames } from './frames.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { createOtherForms } from './other-forms.ts'
import { createParse, decodeUtf8, type Parse } from './parse.ts'
import { QuickReader } from './quick-reader.ts'
import { TextBlocks } from './text-blocks.ts'
import { nothingGiven, type Given, type JsonReport, type ReportRead, type ReportWrapper, type XmlReport } from './report.ts'
import type { TextForm } from './text-form.ts'
import { xmlOr, xmlReports } from './xml-reports.ts'

/** A connector and what the reader may do for it before it sees an event. */
export type ReadableConnector = Connector & {
  /** Keys of integers beyond 2^53 that it reads; it gets them as BigInt. */
  readonly exactIntegers?: readonly string[]
  /** Knows the sensor's output for people, which is no JSON. */
  readonly text?: TextForm
  /** Reads documents with many results, instead of events. */
  readonly report?: JsonReport
  readonly xml?: XmlReport
  /** Knows the record in which such a document travels. */
  readonly wrapper?: ReportWrapper
}

/**
 * One event of the input. `raw` are its exact bytes, valid during the call: copy them to keep them. Of a batch of logs they are those of
 * the record's own text, so that an event has one digest however a collector batched it.
 */
export type ReadEvent = {
  /** First line, from 1. */
  readonly line: number
  readonly raw: Uint8Array
  readonly reading: Reading
  /** The sensor's event, out of its envelopes; null when malformed. To be asked for during the call, like `raw`. */
  readonly event: JsonObject | null
}

export type EventReaderOptions = {
  /** `auto`: each event is read by the connector that recognises it. A name: by that one, whatever it looks like. */
  readonly sensor: string
  readonly connectors: readonly ReadableConnector[]
  readonly onEvent: (event: ReadEvent) => void
  readonly limits?: Limits
  /** What earlier streams of the same sensor taught: one that comes in many short streams is read as fast as a long one. */
  readonly quick?: QuickReader
}

/**
 * Reads events from bytes that come in any portions: NDJSON, JSON arrays, values printed over many lines or one after the other.
 * Synchronous; holds at most one event beside the portion. Every event leads to exactly one call of `onEvent`, malformed ones too;
 * a line that holds a batch of logs leads to one call for each of its records, a report (JSON or XML) to one for each result and one
 * for the run.
 * @throws RunproofError `usage` for a sensor that no connector knows
 */
export function createEventReader({
  sensor,
  connectors,
  onEvent,
  limits = defaultLimits,
  quick = createQuickReader(sensor, connectors, limits),
}: EventReaderOptions): Frames {
  const known = knownOf(sensor, connectors)
  const parse = createParse(
    limits,
    known.flatMap((connector) => connector.exactIntegers ?? []),
  )
  const forced = sensor === 'auto' ? null : (known[0] ?? null)
  const otherForms = createOtherForms({
    known,
    sensor: forced?.sensor ?? null,
    parse,
    recognised(event) {
      const found = recognise(event, known, parse)
      return found && readBy(found.connector, found.event)
    },
    unknown: (event) => (forced ? readBy(forced, event) : malformed(null, 'unknown_shape')),
  })
  const blocks = new TextBlocks(
    known.flatMap(({ text }) => text ?? []),
    onEvent,
  )
  const wrappers = connectors.flatMap(({ wrapper }) => wrapper ?? [])
  const tell = (line: number, raw: Uint8Array, read: ReportRead): void => onEvent(resultOf(read, line, raw))
  const emit = (line: number, raw: Uint8Array, parsed: JsonObject | string): void => {
    if (blocks.isOpen) blocks.close()
    if (typeof parsed === 'string') return onEvent({ line, raw, ...malformed(forced?.sensor ?? null, parsed) })
    for (const wrapper of wrappers) {
      const opened = wrapper.open(parsed)
      if (opened !== null) return wrapped(line, raw, opened)
    }
    const found = recognise(parsed, known, parse)
    if (found?.connector.report) return report(line, raw, found, nothingGiven)
    if (found) return onEvent({ line, raw, ...readBy(found.connector, found.event) })
    for (const read of otherForms.ofObject(parsed, raw)) onEvent({ line, ...read })
  }
  const report = (line: number, raw: Uint8Array, { connector, event }: Found, given: Given): void => {
    for (const read of connector.report?.read(event, given) ?? []) tell(line, raw, read)
  }
  const wrapped = (line: number, raw: Uint8Array, opened: NonNullable<ReturnType<ReportWrapper['open']>>): void => {
    const { given, report: inner } = opened
    const refuse = (reason: string): void => onEvent({ line, raw, ...malformed(given.sensor, reason) })
    if (inner === null) return refuse('no_report')
    if (typeof inner === 'string' && inner.trimStart().startsWith('<')) {
      const read = xmlReports(known, given, (one) => tell(line, raw, { ...one, line }), refuse)
      read.push(utf8.encode(inner))
      return read.end()
    }
    const parsed = typeof inner === 'string' ? parse.text(inner) : inner
    if (typeof parsed === 'string') return refuse(parsed)
    const found = known.find((connector) => connector.report !== undefined && connector.recognises(parsed))
    if (found === undefined) return refuse('unknown_report')
    report(line, raw, { connector: found, event: parsed }, given)
  }
  const frames = createFrames(
    {
      whole(raw, line, text) {
        const parsed = text === null ? parse.bytes(raw) : parse.text(text)
        // These two may be more than one value, or the start of a longer one. Of two faults in one event the one that is found first
        // must not depend on how its bytes were divided: the byte by byte look decides.
        if (parsed === 'invalid_json' || parsed === 'invalid_utf8' || parsed === 'duplicate_key') return false
        emit(line, raw, parsed)
        if (typeof parsed !== 'string') quick.learn(raw, parsed)
        return true
      },
      known: (bytes, from) => quick.match(bytes, from),
      taken(bytes, from, end, line) {
        if (blocks.isOpen) blocks.close()
        onEvent(quick.read(bytes, from, end, line))
      },
      element: (raw, line) => emit(line, raw, parse.bytes(raw)),
      broken: (raw, line, reason) => emit(line, raw, reason),
      isReport(head) {
        const text = latin.decode(head)
        return known.some(({ report, wrapper }) => report?.begins(text) === true || wrapper?.begins(text) === true)
      },
      text(raw, line) {
        const text = decodeUtf8(raw)
        if (text !== null && blocks.take(text, line)) return
        if (blocks.isOpen) blocks.close()
        onEvent({ line, raw, ...otherForms.ofLine(raw) })
      },
    },
    limits,
  )
  const lines: Frames = {
    push: frames.push,
    end() {
      frames.end()
      blocks.close()
    },
    place() {
      const { line, isSettled } = frames.place()
      return { line, isSettled: isSettled && !blocks.isOpen }
    },
  }
  if (!known.some(({ xml }) => xml !== undefined)) return lines
  return xmlOr(
    lines,
    (name) => known.some(({ xml }) => xml?.isRoot(name) === true),
    () =>
      xmlReports(
        known,
        nothingGiven,
        (read) => tell(read.line ?? 1, nothing, read),
        (reason, line) => onEvent({ line, raw: nothing, ...malformed(forced?.sensor ?? null, reason) }),
      ),
  )
}

const nothing = new Uint8Array(0)
const utf8 = new TextEncoder()
/** Only ASCII is looked for. */
const latin = new TextDecoder('latin1')

/** A result has a digest of its own, over its own words, however its report was printed. */
function resultOf({ reading, event, line: own }: ReportRead, line: number, raw: Uint8Array): ReadEvent {
  return { line: own ?? line, raw: event === null ? raw : utf8.encode(JSON.stringify(event)), reading, event }
}

/**
 * What several readers of one sensor may share, one after the other.
 * @throws RunproofError `usage` for a sensor that no connector knows
 */
export function createQuickReader(
  sensor: string,
  connectors: readonly ReadableConnector[],
  limits: Limits = defaultLimits,
): QuickReader {
  return new QuickReader(knownOf(sensor, connectors), limits)
}

function knownOf(sensor: string, connectors: readonly ReadableConnector[]): readonly ReadableConnector[] {
  const known = sensor === 'auto' ? connectors : connectors.filter((connector) => connector.sensor === sensor)
  if (known.length > 0) return known
  const names = connectors.map((connector) => connector.sensor).join(', ')
  throw new RunproofError('usage', `there is no sensor ${JSON.stringify(sensor)}; known are auto, ${names}`)
}

type Read = Pick<ReadEvent, 'reading' | 'event'>

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

function malformed(sensor: string | null, reason: string): Read {
  return { reading: { class: 'malformed', sensor, reason }, event: null }
}
