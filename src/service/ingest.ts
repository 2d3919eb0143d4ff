import { RunproofError } from '../../core/model/errors.ts'
import { eventEntry } from '../store/ledger/entries.ts'
import type { Ledger } from '../store/ledger/ledger.ts'
import type { EvidenceReader } from '../store/evidence/evidence.ts'
import {
  readSegments,
  START,
  type Position,
  type SegmentKeys,
  type SegmentLog,
  type SegmentRecord,
} from '../store/segments/segments.ts'
import type { BatchAnswer, BatchName, Received, SignedAnswer } from '../server/doors.ts'
import type { Backlog } from './backlog.ts'
import type { FoldClient } from './fold/fold-client.ts'
import { batchKey, type BatchOutcome, type StreamLink } from './fold/folder.ts'
import { emptyOutcome, type Outcome } from './fold/outcome.ts'
import { follows, keptEnvelope, readSignedBatch, type Link } from './streams.ts'

export type IngestOptions = {
  readonly segments: SegmentLog
  readonly fold: FoldClient
  readonly evidence: EvidenceReader
  readonly ledger: Ledger
  readonly backlog: Backlog
  /** The key that an enrolled sensor signs its batches with; null: none, or no such sensor. */
  readonly keyOf: (sender: string) => Uint8Array | null
  /** Links of streams that are durable but not folded yet, as found at the start. */
  readonly unfolded: ReadonlyMap<string, Link>
  readonly now: () => number
}

export type Ingest = {
  readonly keep: (received: Received) => Promise<void>
  readonly keepBatch: (received: Received & { readonly batch: BatchName }) => Promise<BatchAnswer>
  readonly keepSigned: (received: Received, header: string) => Promise<SignedAnswer>
  /** What the last write failed of; null when it went well. */
  readonly trouble: () => RunproofError | null
}

/** Each time costs the fold opening a file and us a message: with thousands of single events a second that would be most of the work. */
const TELL_MS = 50

/** Bytes in, durable, out to the fold. Nothing is answered before it would survive a crash. */
export function createIngest({ segments, fold, evidence, ledger, backlog, keyOf, unfolded, now }: IngestOptions): Ingest {
  const links = new Map<string, Link>(unfolded)
  const turns = new Map<string, Promise<unknown>>()
  let trouble: RunproofError | null = null
  let telling: NodeJS.Timeout | null = null

  /** The fold hears of what is durable at once when somebody waits for what becomes of it, else a few times a second. */
  function tell(isAwaited: boolean): void {
    if (isAwaited) return fold.advance(segments.end())
    telling ??= setTimeout(() => {
      telling = null
      fold.advance(segments.end())
    }, TELL_MS)
  }

  async function append({ sensor, sender, encoding, body }: Received, batch: BatchName | null): Promise<void> {
    const receivedMs = now()
    const meta = { sensor, source: sender.id, scopes: sender.scopes, receivedMs, encoding, batch }
    try {
      await segments.append({ meta, body })
      trouble = null
    } catch (error) {
      if (error instanceof RunproofError) trouble = error
      throw error
    }
    backlog.add(segments.end(), body.length, receivedMs)
    tell(batch?.envelope === null)
  }

  async function keepBatch(received: Received & { readonly batch: BatchName }): Promise<BatchAnswer> {
    const { batch, sender } = received
    const key = batchKey(sender.id, batch)
    return inTurn(turns, key, async () => {
      const known = evidence.batchOf(key)
      if (known !== null) {
        if (known.digest !== batch.digest) throw conflict(ledger, sender.id, batch.id, [known.digest, batch.digest])
        return { repeated: true, ...(known.outcome as unknown as Outcome) }
      }
      const outcome = fold.outcomeOf(key)
      // Whoever waits for an outcome is told of a failure there; nobody waits once appending has failed.
      outcome.catch(() => {})
      await append(received, batch)
      return answerOf(await outcome, () => conflict(ledger, sender.id, batch.id, [batch.digest]))
    })
  }

  async function keepSigned(received: Received, header: string): Promise<SignedAnswer> {
    const { sender, body } = received
    const key = keyOf(sender.id)
    if (key === null)
      throw new RunproofError('signature.invalid', 'the sender has no enrolled key; enrol one, or send to /ingest/<sensor>')
    const signed = await readSignedBatch(header, body, { id: sender.id, key })
    const { stream, seq } = signed.header
    const name = `${sender.id}/${stream}`
    return inTurn(turns, name, async () => {
      const last = links.get(name) ?? evidence.streamOf(sender.id, stream)
      if (followsOrTold(last, signed) === 'repeated') return { seq, repeated: true }
      await append(received, { id: `${stream}:${seq}`, part: 0, digest: signed.digest, envelope: keptEnvelope(signed) })
      links.set(name, { seq, digest: signed.digest })
      return { seq, repeated: false }
    })
  }

  /** Two batches of one number are either a defect or an attempt to replace evidence: whoever it was, the ledger remembers. */
  function followsOrTold(last: Link | null, signed: Parameters<typeof follows>[1]): ReturnType<typeof follows> {
    try {
      return follows(last, signed)
    } catch (error) {
      if (error instanceof RunproofError && error.code === 'batch.conflict') {
        const { sensor, stream, seq } = signed.header
        remember(ledger, sensor, `${stream}:${seq}`, [last?.digest ?? '', signed.digest])
      }
      throw error
    }
  }

  return { keep: (received) => append(received, null), keepBatch, keepSigned, trouble: () => trouble }
}

/** The last links of streams in what is durable and not folded yet: a restart must know them before it accepts the next. */
export async function unfoldedLinks(
  segments: { readonly folder: string; readonly key: SegmentKeys },
  from: Position | null,
): Promise<ReadonlyMap<string, Link>> {
  const links = new Map<string, Link>()
  for (const { records } of readSegments({ ...segments, from: from ?? START })) {
    for (const record of records) {
      const link = linkOf(record)
      if (link !== null) links.set(`${link.sensor}/${link.stream}`, { seq: link.seq, digest: link.digest })
    }
  }
  return links
}

function linkOf({ meta: { batch } }: SegmentRecord): StreamLink | null {
  return (batch?.envelope as { readonly link?: StreamLink } | null | undefined)?.link ?? null
}

function answerOf({ state, outcome }: BatchOutcome, conflicting: () => RunproofError): BatchAnswer {
  if (state === 'conflict') throw conflicting()
  return { repeated: state === 'repeated', ...(outcome ?? emptyOutcome) }
}

function conflict(ledger: Ledger, sender: string, batch: string, digests: readonly string[]): RunproofError {
  remember(ledger, sender, batch, digests)
  return new RunproofError('batch.conflict', `the batch id ${JSON.stringify(batch)} was used before for other content`)
}

function remember(ledger: Ledger, sender: string, batch: string, digests: readonly string[]): void {
  const spec = { sender, batch: batch.slice(0, 300), digests: [...digests] }
  ledger.append([eventEntry('batchConflict', spec, `conflict:${sender}:${batch}:${digests.at(-1)}`)])
}

/** One after the other for the same name; others go on. */
async function inTurn<T>(turns: Map<string, Promise<unknown>>, name: string, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(name) ?? Promise.resolve()).then(work, work)
  const settled = mine.catch(() => {})
  turns.set(name, settled)
  try {
    return await mine
  } finally {
    if (turns.get(name) === settled) turns.delete(name)
  }
}
