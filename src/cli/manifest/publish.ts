import { parseArgs } from 'node:util'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { pemFromSpki } from '../../../core/proof/keys.ts'
import { openKeys } from '../../keys/keys.ts'
import { dataDir } from '../../keys/data-dir.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { readBundle } from '../../lib/io/read-bundle.ts'
import { positional } from '../arguments.ts'
import { connect, connectionOptions } from '../client/connection.ts'
import { EXIT, type Io } from '../command.ts'

const usage = 'runproof manifest publish [DIR] [--server URL] [--token-file FILE] [--data DIR] [--json]'

/** Hands a signed bundle to a service: it governs the windows that start from now on. */
export async function publish(argv: readonly string[], io: Io): Promise<number> {
  const options = { ...connectionOptions, data: { type: 'string' }, json: { type: 'boolean' } } as const
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [folder = '.'] = positional(positionals, ['DIR'], usage, '.')
  const bundle = await readBundle(resolve(io.cwd, folder))
  if (bundle.manifestSignature === null) {
    throw new RunproofError('manifest.unsigned', `nobody signed this manifest; sign it with: runproof manifest sign ${folder}`)
  }
  if (bundle.gate !== null && bundle.gate.plan === null) {
    throw new RunproofError(
      'gate.not_compiled',
      'the bundle’s gate has no compiled plan beside it: compile it to gate/plan.json with opa build --target plan',
    )
  }
  const ownerKey = bundle.ownerKey ?? (await localOwner(values.data, io))
  const { bytes } = await connect(values, io).ask({
    method: 'POST',
    path: '/api/v1/manifests',
    body: {
      manifest: readFileSync(bundle.manifestPath, 'utf8'),
      signature: bundle.manifestSignature,
      owner_key: ownerKey,
      ...(bundle.gate === null ? {} : { gate: bundle.gate.plan }),
      ...(bundle.redaction === null ? {} : { redaction: bundle.redaction.text }),
    },
  })
  const answer = JSON.parse(new TextDecoder().decode(bytes)) as {
    readonly application: string
    readonly environment: string
    readonly name: string
    readonly version: string
    readonly governs_from: string
    readonly ledger_index: number
    readonly is_new: boolean
  }
  if (values.json === true) io.out(JSON.stringify(answer))
  else {
    const { application, environment, name, version, governs_from: from, ledger_index: index, is_new: isNew } = answer
    io.out(
      isNew
        ? `${name} ${version} governs windows of ${application}/${environment} that start at ${from} or later; it is entry ${index} of the ledger`
        : `${name} ${version} was published before, as entry ${index} of the ledger; nothing changed`,
    )
  }
  return EXIT.ok
}

async function localOwner(data: string | undefined, io: Io): Promise<string> {
  const keys = await openKeys({
    dataDir: dataDir({ flag: data, env: io.env, cwd: io.cwd }),
    passphrase: readPassphrase(io.env, io.cwd),
  })
  return pemFromSpki((await keys.signer('owner')).spki)
}
