import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { base64 } from '../../../core/proof/bytes.ts'
import { ed25519Spki, keyHint, pemFromSpki } from '../../../core/proof/keys.ts'
import { readPrivateFile } from '../../keys/private-file.ts'
import { earlierSegmentKeys, existingSecret } from '../../keys/segment-keys.ts'
import { secretOf } from '../../keys/secret.ts'
import { logKeyOf, signingKeyOf } from '../../keys/signing-key.ts'
import type { KeyFile } from '../../store/backup/manifest.ts'

/** The files of a keys folder, without what must stay secret; `segments` are what reads the segments, `earlier` the files of the older ones. */
export type FoundKeys = {
  readonly files: readonly KeyFile[]
  readonly earlier: readonly string[]
  readonly segments: readonly Uint8Array[] | null
}

/**
 * What lies in a folder of keys; nothing is made that is not there. A key that cannot be read is named without an id, and `onUnreadable` is told
 * why; it may throw it.
 */
export function keysIn(folder: string, passphrase: string | null, onUnreadable: (error: RunproofError) => void): FoundKeys {
  let segments: readonly Uint8Array[] | null = null
  const earlier = earlierSegmentKeys(folder)
  const secretIn = (name: string): Uint8Array => existingSecret(join(folder, name), passphrase)
  const files = names.flatMap((file): readonly KeyFile[] => {
    const path = join(folder, file)
    try {
      const text = readPrivateFile(path)
      if (text === null) return []
      if (file === 'segments.key') segments = [secretOf(text, { path, passphrase }), ...earlier.map(secretIn)]
      return [{ file, ...known(file, text, { path, passphrase }) }]
    } catch (error) {
      if (!(error instanceof RunproofError)) throw error
      onUnreadable(error)
      return [{ file, id: null, publicKey: null }]
    }
  })
  return { files, earlier, segments }
}

const names = ['report.pem', 'owner.pem', 'log.pem', 'redaction.key', 'segments.key'] as const

type Source = { readonly path: string; readonly passphrase: string | null }

function known(file: (typeof names)[number], text: string, source: Source): Pick<KeyFile, 'id' | 'publicKey'> {
  if (file === 'redaction.key' || file === 'segments.key') return { id: secretId(file, secretOf(text, source)), publicKey: null }
  const spki =
    file === 'log.pem' ? ed25519Spki(logKeyOf(text, source).publicKey) : signingKeyOf(text, { ...source, name: file }).spki
  return { id: keyHint(spki), publicKey: pemFromSpki(spki) }
}

/** Tells a wrong secret from the right one and nothing else: a digest of a constant, keyed by it. */
function secretId(file: string, secret: Uint8Array): string {
  return base64(createHmac('sha256', secret).update(`runproof.backup.key-id.v1 ${file}`).digest())
}
