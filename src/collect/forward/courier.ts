import { RunproofError, type ErrorCode } from '../../../core/model/errors.ts'
import type { Backoff } from './backoff.ts'
import type { Client } from './client.ts'
import { deliver, reasonOf, type Verdict } from './deliver.ts'
import { timeOf, type About, type Outbox, type Signal } from './outbox.ts'
import type { Batch, Spool } from './spool.ts'
import type { Waiting } from './waiting.ts'

export type CourierOptions = {
  readonly client: Client
  readonly credentials: { readonly id: string; readonly secret: string }
  readonly spool: Spool
  readonly outbox: Outbox
  readonly backoff: Backoff
  readonly waiting: Waiting
  readonly about: About
  readonly newStream: () => string
  readonly now: () => number
  readonly say: (message: string) => void
  readonly onAnswer: (answer: CourierAnswer) => void
}
export type CourierAnswer = { readonly acknowledged: number | null; readonly error: string | null }

/** How often a service may refuse in a row before it is taken at its word. */
export const MAX_REFUSALS = 5

/**
 * Brings batches to the service, one after the other, until `isOver` says so or `signal` ends it.
 * @throws RunproofError `access.unauthenticated`, `access.denied`, `request.invalid` when the service refuses for good;
 * `batch.conflict` when it holds another batch of the same number
 */
export async function bring(options: CourierOptions, isOver: () => boolean, signal: AbortSignal): Promise<void> {
  const { spool, waiting, backoff } = options
  let refusals = 0
  while (!signal.aborted) {
    const batch = await nextOf(options)
    if (batch === null) {
      if (isOver()) return
      await waiting.for(200, signal)
      continue
    }
    const verdict = await deliver(options.client, options.credentials, batch, signal)
    if (signal.aborted) return
    refusals = verdict.what === 'refused' ? refusals + 1 : 0
    if (verdict.what === 'refused' && refusals >= MAX_REFUSALS) throw refusal(verdict)
    const waitMs = await took(options, batch, verdict)
    if (waitMs === null) backoff.reset()
    else await waiting.asleep(waitMs, signal)
    if (spool.batches === 0 && isOver()) return
  }
}

/** How long to wait before the next one; null: not at all. */
async function took(options: CourierOptions, batch: Batch, verdict: Verdict): Promise<number | null> {
  const { spool, outbox, backoff, onAnswer, say } = options
  switch (verdict.what) {
    case 'accepted':
      spool.acknowledge(batch.seq)
      onAnswer({ acknowledged: batch.seq, error: null })
      if (outbox.isHeld) await outbox.flush()
      return null
    case 'later':
      onAnswer({ acknowledged: null, error: verdict.why })
      return backoff.next(verdict.waitMs)
    case 'refused':
      onAnswer({ acknowledged: null, error: `${verdict.status}: ${verdict.why}` })
      say(`the service refuses: ${verdict.status}: ${verdict.why}`)
      return backoff.next()
    case 'conflict':
      onAnswer({ acknowledged: null, error: verdict.why })
      throw new RunproofError(
        'batch.conflict',
        `the service holds another batch ${batch.seq} of this stream: ${verdict.why}; two forwarders use one memory, or somebody else has the key`,
      )
    case 'out_of_order':
      onAnswer({ acknowledged: null, error: verdict.why })
      return resync(options, batch, verdict.expected)
  }
}

/** The service expects another batch than the one that we think is next. */
async function resync(options: CourierOptions, batch: Batch, expected: number): Promise<number | null> {
  const { spool, outbox, say, newStream, backoff } = options
  if (expected === batch.seq) return backoff.next()
  if (expected > batch.seq && expected <= spool.link.seq + 1) {
    say(`the service has batches up to ${expected - 1}; going on from ${expected}`)
    spool.acknowledge(expected - 1)
    return null
  }
  say(
    expected < batch.seq
      ? `the service has forgotten batches ${expected} to ${batch.seq - 1}, which it had acknowledged; going on as a new stream`
      : `the service has batches up to ${expected - 1}, of which we know nothing; going on as a new stream`,
  )
  await outbox.restream(newStream(), forgotten(options, batch, expected))
  return null
}

function forgotten({ about, spool, now }: CourierOptions, { seq, createdAt }: Batch, expected: number): Signal {
  if (expected > seq) {
    const what = 'the forwarder went on with an older memory: what it sent since then comes twice'
    return { ...about(), kind: 'fault', at: timeOf(now()), what, lasting: false }
  }
  const from = spool.madeSince(expected) ?? createdAt
  const span = { from: timeOf(Date.parse(from)), to: timeOf(Date.parse(createdAt)) }
  return { ...about(), kind: 'loss', ...span, dropped: null, received: null }
}

/** The next batch; when the disk gives it back damaged, all that can be read goes on as a new stream. */
async function nextOf({ spool, outbox, newStream, say }: CourierOptions): Promise<Batch | null> {
  try {
    return spool.next()
  } catch (error) {
    if (!(error instanceof RunproofError)) throw error
    say(`${reasonOf(error)}; going on as a new stream, without it`)
    await outbox.restream(newStream(), null)
    return spool.next()
  }
}

const codes: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [401, 'access.unauthenticated'],
  [403, 'access.denied'],
])

function refusal({ status, why }: Extract<Verdict, { what: 'refused' }>): RunproofError {
  const code = codes.get(status) ?? 'request.invalid'
  return new RunproofError(
    code,
    `the service refused ${MAX_REFUSALS} times in a row: ${status}: ${why}; what waits stays in the spool`,
  )
}
