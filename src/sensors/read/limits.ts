/** What the reader takes. Beyond it an event is quarantined, never cut and believed. */
export type Limits = {
  readonly eventBytes: number
  readonly depth: number
}

/**
 * 1 MiB: the largest real event seen is under 64 KiB (Tetragon with full labels and stack traces); a sensor that sends more is broken
 * or hostile, and this is all that one event can make the reader hold. 64 levels: real events nest under 12, and everything that walks
 * an event after this point may recurse safely.
 */
export const defaultLimits: Limits = { eventBytes: 1024 * 1024, depth: 64 }

/** Why bytes are no event. Stable words: they are counted, printed and documented in docs/formats/events.md. */
export type Malformation =
  | 'not_json'
  | 'not_object'
  | 'invalid_json'
  | 'truncated'
  | 'too_large'
  | 'too_deep'
  | 'too_many'
  | 'invalid_utf8'
  | 'duplicate_key'
  | 'misread_key'
  | 'lone_surrogate'
