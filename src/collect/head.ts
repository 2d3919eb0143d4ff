/** The first portions of a stream, and all of them. */
export type Headed = {
  /** Everything is in the head: the stream was shorter than asked for. */
  readonly isWhole: boolean
  readonly all: AsyncIterable<Uint8Array>
}

/** Reads at least `bytes` ahead, to tell a small stream from a large one, and gives nothing away. */
export async function headed(source: AsyncIterable<Uint8Array>, bytes: number): Promise<Headed> {
  const rest = source[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  let size = 0
  let isWhole = false
  while (size < bytes && !isWhole) {
    const next = await rest.next()
    if (next.done === true) isWhole = true
    else {
      head.push(next.value)
      size += next.value.length
    }
  }
  return { isWhole, all: joined(head, rest) }
}

async function* joined(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* head
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
