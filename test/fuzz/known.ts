/** Crashers that are not mended yet, and why: the tests skip them with this reason. The line goes when the bug does. */
export const known: ReadonlyMap<string, string> = new Map<string, string>([])
