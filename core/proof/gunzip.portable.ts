/** What was packed with gzip, in pieces; throws what the platform throws when it is damaged. Who stops reading stops the unpacking. */
export async function* gunzip(packed: Uint8Array): AsyncGenerator<Uint8Array> {
  // In browsers and in Node.
  const { readable, writable } = new DecompressionStream('gzip')
  const writer = writable.getWriter()
  // What is wrong with it whoever reads is told too, and who stops reading need not be.
  writer
    .write(packed as Uint8Array<ArrayBuffer>)
    .then(() => writer.close())
    .catch(() => undefined)
  yield* readable as AsyncIterable<Uint8Array>
}
