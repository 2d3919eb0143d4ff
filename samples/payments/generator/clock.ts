const NS_PER_MS = 1_000_000n

/** Nanoseconds since 1970, as the sensors count: too large for a double, hence a bigint. */
export type Nanoseconds = bigint

/** `2026-03-02T14:07:12.418Z` and so on as nanoseconds since 1970; a part below the millisecond is given in `extraNs`. */
export function nsOf(instant: string, extraNs = 0): Nanoseconds {
  return BigInt(Date.parse(instant)) * NS_PER_MS + BigInt(extraNs)
}

/** RFC 3339 in UTC with nine digits, as Falco and Tetragon write times. */
export function timeText(ns: Nanoseconds): string {
  const seconds = new Date(Number(ns / NS_PER_MS)).toISOString().slice(0, 19)
  return `${seconds}.${(ns % 1_000_000_000n).toString().padStart(9, '0')}Z`
}

/** The time of day with nine digits: how a line of Falco's text output begins. */
export function timeOfDay(ns: Nanoseconds): string {
  return timeText(ns).slice(11, -1)
}

export function minutes(count: number): Nanoseconds {
  return BigInt(count) * 60n * 1_000_000_000n
}
