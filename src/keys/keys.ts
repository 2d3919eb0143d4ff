import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createFile } from '../lib/io/durable-file.ts'
import { readPrivateFile, unreadable } from './private-file.ts'
import { newSecret, secretOf } from './secret.ts'
import { earlierSegmentKeys, existingSecret } from './segment-keys.ts'
import { isEncrypted, logKeyOf, newPrivateKey, signingKeyOf, type LogKey, type SigningKey } from './signing-key.ts'

export { loadSigningKey } from './signing-key.ts'
export type { LogKey, SigningKey } from './signing-key.ts'

/** Each is made on first use; two processes that ask at once get the same. All throw RunproofError `key.unreadable`. */
export type Keys = {
  /** P-256. `report` signs reports, `owner` the local manifest owner's documents. */
  readonly signer: (name: 'report' | 'owner') => Promise<SigningKey>
  /** Ed25519: signs the ledger's checkpoints. */
  readonly log: () => Promise<LogKey>
  /** 32 bytes that key the digests of lines which held a secret. */
  readonly redaction: () => Promise<Uint8Array>
  /** 32 bytes that encrypt what was received, at rest; after them those of earlier keys (`segments.<name>.key`), which only read. */
  readonly segments: () => Promise<readonly Uint8Array[]>
}

export type OpenKeysOptions = {
  readonly dataDir: string
  /** See `readPassphrase`. With one, keys are made encrypted and unencrypted ones are refused. */
  readonly passphrase?: string | null
}

/**
 * The platform's own keys, files of mode 0600 in `<dataDir>/keys/`.
 * @throws RunproofError `key.unreadable` when the folder cannot be made.
 */
export async function openKeys({ dataDir, passphrase = null }: OpenKeysOptions): Promise<Keys> {
  const folder = join(dataDir, 'keys')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw unreadable(folder, 'it cannot be made', cause)
  }
  const pemOf = (name: string, kind: 'p256' | 'ed25519') => {
    const path = join(folder, `${name}.pem`)
    const pem = readOrMake(path, () => newPrivateKey(kind, passphrase))
    if (passphrase !== null && !isEncrypted(pem)) throw notEncrypted(path)
    return { pem, source: { path, passphrase, name } }
  }
  const secretIn = (name: string): Uint8Array => {
    const path = join(folder, name)
    return secretOf(
      readOrMake(path, () => newSecret(passphrase)),
      { path, passphrase },
    )
  }
  return {
    signer: async (name) => {
      const { pem, source } = pemOf(name, 'p256')
      return signingKeyOf(pem, source)
    },
    log: async () => {
      const { pem, source } = pemOf('log', 'ed25519')
      return logKeyOf(pem, source)
    },
    redaction: async () => secretIn('redaction.key'),
    segments: async () => [
      secretIn('segments.key'),
      ...earlierSegmentKeys(folder).map((name) => existingSecret(join(folder, name), passphrase)),
    ],
  }
}

/** What lies in the file is what counts, also for the process that lost the race to make it. */
function readOrMake(path: string, make: () => string): string {
  const found = readPrivateFile(path)
  if (found !== null) return found
  try {
    createFile(path, make(), 0o600)
  } catch (cause) {
    throw unreadable(path, 'it cannot be made', cause)
  }
  const made = readPrivateFile(path)
  if (made === null) throw unreadable(path, 'it was made and is gone again')
  return made
}

function notEncrypted(path: string) {
  const fix = `openssl pkcs8 -topk8 -v2 aes-256-cbc -in ${path} -out ${path}.new && chmod 600 ${path}.new && mv ${path}.new ${path}`
  return unreadable(path, `a passphrase is set, but it is not encrypted; run: ${fix}`)
}
