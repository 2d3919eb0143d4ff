import { gunzipSync } from 'node:zlib'

export type ArchivedFile = { readonly path: string; readonly text: string }

const BLOCK = 512
const MAX_BYTES = 256 * 1024 * 1024

/** The same as text. */
export function filesOf(archive: Uint8Array): readonly ArchivedFile[] {
  return filesIn(archive).map(({ path, bytes }) => ({ path, text: bytes.toString('utf8') }))
}

/** The regular files of a gzipped tar archive (ustar, also with the long names of GNU and pax), in its order. @throws Error */
export function filesIn(archive: Uint8Array): readonly { readonly path: string; readonly bytes: Buffer }[] {
  const bytes = gunzipSync(archive, { maxOutputLength: MAX_BYTES })
  const files: { readonly path: string; readonly bytes: Buffer }[] = []
  let longName: string | null = null
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK)
    if (field(header, 257, 5) !== 'ustar') throw new Error(`no ustar header at byte ${at}`)
    const size = Number.parseInt(field(header, 124, 12), 8)
    if (!Number.isSafeInteger(size) || size < 0) throw new Error(`no size in the header at byte ${at}`)
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size)
    const type = field(header, 156, 1)
    if (type === '0' || type === '') files.push({ path: longName ?? shortName(header), bytes: content })
    // Only the small entries that speak about the next one are read as text.
    if (type !== 'g') longName = type === 'L' || type === 'x' ? nameBehind(type, content.toString('utf8')) : null
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

function shortName(header: Buffer): string {
  const [prefix, name] = [field(header, 345, 155), field(header, 0, 100)]
  return prefix === '' ? name : `${prefix}/${name}`
}

/** What an entry says about the name of the next one. */
function nameBehind(type: string, text: string): string | null {
  if (type === 'L') return text.replace(/\0.*$/s, '')
  return type === 'x' ? (/^\d+ path=(.*)$/m.exec(text)?.[1] ?? null) : null
}

function field(header: Buffer, start: number, length: number): string {
  const raw = header.toString('latin1', start, start + length)
  const end = raw.indexOf('\0')
  return (end < 0 ? raw : raw.slice(0, end)).trim()
}
