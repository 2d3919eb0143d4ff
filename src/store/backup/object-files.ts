import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { damaged, kept, missing, unpacked, unpackedBytes } from '../objects/files.ts'

/** Names of the files that hold objects, `objects/ab/<digest>` or the same with `.gz`, in order; of two that hold the same, one. */
export function* objectNames(data: string): Generator<{ readonly name: string; readonly digest: string }, void> {
  const folder = join(data, 'objects')
  if (!existsSync(folder)) return
  for (const shelf of readdirSync(folder)
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .sort()) {
    let before = ''
    for (const name of readdirSync(join(folder, shelf)).sort()) {
      const digest = /^([0-9a-f]{64})(?:\.gz)?$/.exec(name)?.[1]
      if (digest === undefined || digest === before || !digest.startsWith(shelf)) continue
      before = digest
      yield { name: `objects/${shelf}/${name}`, digest }
    }
  }
}

/**
 * A small object, from a folder in which nothing is to be made or swept.
 * @throws RunproofError `store.unreadable` when it is missing or not what it was
 */
export function readObject(folder: string, digest: string): Uint8Array {
  const file = kept({ folder }, digest) ?? missing({ folder }, digest)
  const content = unpacked(file, readFileSync(file.path), unpackedBytes(file))
  if (sha256Hex(content) !== digest) throw damaged(file, 'it does not have the digest that it is named by')
  return content
}
