import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { manifestDigest } from '../../../core/judge/resolve.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Manifest } from '../../../core/model/manifest.ts'
import { keyHint } from '../../../core/proof/keys.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { DSSE_PAYLOAD_TYPE } from '../../../core/proof/statement.ts'
import { bundleFiles, bundleLimits } from '../../lib/io/bundle.ts'
import { manifestStatement, unverifiedClaim } from '../../declare/statements.ts'
import { compareVersions } from '../../declare/version.ts'
import { dataDir } from '../../keys/data-dir.ts'
import { loadSigningKey, openKeys, type SigningKey } from '../../keys/keys.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { signEnvelope } from '../../keys/sign-envelope.ts'
import { createFile, replaceFile } from '../../lib/io/durable-file.ts'
import { readText, whyOf } from '../../lib/io/read-text.ts'
import { EXIT, type Io } from '../command.ts'
import { positional } from '../arguments.ts'
import { loadManifest } from './load.ts'
import { publicKey } from './owners.ts'

const usage = 'runproof manifest sign [DIR|FILE] [--key FILE] [--data DIR] [--json]'
const options = { key: { type: 'string' }, data: { type: 'string' }, json: { type: 'boolean' } } as const

/** Writes `manifest.dsse.json`, and `owner.pub` when it is not there yet, beside the manifest. A signed version keeps its content. */
export async function sign(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [target = '.'] = positional(positionals, ['DIR'], usage, '.')
  const { dir, shown, manifest } = await loadManifest(target, io)
  const path = join(dir, bundleFiles.signature)
  await refuseReuse(manifest, path)

  const key = await ownerKey(values, io)
  await refuseOtherOwner(key, join(dir, bundleFiles.ownerKey))
  const envelope = await signEnvelope(key, DSSE_PAYLOAD_TYPE, manifestStatement(manifest))
  try {
    replaceFile(path, `${JSON.stringify(envelope, null, 2)}\n`)
    createFile(join(dir, bundleFiles.ownerKey), key.pem)
  } catch (cause) {
    throw new RunproofError('bundle.unreadable', `cannot write ${path}: ${whyOf(cause)}`, { cause })
  }

  const { name, version } = manifest.metadata
  const digest = manifestDigest(manifest)
  if (values.json === true) io.out(JSON.stringify({ path, name, version, digest, keyId: key.keyId, publicKey: key.pem }))
  else io.out(`${shown}: signed ${name} ${version}\nsha256:${digest}\nkey ${key.keyId}\nwrote ${path}`)
  return EXIT.ok
}

/** The key of `--key`, else the owner's in the data folder, made on first use. */
async function ownerKey(values: { readonly key?: string; readonly data?: string }, io: Io): Promise<SigningKey> {
  const passphrase = readPassphrase(io.env, io.cwd)
  if (values.key !== undefined) return loadSigningKey(resolve(io.cwd, values.key), passphrase)
  const keys = await openKeys({ dataDir: dataDir({ flag: values.data, env: io.env, cwd: io.cwd }), passphrase })
  return keys.signer('owner')
}

/** Whoever checks the bundle on another machine uses its `owner.pub`: a signature of another key would not hold there. */
async function refuseOtherOwner({ keyId }: SigningKey, path: string): Promise<void> {
  if (!existsSync(path)) return
  if (keyHint(await publicKey(path)) === keyId) return
  throw new RunproofError(
    'manifest.signature_invalid',
    `${path} holds another key; sign with its private half (--key), or delete it where the owner has changed`,
  )
}

/**
 * The signature that is there says which version was given out last: that one keeps its content, and no earlier one comes back, since
 * its content is not known any more. What it claims is not verified: a forged one can only make us refuse.
 */
async function refuseReuse(manifest: Manifest, path: string): Promise<void> {
  if (!existsSync(path)) return
  const { claim, digests } = await claimIn(path)
  const { name, version } = manifest.metadata
  if (claim.name !== name) {
    throw new RunproofError(
      'manifest.version_reused',
      `${path} signs ${claim.name}, this manifest is ${name}; move that signature away first`,
    )
  }
  const order = compareVersions(version, claim.version)
  if (order > 0 || (version === claim.version && digests.includes(manifestDigest(manifest)))) return
  const why =
    version === claim.version
      ? `version ${version} is signed already, with other content`
      : `version ${claim.version} is signed already, which is not before ${version}`
  throw new RunproofError('manifest.version_reused', `${why}; raise metadata.version above ${claim.version}`)
}

async function claimIn(path: string): Promise<ReturnType<typeof unverifiedClaim>> {
  try {
    return unverifiedClaim(parseJson(await readText(path, bundleLimits.signature, 'bundle.unreadable')))
  } catch (cause) {
    const why = cause instanceof RunproofError ? cause.message : String(cause)
    throw new RunproofError(
      'manifest.version_reused',
      `${path} cannot be read (${why}), so nobody knows which version it signs; restore it, or move it away`,
      { cause },
    )
  }
}
