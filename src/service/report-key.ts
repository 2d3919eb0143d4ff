import { RunproofError } from '../../core/model/errors.ts'
import { instantOf } from '../../core/model/time.ts'
import { keyRotationPayload } from '../../core/proof/key-rotation.ts'
import { DSSE_PAYLOAD_TYPE } from '../../core/proof/statement.ts'
import { openKeys, type SigningKey } from '../keys/keys.ts'
import { reportKeyFiles, type ReportKeyFiles } from '../keys/report-key.ts'
import { signEnvelopeNow } from '../keys/sign-envelope.ts'
import { logInside, rotationEvent } from '../store/ledger/logged.ts'
import type { Ledger, LedgerTransaction } from '../store/ledger/ledger.ts'
import { revocationEntry, rotationEntry, signerEvents } from '../store/ledger/signer-events.ts'

export type ReportKeyPlace = { readonly data: string; readonly passphrase: string | null; readonly ledger: Ledger }

/**
 * The key that reports are signed with now, made on first use. A replacement that was interrupted is finished.
 * @throws RunproofError `key.retired` when the key that lies there may sign no more, `key.unreadable`, `ledger.contradiction`
 */
export async function openReportKey({ data, passphrase, ledger }: ReportKeyPlace): Promise<SigningKey> {
  const key = await (await openKeys({ dataDir: data, passphrase })).signer('report')
  if (endOf(ledger, key.keyId) === null) return key
  return ledger.transaction(() => currentKey(reportKeyFiles(data, passphrase), ledger))
}

/**
 * For the transaction in which something that the key signed enters the log.
 * @throws RunproofError `key.retired` when the log holds the key's end already: what comes after it would not verify
 */
export function demandInUse(ledger: Pick<Ledger, 'named'>, { keyId }: Pick<SigningKey, 'keyId'>): void {
  const end = endOf(ledger, keyId)
  if (end !== null) throw new RunproofError('key.retired', `the report key ${keyId} ${end}`)
}

/** What became of report keys; `next` is null when none was replaced. */
export type KeyChange = { readonly previous: string; readonly next: string | null; readonly index: number }

/**
 * A new report key in the place of the present one. Both sign that it is so, the log holds both signatures and then the event, from which
 * on the old key counts no more. A process that has the old key open takes the new one for its next report.
 * @throws RunproofError `key.retired`, `key.unreadable`, `ledger.*`
 */
export function rotateReportKey({ data, passphrase, ledger }: ReportKeyPlace, now: () => number): KeyChange {
  const files = reportKeyFiles(data, passphrase)
  const change = ledger.transaction((inside) => rotated(inside, files, ledger, instantOf(now())))
  ledger.transaction(() => files.takeOver(change.next))
  return change
}

/**
 * From its entry on, nothing that the key signed counts. The one in use is replaced in the same transaction, so that the service never
 * is without a key. @throws RunproofError `request.invalid` for a key that is unknown or revoked already, or without a reason
 */
export function revokeReportKey(place: ReportKeyPlace, keyId: string, because: string, now: () => number): KeyChange {
  const { data, passphrase, ledger } = place
  const files = reportKeyFiles(data, passphrase)
  const reason = because.trim()
  if (reason === '' || reason.length > MAX_REASON)
    throw new RunproofError('request.invalid', `say why the key is revoked, in at most ${MAX_REASON} characters`)
  const change = ledger.transaction((inside): KeyChange => {
    const current = files.current()
    demandKnown(ledger, keyId, current)
    const at = instantOf(now())
    const inUse = current !== null && current.keyId === keyId && endOf(ledger, keyId) === null
    const next = inUse ? rotated(inside, files, ledger, at).next : null
    const [entry] = inside.append([revocationEntry({ at, keyId, because: reason })])
    if (!entry) throw new Error('the ledger did not answer for the entry')
    return { previous: keyId, next, index: entry.index }
  })
  const { next } = change
  if (next !== null) ledger.transaction(() => files.takeOver(next))
  return change
}

const MAX_REASON = 500

function demandKnown(ledger: Ledger, keyId: string, current: SigningKey | null): void {
  const { rotations, revocations } = signerEvents(ledger)
  const known = new Set(rotations.flatMap(({ previous, next }) => [previous, next]))
  if (current) known.add(current.keyId)
  if (!known.has(keyId))
    throw new RunproofError('request.invalid', `the report key ${keyId} is unknown here; known are: ${[...known].join(', ')}`)
  const before = revocations.find((event) => event.keyId === keyId)
  if (before) throw new RunproofError('request.invalid', `${keyId} is revoked already, at entry ${before.index}`)
}

function rotated(
  inside: LedgerTransaction,
  files: ReportKeyFiles,
  ledger: Ledger,
  at: string,
): KeyChange & { readonly next: string } {
  const previous = currentKey(files, ledger)
  const next = files.makeNext()
  const payload = keyRotationPayload({ ledger: ledger.origin, createdAt: at }, { previous: previous.spki, next: next.spki })
  const [byPrevious, byNext] = [previous, next].map((key) => {
    const envelope = signEnvelopeNow(key, DSSE_PAYLOAD_TYPE, payload)
    logInside(inside, envelope, key.spki, rotationEvent(envelope))
    return envelope
  })
  if (!byPrevious || !byNext) throw new Error('two keys sign')
  const event = { at, previous: previous.keyId, next: next.keyId, byPrevious, byNext }
  const [entry] = inside.append([rotationEntry(event)])
  if (!entry) throw new Error('the ledger did not answer for the entry')
  return { previous: previous.keyId, next: next.keyId, index: entry.index }
}

/** Under the ledger's lock: what was committed and did not reach the files yet does so now. */
function currentKey(files: ReportKeyFiles, ledger: Ledger): SigningKey {
  const key = files.current()
  if (key === null) throw new RunproofError('key.unreadable', 'there is no report key yet: the first report makes it')
  const [rotation] = signerEvents(ledger, key.keyId).rotations
  if (rotation) files.takeOver(rotation.next)
  const current = files.current() ?? key
  demandInUse(ledger, current)
  return current
}

/** In words; null: in use. */
function endOf(ledger: Pick<Ledger, 'named'>, keyId: string): string | null {
  const { rotations, revocations } = signerEvents(ledger, keyId)
  const [[revoked], [retired]] = [revocations, rotations]
  if (revoked) return `was revoked at entry ${revoked.index} of the ledger (${revoked.because})`
  return retired ? `was replaced by ${retired.next} at entry ${retired.index} of the ledger` : null
}
