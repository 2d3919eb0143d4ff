import type { JsonObject, Reading } from '../connector.ts'
import type { LineHeader } from './line-header.ts'

/**
 * A sensor's output for people. Whoever names a process or a file writes into it, so it is read for less than the same event in JSON:
 * only what stands where nobody else can write, and never as a sign of life.
 */
export type TextForm = {
  /** What a line is: an event by itself, the first of a block of lines, one within a block, known and not readable; null: not ours. */
  readonly kindOf: (line: string) => 'event' | 'head' | 'part' | 'refused' | null
  /** Reads an event's one line, or its block with the line breaks between. `header` is what a log daemon wrote in front of it. */
  readonly read: (text: string, header: LineHeader | null) => TextRead
}

/** The event is in the sensor's own JSON words, so that its facts can be told like any other's; null when malformed. */
export type TextRead = { readonly reading: Reading; readonly event: JsonObject | null }

/** The tag of every act that was read from text. */
export const TEXT_TAG = 'text_form'

export function textMalformed(sensor: string): TextRead {
  return { reading: { class: 'malformed', sensor, reason: 'text_form' }, event: null }
}
