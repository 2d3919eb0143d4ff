import type { TrustedKey } from '../../../core/model/trust.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { keyHint, spkiFromPem } from '../../../core/proof/keys.ts'
import { reportKeyFiles } from '../../keys/report-key.ts'
import type { LedgerReader } from '../../store/ledger/ledger.ts'
import { trustedSigners } from '../../store/ledger/signer-events.ts'

export type KnownKey = TrustedKey & { readonly keyId: string; readonly inUse: boolean }

/** Every report key that the ledger or the data folder knows, oldest first. @throws RunproofError `key.unreadable` */
export function knownKeys(
  log: Pick<LedgerReader, 'named' | 'origin'>,
  data: string,
  passphrase: string | null,
): readonly KnownKey[] {
  const current = reportKeyFiles(data, passphrase).current()
  const signers = trustedSigners(log, current === null ? [] : [{ name: current.name, key: current.pem }])
  const keys = signers.map((key) => ({ ...key, keyId: keyHint(spkiFromPem(key.key)), ended: !!(key.retiredAt ?? key.revokedAt) }))
  const inFile = keys.find(({ keyId }) => keyId === current?.keyId)
  // Of an interrupted rotation the file still holds the old key; the new one is in use with the next report.
  return keys.map(({ ended, ...key }) => ({ ...key, inUse: !ended && (inFile?.ended === true || key.keyId === inFile?.keyId) }))
}

const SHORTEST = 8

/** The key of this id, or of an id that begins so. @throws RunproofError `usage` */
export function keyNamed(known: readonly KnownKey[], named: string): string {
  const found = known.filter(({ keyId }) => keyId === named || (named.length >= SHORTEST && keyId.startsWith(named)))
  const [only] = found
  if (only && found.length === 1) return only.keyId
  const what = found.length > 1 ? 'begins the ids of several keys' : 'is no report key here'
  const those = known.length === 0 ? 'there is none yet' : `they are: ${known.map(({ keyId }) => keyId).join(', ')}`
  throw new RunproofError('usage', `${JSON.stringify(named)} ${what}; ${those}`)
}
