import { base64Bytes } from './encoding.ts'
import { BuiltinError, Unsupported } from './builtin.ts'

/** A PEM block and where in the text it ends. */
export type PemBlock = { readonly label: string; readonly bytes: Uint8Array; readonly end: number }

/**
 * The blocks of a text in order. Go looks past text that is no block; what looks like one and is not exactly one is refused here,
 * because where Go would go on is not certain.
 * @throws Unsupported for a header line (`Proc-Type`) and for a block that is not well formed
 */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks = Array.from(text.matchAll(BLOCK), (hit): PemBlock => {
    const [whole, label = '', body = ''] = hit
    return { label, bytes: bodyBytes(body), end: hit.index + whole.length }
  })
  const starts = text.split('-----BEGIN').length - 1
  if (starts !== blocks.length) throw new Unsupported('PEM text that is not a plain row of blocks')
  return blocks
}

const BLOCK = /(?<=^|\n)-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n([A-Za-z0-9+/=\r\n]*)(?<=\n)-----END \1-----[ \t]*(?:\r?\n|$)/g

function bodyBytes(body: string): Uint8Array {
  try {
    return base64Bytes(body)
  } catch (cause) {
    throw cause instanceof BuiltinError ? new Unsupported('a PEM block that is not base64', { cause }) : cause
  }
}
