import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { verifyKeyRotation } from '../../../core/proof/key-rotation.ts'
import { spkiFromPem } from '../../../core/proof/keys.ts'
import { readBundle } from '../../../core/proof/sigstore-bundle.ts'
import type { Envelope } from '../../../core/proof/dsse.ts'
import { dataDirPath } from '../../keys/data-dir.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { visible } from '../../report/visible.ts'
import { readLedger, type LedgerReader } from '../../store/ledger/ledger.ts'
import { bundled, rotationEvent } from '../../store/ledger/logged.ts'
import { signerEvents, type SignerRotation } from '../../store/ledger/signer-events.ts'
import { positional } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { knownKeys, type KnownKey } from './history.ts'

export async function list(argv: readonly string[], io: Io): Promise<number> {
  const options = { data: { type: 'string' }, json: { type: 'boolean' } } as const
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  positional(positionals, [], 'runproof signer list [--data DIR] [--json]')
  const data = dataDirPath({ flag: values.data, env: io.env, cwd: io.cwd })
  const log = readLedger({ path: join(data, 'ledger.db') })
  try {
    const keys = knownKeys(log, data, readPassphrase(io.env, io.cwd))
    const rotations = await Promise.all(signerEvents(log).rotations.map((rotation) => provenRotation(log, rotation)))
    const { origin, vkey } = log
    if (values.json === true) io.out(JSON.stringify({ log: { origin, vkey }, keys, rotations }))
    else
      for (const line of keys.length === 0 ? ['there is no report key yet: the first report makes it'] : keys.map(lineOf))
        io.out(line)
  } finally {
    log.close()
  }
  return EXIT.ok
}

function lineOf({ keyId, retiredAt, revokedAt, inUse }: KnownKey): string {
  const ended = retiredAt !== undefined || revokedAt !== undefined
  const said = [
    ...(ended ? [] : [inUse ? 'in use' : 'not in use here, and neither replaced nor revoked']),
    ...(retiredAt ? [`replaced at entry ${retiredAt.index}`] : []),
    ...(revokedAt ? [`revoked at entry ${revokedAt.index}: ${visible(revokedAt.because)}`] : []),
  ]
  return `${keyId}  ${said.join('; ')}`
}

/** Both signed bundles, checked as a stranger would. @throws RunproofError `proof.invalid`: it must not leave the house then */
async function provenRotation(log: LedgerReader, rotation: SignerRotation): Promise<JsonValue> {
  const { index, at, previous, next, previousKey, nextKey, byPrevious, byNext } = rotation
  const [first, second] = [bundleOf(log, byPrevious, previousKey), bundleOf(log, byNext, nextKey)]
  const checked = await verifyKeyRotation(
    { byPrevious: readBundle(first), byNext: readBundle(second) },
    { previous: spkiFromPem(previousKey), logs: [log] },
  )
  if (!checked.ok) throw new RunproofError('proof.invalid', `the rotation at entry ${index} does not verify: ${checked.why}`)
  return { index, at, previous, next, byPrevious: first, byNext: second }
}

function bundleOf(log: LedgerReader, envelope: Envelope, key: string): JsonValue {
  const event = rotationEvent(envelope)
  const entry = log.named(event).find(({ eventId }) => eventId === event)
  if (!entry) throw new RunproofError('ledger.contradiction', 'the ledger tells of a rotation and does not hold its signatures')
  return bundled(log, envelope, spkiFromPem(key), entry).bundle
}
