/** What follows the files of a backup, in this order: their digests, what they are, and the digest of that. */
export const documents = { list: 'files.sha256', manifest: 'manifest.json', seal: 'manifest.json.sha256' } as const

/** Of a data folder, what a backup holds. Keys are none of it; locks and SQLite's own files neither. */
export const LEDGER = 'ledger.db'
export const EVIDENCE = 'evidence.db'
export const SETTINGS = 'runproof.yaml'

/** A longer file is kept in parts: no tar header holds 8 GiB, and many a memory stick's file system not 4. */
export const PART_BYTES = 2 * 1024 * 1024 * 1024

/** A name in a backup: a file of the data folder, or the n-th part of one, counted from 1. */
export type MemberName = { readonly file: string; readonly part: number | null }

/** Null for everything that no backup holds: a name must never lead anywhere else. */
export function memberNameOf(name: string): MemberName | null {
  const [, file = '', part] = /^(.+?)(?:\.part-(\d{4}))?$/.exec(name) ?? []
  return FILE.test(file) ? { file, part: part === undefined ? null : Number(part) } : null
}

/** The names that a file of so many bytes has in a backup, and how much of it each takes. */
export function partsOf(
  file: string,
  bytes: number,
  partBytes: number,
): readonly { readonly name: string; readonly offset: number; readonly bytes: number }[] {
  if (bytes <= partBytes) return [{ name: file, offset: 0, bytes }]
  return Array.from({ length: Math.ceil(bytes / partBytes) }, (_, index) => {
    const offset = index * partBytes
    return { name: `${file}.part-${String(index + 1).padStart(4, '0')}`, offset, bytes: Math.min(partBytes, bytes - offset) }
  })
}

export function segmentName(segment: number): string {
  return `segments/${String(segment).padStart(10, '0')}.segment`
}

const FILE =
  /^(?:ledger\.db|evidence\.db|runproof\.yaml|segments\/\d{10}\.segment|objects\/([0-9a-f]{2})\/\1[0-9a-f]{62}(?:\.gz)?)$/
