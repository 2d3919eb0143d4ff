import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Encoding, Sender } from './batch.ts'
import { Backoff } from './backoff.ts'
import type { Client } from './client.ts'
import { bring, type CourierAnswer } from './courier.ts'
import { reasonOf } from './deliver.ts'
import { pumpFile, pumpStream } from './pump.ts'
import { Outbox, timeOf, type About, type WriteRecord } from './outbox.ts'
import { scrape } from './scrape/scrape.ts'
import { Spool } from './spool.ts'
import type { Status } from './status.ts'
import { Waiting } from './waiting.ts'

export type Source =
  | { readonly kind: 'file'; readonly path: string; readonly from: 'start' | 'end' }
  | { readonly kind: 'stream'; readonly stream: () => AsyncIterable<Uint8Array> }

export type ForwarderOptions = {
  readonly sensor: string
  /** The node that the sensor watches; `isGiven`: somebody said so, and the sensor's own word does not count. */
  readonly node: { readonly name: string | null; readonly isGiven: boolean }
  readonly source: Source
  /** Where it remembers. Nobody else may use it: its caller locks it. */
  readonly folder: string
  readonly client: Client
  readonly sender: Sender & { readonly secret: string }
  readonly record: WriteRecord
  readonly encoding: Encoding
  readonly spoolBytes: number
  readonly heartbeatMs: number
  readonly scrape: { readonly url: string; readonly everyMs: number } | null
  readonly now: () => number
  /** Something that a person should know. */
  readonly say: (message: string) => void
  readonly onStatus: (status: Status) => void
  /** For tests: a batch is made at so many lines or bytes, or when it is so old; the log is looked at so often. */
  readonly pace?: Partial<Pace>
}

export type Pace = {
  readonly lines: number
  readonly bytes: number
  readonly lineBytes: number
  readonly waitMs: number
  readonly lookMs: number
  readonly graceMs: number
  /** How long to go on sending after the end. */
  readonly lastMs: number
}
const defaultPace: Pace = {
  lines: 1000,
  bytes: 1024 * 1024,
  lineBytes: 1024 * 1024,
  waitMs: 1000,
  lookMs: 200,
  graceMs: 2000,
  lastMs: 5000,
}
/** A stream that is over has nobody who would bring the rest later. */
const STREAM_END_MS = 30_000

/**
 * Forwards until `stop` or, for a stream, its end: then what is there is put into the spool, and sent if the service takes it in time.
 * Resolves to the number of batches that still wait.
 * @throws RunproofError when the service refuses for good, or the memory cannot be used
 */
export async function forward(options: ForwarderOptions, stop: AbortSignal): Promise<number> {
  const { folder, now, say } = options
  const pace = { ...defaultPace, ...options.pace }
  const newStream = (): string => randomBytes(12).toString('hex')
  const spool = new Spool(join(folder, 'spool'), newStream)
  let scrapedNode: string | null = null
  const about: About = () => ({
    sensor: options.sensor,
    node: options.node.isGiven ? options.node.name : (scrapedNode ?? options.node.name),
  })
  const waiting = new Waiting()
  const outbox = new Outbox({ ...options, ...pace, spool, about })
  const [failed, ended, late] = [new AbortController(), new AbortController(), new AbortController()]
  const stopped = AbortSignal.any([stop, failed.signal, ended.signal])
  const answers = answered(say, now)
  const status = (): void => options.onStatus(statusOf(options, { spool, outbox, ...answers.last() }))
  let isOver = false

  const pump = { outbox, pace, now, say, about, waiting }
  const courier = bring(
    {
      ...options,
      credentials: { id: options.sender.id, secret: options.sender.secret },
      spool,
      outbox,
      backoff: new Backoff(),
      waiting,
      about,
      newStream,
      onAnswer: (answer) => answers.take(answer),
    },
    () => isOver,
    AbortSignal.any([late.signal, failed.signal]),
  )
  const source =
    options.source.kind === 'file'
      ? pumpFile({ ...pump, ...options.source, spool }, stopped)
      : pumpStream({ ...pump, ...options.source }, stopped)
  const others = [
    ticking(outbox, waiting, stopped, status),
    scraping(options, { outbox, about, waiting, onNode: (node) => (scrapedNode = node ?? scrapedNode) }, stopped),
  ]
  // One that fails stops all.
  const all = [courier, source, ...others].map(async (work) => {
    try {
      await work
    } catch (error) {
      failed.abort()
      throw error
    }
  })
  const settled = Promise.allSettled(all)

  await Promise.race([source, settled]).catch(() => {})
  ended.abort()
  await Promise.allSettled([source, ...others])
  if (!failed.signal.aborted) await outbox.flush(options.source.kind === 'stream')
  isOver = true
  waiting.wake()
  const timer = setTimeout(() => late.abort(), stop.aborted || options.source.kind === 'file' ? pace.lastMs : STREAM_END_MS)
  const ends = await settled
  clearTimeout(timer)
  status()
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return spool.batches
}

type Answers = { readonly error: string | null; readonly acknowledgedAt: number | null }

/** Remembers how the last attempts went, and says when that changes. */
function answered(say: (message: string) => void, now: () => number) {
  let last: Answers = { error: null, acknowledgedAt: null }
  return {
    last: () => last,
    take({ acknowledged, error }: CourierAnswer): void {
      if (error !== null && last.error === null) say(`not delivered, trying again: ${error}`)
      if (error === null && last.error !== null) say('the service takes batches again')
      last = { error, acknowledgedAt: acknowledged === null ? last.acknowledgedAt : now() }
    },
  }
}

function statusOf(
  { sensor, spoolBytes, now }: ForwarderOptions,
  { spool, outbox, error, acknowledgedAt }: Answers & { readonly spool: Spool; readonly outbox: Outbox },
): Status {
  const { stream, acknowledged, batches, bytes, mark } = spool
  return {
    sensor,
    stream,
    position: mark === null ? null : { file: mark.file, offset: mark.offset },
    spool: { batches, bytes, limit: spoolBytes, isFull: outbox.isHeld },
    acknowledged: { seq: acknowledged, at: acknowledgedAt === null ? null : timeOf(acknowledgedAt) },
    dropped: outbox.dropped,
    error,
    at: timeOf(now()),
  }
}

/** Batches that are old enough, heartbeats, and what others should see. */
async function ticking(outbox: Outbox, waiting: Waiting, stopped: AbortSignal, status: () => void): Promise<void> {
  while (!stopped.aborted) {
    await outbox.tick()
    waiting.wake()
    status()
    await waiting.asleep(100, stopped)
  }
}

type Scraping = {
  readonly outbox: Outbox
  readonly about: About
  readonly waiting: Waiting
  readonly onNode: (node: string | null) => void
}

async function scraping(
  { scrape: from, sensor, now, say }: ForwarderOptions,
  { outbox, about, waiting, onNode }: Scraping,
  stopped: AbortSignal,
): Promise<void> {
  let wasWell = true
  if (from === null) return
  while (!stopped.aborted) {
    try {
      const { counters, node } = await scrape(sensor, from.url, stopped)
      onNode(node)
      if (!outbox.isHeld) outbox.tell({ ...about(), kind: 'counters', at: timeOf(now()), ...counters })
      wasWell = true
    } catch (error) {
      if (stopped.aborted) return
      const what = `its metrics could not be read: ${reasonOf(error).slice(0, 300)}`
      if (wasWell) say(`${sensor}: ${what}`)
      wasWell = false
      if (!outbox.isHeld) outbox.tell({ ...about(), kind: 'fault', at: timeOf(now()), what, lasting: false })
    }
    await waiting.asleep(from.everyMs, stopped)
  }
}
