import { gunzipSync } from 'node:zlib'

export type ArchivedFile = { readonly path: string; readonly text: string }

const BLOCK = 512
const MAX_BYTES = 256 * 1024 * 1024

/** The regular files of a gzipped ustar archive, in its order. @throws Error for a header that is not ustar. */
export function filesOf(archive: Uint8Array): readonly ArchivedFile[] {
  const bytes = gunzipSync(archive, { maxOutputLength: MAX_BYTES })
  const files: ArchivedFile[] = []
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK)
    if (field(header, 257, 5) !== 'ustar') throw new Error(`no ustar header at byte ${at}`)
    const size = Number.parseInt(field(header, 124, 12), 8)
    const [prefix, name, type] = [field(header, 345, 155), field(header, 0, 100), field(header, 156, 1)]
    const path = prefix === '' ? name : `${prefix}/${name}`
    if (type === '0' || type === '') files.push({ path, text: bytes.toString('utf8', at + BLOCK, at + BLOCK + size) })
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

function field(header: Buffer, start: number, length: number): string {
  const raw = header.toString('latin1', start, start + length)
  const end = raw.indexOf('\0')
  return (end < 0 ? raw : raw.slice(0, end)).trim()
}
