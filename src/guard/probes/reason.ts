/** What went wrong, in the words of whoever threw it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { readonly code?: unknown }
  return error.message !== '' ? error.message : typeof code === 'string' ? code : error.name
}
