/** What the reader takes. Beyond it an event is quarantined, never cut and believed. */
export type Limits = {
  readonly eventBytes: number
  readonly depth: number
  /** A report, one document with many results, may be larger than an event. */
  readonly reportBytes?: number
}

/**
 * 1 MiB: the largest real event seen is under 64 KiB (Tetragon with full labels and stack traces); a sensor that sends more is broken
 * or hostile, and this is all that one event can make the reader hold. 64 levels: real events nest under 12, and everything that walks
 * an event after this point may recurse safely. A report of 1,000 checks is about a mebibyte (goss), with the source of each check some of them (InSpec): 16 MiB.
 */
export const defaultLimits: Limits = { eventBytes: 1024 * 1024, depth: 64, reportBytes: 16 * 1024 * 1024 }

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
