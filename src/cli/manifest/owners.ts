import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { TrustSchema } from '../../../core/model/trust.ts'
import { spkiFromPem } from '../../../core/proof/keys.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { shaped } from '../../../core/proof/shape.ts'
import type { NamedKey } from '../../../core/proof/verified.ts'
import { bundleFiles, bundleLimits } from '../../lib/io/bundle.ts'
import { dataDirPath } from '../../keys/data-dir.ts'
import { loadSigningKey } from '../../keys/keys.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { readText } from '../../lib/io/read-text.ts'
import type { Io } from '../command.ts'

/** Keys to check a manifest's signature with, and how far they can be relied on, in words. */
export type Owners = { readonly keys: readonly NamedKey[]; readonly from: string; readonly pinned: boolean }

type Options = { readonly key?: string; readonly trust?: string; readonly data?: string }

/**
 * `--key` (a public key), else `--trust` (a trust root), else the bundle's own `owner.pub`, else this machine's owner key where there
 * is one, else none. Nothing is made.
 * @throws RunproofError for a file that was named and cannot be used
 */
export async function ownersFor(dir: string, owner: string, options: Options, io: Io): Promise<Owners> {
  const { key, trust, data } = options
  if (key !== undefined) return { keys: [{ name: owner, spki: await publicKey(resolve(io.cwd, key)) }], from: key, pinned: true }
  if (trust !== undefined) return { keys: await trustedOwners(resolve(io.cwd, trust)), from: trust, pinned: true }
  const beside = join(dir, bundleFiles.ownerKey)
  if (existsSync(beside)) {
    const from = `the ${bundleFiles.ownerKey} beside it: nothing was changed since, but only --trust or --key tells who that is`
    return { keys: [{ name: owner, spki: await publicKey(beside) }], from, pinned: false }
  }
  const own = join(dataDirPath({ flag: data, env: io.env, cwd: io.cwd }), 'keys', 'owner.pem')
  if (!existsSync(own)) return { keys: [], from: 'nothing', pinned: false }
  const { spki } = await loadSigningKey(own, readPassphrase(io.env, io.cwd))
  return { keys: [{ name: owner, spki }], from: 'the owner key of this machine', pinned: true }
}

/**
 * The public key in a PEM file.
 * @throws RunproofError `key.malformed` naming the file
 */
export async function publicKey(path: string): Promise<Uint8Array> {
  const pem = await readText(path, bundleLimits.ownerKey)
  try {
    return spkiFromPem(pem)
  } catch (cause) {
    throw new RunproofError('key.malformed', `${path} holds no PEM public key; make it with: openssl ec -in key.pem -pubout`, {
      cause,
    })
  }
}

async function trustedOwners(path: string): Promise<readonly NamedKey[]> {
  const { owners } = shaped(TrustSchema, parseJson(await readText(path, MAX_TRUST_BYTES)), 'a trust root')
  return owners.map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
}

const MAX_TRUST_BYTES = 4 * 1024 * 1024
