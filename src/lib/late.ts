/**
 * Something that is made when it is first asked for, and then kept. Parts that most runs do not need are read this way, so that a command
 * starts with what it uses: `late(() => load('./part.ts') as typeof Part)`, `load` being Node's `createRequire(import.meta.url)`.
 */
export function late<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}
