import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Waiver } from '../../../core/model/waiver.ts'
import { DSSE_PAYLOAD_TYPE } from '../../../core/proof/statement.ts'
import { bundleFiles } from '../../lib/io/bundle.ts'
import { waiverStatement } from '../../declare/statements.ts'
import { draftWaiver } from '../../declare/waiver.ts'
import { loadSigningKey } from '../../keys/keys.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { signEnvelope } from '../../keys/sign-envelope.ts'
import { createFile } from '../../lib/io/durable-file.ts'
import { whyOf } from '../../lib/io/read-text.ts'
import { positional, required } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { loadManifest } from '../manifest/load.ts'

const usage =
  'runproof waiver sign --bundle DIR --control ID --fingerprint F… --reason TEXT --compensating TEXT --requested-by NAME --expires TIME --key FILE'
const many = { type: 'string', multiple: true } as const
const one = { type: 'string' } as const
const options = {
  bundle: one,
  control: one,
  fingerprint: many,
  workload: many,
  target: many,
  executable: many,
  reason: one,
  compensating: one,
  'requested-by': one,
  expires: one,
  'not-before': one,
  id: one,
  key: one,
  out: one,
  json: { type: 'boolean' },
} as const

/** Signs one waiver with an approver's key and writes it into the bundle, never over another. */
export async function sign(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  positional(positionals, [], usage)
  const key = await loadSigningKey(resolve(io.cwd, required(values.key, '--key', usage)), readPassphrase(io.env, io.cwd))
  const { dir, manifest } = await loadManifest(required(values.bundle, '--bundle', usage), io)
  const request = {
    id: values.id ?? null,
    control: required(values.control, '--control', usage),
    scope: scopeOf(values),
    reason: required(values.reason, '--reason', usage),
    compensatingControl: required(values.compensating, '--compensating', usage),
    requestedBy: required(values['requested-by'], '--requested-by', usage),
    expires: required(values.expires, '--expires', usage),
    notBefore: values['not-before'] ?? null,
  }
  const { waiver, control } = draftWaiver(request, manifest, key.keyId, io.now())
  const envelope = await signEnvelope(key, DSSE_PAYLOAD_TYPE, waiverStatement(waiver, control))
  const path =
    values.out === undefined
      ? join(dir, bundleFiles.waivers, `${waiver.id}${bundleFiles.waiverSuffix}`)
      : resolve(io.cwd, values.out)
  write(path, `${JSON.stringify(envelope, null, 2)}\n`)

  if (values.json === true) io.out(JSON.stringify({ path, keyId: key.keyId, waiver }))
  else io.out(`${path}: ${waiver.control} waived from ${waiver.notBefore} until ${waiver.expires}\nkey ${key.keyId}`)
  return EXIT.ok
}

type ScopeValues = {
  readonly fingerprint?: string[]
  readonly workload?: string[]
  readonly target?: string[]
  readonly executable?: string[]
}

function scopeOf({ fingerprint, workload, target, executable }: ScopeValues): Waiver['scope'] {
  if (!fingerprint && !workload && !target && !executable) {
    throw new RunproofError(
      'usage',
      `--fingerprint is missing (or --workload, --target, --executable, which waive more); usage: ${usage}`,
    )
  }
  return {
    ...(fingerprint && { fingerprints: fingerprint }),
    ...(workload && { workloads: workload }),
    ...(target && { targets: target }),
    ...(executable && { executables: executable }),
  }
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    if (createFile(path, text)) return
  } catch (cause) {
    throw new RunproofError('bundle.unreadable', `cannot write ${path}: ${whyOf(cause)}`, { cause })
  }
  throw new RunproofError('waiver.invalid', `${path} is there already, and is not written over; choose another --id`)
}
