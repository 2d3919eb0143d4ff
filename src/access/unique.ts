/** https://www.sqlite.org/rescode.html#constraint_unique and #constraint_primarykey */
const UNIQUE: ReadonlySet<number> = new Set([2067, 1555])

/** Whether somebody else was first to take a name that only one can have. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && UNIQUE.has(Number(error.errcode))
}
