import { readdirSync } from 'node:fs'
import { readPrivateFile, unreadable } from './private-file.ts'
import { secretOf } from './secret.ts'

/** Names of the files with earlier keys of the segments: `segments.<name>.key`, as whoever moved them there called them. */
export function earlierSegmentKeys(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => EARLIER.test(name))
      .sort()
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw unreadable(folder, 'it cannot be listed', cause)
  }
}

/** A secret that must be there. @throws RunproofError `key.unreadable` */
export function existingSecret(path: string, passphrase: string | null): Uint8Array {
  const text = readPrivateFile(path)
  if (text === null) throw unreadable(path, 'there is no such file')
  return secretOf(text, { path, passphrase })
}

const EARLIER = /^segments\.[A-Za-z0-9_-]{1,60}\.key$/
