import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../lib/io/durable-file.ts'
import { readPrivateFile, unreadable } from './private-file.ts'
import { newPrivateKey, signingKeyOf, type SigningKey } from './signing-key.ts'

/**
 * The files of the report key while another takes its place: the current one, `report.pem`, and its successor, `report.next.pem`, which
 * signs nothing but its own word before it takes over. All throw RunproofError `key.unreadable`.
 */
export type ReportKeyFiles = {
  /** Null: none was made yet. */
  readonly current: () => SigningKey | null
  readonly next: () => SigningKey | null
  /** A new successor, over one that was left behind. */
  readonly makeNext: () => SigningKey
  /** The successor of this id becomes the current key, whole or not at all; the private half of the one before is gone with it. */
  readonly takeOver: (keyId: string) => void
}

/** @param passphrase see `readPassphrase`; a successor is made encrypted with it */
export function reportKeyFiles(dataDir: string, passphrase: string | null): ReportKeyFiles {
  const [path, nextPath] = ['report.pem', 'report.next.pem'].map((name) => join(dataDir, 'keys', name)) as [string, string]
  const keyOf = (pem: string, from: string): SigningKey => signingKeyOf(pem, { path: from, passphrase, name: 'report' })
  const keyIn = (from: string): SigningKey | null => {
    const pem = readPrivateFile(from)
    return pem === null ? null : keyOf(pem, from)
  }
  return {
    current: () => keyIn(path),
    next: () => keyIn(nextPath),
    makeNext() {
      const pem = newPrivateKey('p256', passphrase)
      written(nextPath, pem)
      return keyOf(pem, nextPath)
    },
    takeOver(keyId) {
      const pem = readPrivateFile(nextPath)
      // Somebody else who was asked for the same may have been quicker, and gone on to the key after it.
      if (pem === null || keyOf(pem, nextPath).keyId !== keyId) return
      written(path, pem)
      rmSync(nextPath, { force: true })
    },
  }
}

function written(path: string, pem: string): void {
  try {
    replaceFile(path, pem, 0o600)
  } catch (cause) {
    throw unreadable(path, 'it cannot be written', cause)
  }
}
