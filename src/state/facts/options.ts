import type { Dialect } from '../model/resource.ts'

export type CollectOptions = {
  /** `goss`: what ran out of time is left running, and requests carry its user agent. Only where this machine is asked itself. */
  readonly dialect: Dialect
  readonly limits: {
    /** Bytes kept of one file, output or body; the rest is cut and said to be. */
    readonly reading: number
    /** Questions under way at once. */
    readonly parallel: number
  }
  readonly signal?: AbortSignal
}

/** At most this much is kept of one file, one output, one body. */
export const READING_LIMIT = 8 * 1024 * 1024
