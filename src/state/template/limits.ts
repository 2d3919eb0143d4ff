/** A gossfile of a few thousand checks is a megabyte; what goes far beyond is a mistake or an attack. */
export const limits = {
  outputCharacters: 16 * 1024 * 1024,
  steps: 5_000_000,
  /** Templates that call templates. */
  depth: 500,
  listLength: 1_000_000,
} as const
