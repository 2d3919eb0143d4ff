import type { Trust } from '../../../core/model/trust.ts'
import { fromUtf8 } from '../../../core/proof/bytes.ts'
import { payloadOf, readEnvelope, type Envelope } from '../../../core/proof/dsse.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { KEY_ROTATION_PREDICATE, KeyRotationSchema } from '../../../core/proof/key-rotation.ts'
import { keyHint, spkiFromPem } from '../../../core/proof/keys.ts'
import { shaped } from '../../../core/proof/shape.ts'
import { readStatement } from '../../../core/proof/statement.ts'
import type { NewEntry } from './append.ts'
import { contradiction } from './checkpoint.ts'
import { eventEntry } from './entries.ts'
import type { LedgerReader } from './reader.ts'
import type { EntryRow } from './rows.ts'

/** Where a report key came to its end: another took its place, or it was revoked. */
export type SignerEnd = { readonly index: number; readonly at: string }
export type SignerRotation = SignerEnd & {
  readonly previous: string
  readonly next: string
  /** Public keys, PEM. */
  readonly previousKey: string
  readonly nextKey: string
  /** The same statement, signed by the one and by the other. */
  readonly byPrevious: Envelope
  readonly byNext: Envelope
}
export type SignerRevocation = SignerEnd & { readonly keyId: string; readonly because: string }
export type SignerEvents = {
  readonly rotations: readonly SignerRotation[]
  readonly revocations: readonly SignerRevocation[]
}

type Log = Pick<LedgerReader, 'named'>

const ROTATED = 'keyEvent:signer-rotated:'
const REVOKED = 'keyEvent:signer-revoked:'

/** What the log says of report keys, in its order; with a key id, of that key's end alone. @throws RunproofError `ledger.contradiction` */
export function signerEvents({ named }: Log, keyId = ''): SignerEvents {
  return {
    rotations: named(`${ROTATED}${keyId}`).map(rotationIn),
    revocations: named(`${REVOKED}${keyId}`).map(revocationIn),
  }
}

/**
 * Report keys for a trust root: those of the log's history, oldest first, with their ends, and those in use that it does not know.
 * @throws RunproofError `ledger.contradiction`
 */
export function trustedSigners(
  log: Log & Pick<LedgerReader, 'origin'>,
  inUse: readonly { readonly name: string; readonly key: string }[],
): Trust['signers'] {
  const { rotations, revocations } = signerEvents(log)
  const keys = new Map<string, { readonly name: string; readonly key: string }>()
  for (const key of rotations.flatMap(({ previousKey, nextKey }) => [previousKey, nextKey]))
    keys.set(keyHint(spkiFromPem(key)), { name: inUse[0]?.name ?? 'report', key })
  for (const signer of inUse) keys.set(keyHint(spkiFromPem(signer.key)), signer)
  const { origin } = log
  return [...keys].map(([keyId, signer]) => {
    const retired = rotations.find(({ previous }) => previous === keyId)
    const revoked = revocations.find((event) => event.keyId === keyId)
    return {
      ...signer,
      ...(retired && { retiredAt: { origin, index: retired.index } }),
      ...(revoked && { revokedAt: { origin, index: revoked.index, because: revoked.because } }),
    }
  })
}

/** A key is replaced once, so that of two that were to take its place only one does. */
export function rotationEntry(rotation: Pick<SignerRotation, 'at' | 'previous' | 'next' | 'byPrevious' | 'byNext'>): NewEntry {
  const { at, previous, next, byPrevious, byNext } = rotation
  const spec = { act: 'signer-rotated', at, previous, next, byPrevious: byPrevious as unknown as JsonValue }
  return eventEntry('keyEvent', { ...spec, byNext: byNext as unknown as JsonValue }, `${ROTATED}${previous}`)
}

export function revocationEntry({ at, keyId, because }: Omit<SignerRevocation, 'index'>): NewEntry {
  return eventEntry('keyEvent', { act: 'signer-revoked', at, keyId, because }, `${REVOKED}${keyId}`)
}

function rotationIn(entry: EntryRow): SignerRotation {
  return understood(entry, 'signer-rotated', (spec) => {
    const [byPrevious, byNext] = [readEnvelope(spec['byPrevious']), readEnvelope(spec['byNext'])]
    const { predicate } = readStatement(payloadOf(byPrevious), KEY_ROTATION_PREDICATE)
    const { previous: previousKey, next: nextKey } = shaped(KeyRotationSchema, predicate, 'a key rotation')
    const [previous, next] = [previousKey, nextKey].map((key) => keyHint(spkiFromPem(key))) as [string, string]
    if (spec['previous'] !== previous || spec['next'] !== next) throw contradiction('event and statement name different keys')
    return { index: entry.index, at: textOf(spec['at']), previous, next, previousKey, nextKey, byPrevious, byNext }
  })
}

function revocationIn(entry: EntryRow): SignerRevocation {
  return understood(entry, 'signer-revoked', ({ at, keyId, because }) => {
    return { index: entry.index, at: textOf(at), keyId: textOf(keyId), because: textOf(because) }
  })
}

type Spec = Readonly<Record<string, JsonValue | undefined>>

function understood<T>({ index, body }: EntryRow, act: string, read: (spec: Spec) => T): T {
  try {
    const { kind, spec } = parseJson(fromUtf8(body)) as { readonly kind?: JsonValue; readonly spec?: Spec }
    if (kind !== 'keyEvent' || spec?.['act'] !== act) throw contradiction('it says something else')
    return read(spec)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw contradiction(`entry ${index} should say what became of a report key (${act}): ${why}`, cause)
  }
}

function textOf(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value
  throw contradiction('a text is missing')
}
