import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { dataDirPath } from '../../keys/data-dir.ts'
import { openKeys } from '../../keys/keys.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { revokeReportKey, rotateReportKey, type KeyChange, type ReportKeyPlace } from '../../service/report-key.ts'
import { openLedger } from '../../store/ledger/ledger.ts'
import { positional, required } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { keyNamed, knownKeys } from './history.ts'

const options = { data: { type: 'string' }, because: { type: 'string' }, json: { type: 'boolean' } } as const

export async function rotate(argv: readonly string[], io: Io): Promise<number> {
  const { data, json } = options
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: { data, json } })
  positional(positionals, [], 'runproof signer rotate [--data DIR] [--json]')
  const change = await changing(values.data, io, (place) => rotateReportKey(place, io.now))
  say(io, values.json === true, change, [
    `${change.next} signs reports from now on, in the place of ${change.previous} (entry ${change.index} of the ledger)`,
    'reports of the old key stay verifiable; hand out the trust root again, so that those of the new one verify too',
  ])
  return EXIT.ok
}

export async function revoke(argv: readonly string[], io: Io): Promise<number> {
  const usage = 'runproof signer revoke KEYID --because TEXT [--data DIR] [--json]'
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [named = ''] = positional(positionals, ['KEYID'], usage)
  const because = required(values.because, '--because', usage)
  const change = await changing(values.data, io, (place) => {
    const keyId = keyNamed(knownKeys(place.ledger, place.data, place.passphrase), named)
    return revokeReportKey(place, keyId, because, io.now)
  })
  say(io, values.json === true, change, [
    `${change.previous} is revoked at entry ${change.index} of the ledger; what it signed before still verifies`,
    ...(change.next === null ? [] : [`it was in use: ${change.next} signs reports from now on`]),
    'hand out the trust root again: who has an older one still believes the revoked key',
  ])
  return EXIT.ok
}

/** On a ledger that is there: made here, it would have another name than the one that the service's settings give it. */
async function changing(flag: string | undefined, io: Io, change: (place: ReportKeyPlace) => KeyChange): Promise<KeyChange> {
  const data = dataDirPath({ flag, env: io.env, cwd: io.cwd })
  const path = join(data, 'ledger.db')
  if (!existsSync(path))
    throw new RunproofError('ledger.missing', `there is no ledger at ${path} yet, so no report key to change`)
  const passphrase = readPassphrase(io.env, io.cwd)
  const ledger = openLedger({ path, logKey: await (await openKeys({ dataDir: data, passphrase })).log(), now: io.now })
  try {
    return change({ data, passphrase, ledger })
  } finally {
    ledger.close()
  }
}

function say(io: Io, json: boolean, change: KeyChange, lines: readonly string[]): void {
  if (json) io.out(JSON.stringify(change))
  else for (const line of lines) io.out(line)
}
