/** Crashers that are not mended yet, and why: the tests skip them with this reason. The line goes when the bug does. */
export const known: ReadonlyMap<string, string> = new Map<string, string>([
  [
    'events-tetragon/bb41431c5f913f20',
    'a key twice whose first value is too deep is "duplicate_key" as a whole line and "too_deep" in portions',
  ],
])
