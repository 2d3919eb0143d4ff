import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { EvidenceReader, EvidenceWriter } from '../../store/evidence/evidence.ts'
import type { Delta } from '../../store/evidence/types.ts'
import { readSegments, type Position, type SegmentKeys, type SegmentRecord } from '../../store/segments/segments.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { createEventReader, createQuickReader } from '../../sensors/read/event-reader.ts'
import type { QuickReader } from '../../sensors/read/quick-reader.ts'
import { connectors } from '../../sensors/registry.ts'
import { builtIn, redactorOf, type Redactor } from '../../sensors/redact.ts'
import type { Period, Schedule } from '../schedule.ts'
import { createOutcome, type Outcome } from './outcome.ts'
import { createRouter } from './router.ts'

export type FolderOptions = {
  readonly segments: { readonly folder: string; readonly key: SegmentKeys }
  readonly writer: EvidenceWriter
  readonly reader: EvidenceReader
  readonly schedules: readonly Schedule[]
  readonly digestKey: Uint8Array
  readonly latenessMs: number
  /** What became of a batch whose sender waits for the answer. */
  readonly onOutcome: (key: string, outcome: BatchOutcome) => void
}

/** `repeated`: the batch was there before and changed nothing; `conflict`: its id was used for other content. */
export type BatchOutcome = { readonly state: 'folded' | 'repeated' | 'conflict'; readonly outcome: Outcome | null }

/** How much may lie folded in memory before it is written. */
const FLUSH_EVENTS = 50_000
const FLUSH_BYTES = 24 * 1024 * 1024

/** What a compressed body may become: a bomb must not fill the memory. */
export const MAX_UNPACKED = 256 * 1024 * 1024

export type Folder = {
  /** Folds everything from where it stands up to `until`. What it read is in memory until {@link flush}. */
  readonly advance: (until: Position) => Promise<void>
  /** Writes what was folded, with the place that was reached, in one transaction. */
  readonly flush: () => void
  readonly reschedule: (schedules: readonly Schedule[]) => Promise<void>
  /** Where the next frame to fold begins. */
  readonly at: () => Position
  /** True when something was folded that is not written yet. */
  readonly isDirty: () => boolean
  readonly unclaimed: () => number
}

/**
 * Turns raw segments into evidence, frame by frame, each exactly once: the place that was reached is written in the transaction of what
 * was folded up to there. After a crash it goes on from the last such place.
 */
export async function createFolder(options: FolderOptions): Promise<Folder> {
  const { writer, reader, digestKey, latenessMs, onOutcome } = options
  const redactors = new Map<number, Redactor>()
  const redactorFor = ({ manifest }: Period): Redactor => redactors.get(manifest) ?? builtIn
  await learn(options.schedules, redactors)
  const router = createRouter({ schedules: options.schedules, digestKey, latenessMs, redactorFor })
  let at: Position = reader.place() ?? { segment: 1, offset: 0 }
  let receivedMs = 0
  let [events, bytes] = [0, 0]
  let dirty = false
  const quick = new Map<string, QuickReader>()
  const batches = new Map<string, Delta['batches'][number]>()
  const streams = new Map<string, Delta['streams'][number]>()

  /** Records are short; what one teaches of a sensor's forms is for all that follow. */
  function quickFor(sensor: string): QuickReader {
    const known = quick.get(sensor)
    if (known) return known
    const fresh = createQuickReader(sensor, connectors)
    quick.set(sensor, fresh)
    return fresh
  }

  function fold(record: SegmentRecord): Outcome {
    const { meta } = record
    const outcome = createOutcome()
    const reader = createEventReader({
      sensor: meta.sensor,
      connectors,
      quick: quickFor(meta.sensor),
      onEvent(event) {
        events++
        outcome.add(event.reading)
        router.route(event, meta.receivedMs, meta.scopes)
      },
    })
    const body = unpacked(record)
    if (body === null) {
      const reading = { class: 'malformed', sensor: null, reason: `not_${meta.encoding}` } as const
      outcome.add(reading)
      router.route({ reading, raw: record.body }, meta.receivedMs, meta.scopes)
    } else {
      reader.push(body)
      reader.end()
    }
    return outcome.result()
  }

  function take(record: SegmentRecord): void {
    const { batch, source, receivedMs: received } = record.meta
    receivedMs = Math.max(receivedMs, received)
    bytes += record.body.length
    dirty = true
    if (batch === null) return void fold(record)
    const key = batchKey(source, batch)
    const known = batches.get(key) ?? reader.batchOf(key)
    if (known) {
      const state = known.digest === batch.digest ? 'repeated' : 'conflict'
      return onOutcome(key, { state, outcome: state === 'repeated' ? (known.outcome as unknown as Outcome) : null })
    }
    const outcome = fold(record)
    batches.set(key, { key, digest: batch.digest, outcome, receivedMs: received })
    const link = streamOf(batch.envelope)
    if (link !== null) streams.set(`${link.sensor}/${link.stream}`, { ...link, receivedMs: received })
    onOutcome(key, { state: 'folded', outcome })
  }

  function flush(): void {
    if (!dirty) return
    const folded = router.drain()
    const place = { ...at, receivedMs }
    writer.fold({ place, ...folded, batches: [...batches.values()], streams: [...streams.values()] })
    batches.clear()
    streams.clear()
    ;[events, bytes, dirty] = [0, 0, false]
  }

  return {
    async advance(until) {
      const { folder, key } = options.segments
      for (const frame of readSegments({ folder, key, from: at, until })) {
        for (const record of frame.records) take(record)
        at = frame.next
        if (events >= FLUSH_EVENTS || bytes >= FLUSH_BYTES) flush()
      }
    },
    flush,
    async reschedule(schedules) {
      await learn(schedules, redactors)
      router.reschedule(schedules)
    },
    at: () => at,
    isDirty: () => dirty,
    unclaimed: () => router.unclaimed(),
  }
}

/** Compiles the rules of promises that are new. */
async function learn(schedules: readonly Schedule[], redactors: Map<number, Redactor>): Promise<void> {
  for (const { manifest, redaction } of schedules.flatMap(({ periods }) => periods)) {
    if (redaction !== null && !redactors.has(manifest)) redactors.set(manifest, await redactorOf(redaction))
  }
}

/** Names one part of one batch of one sender: the same again changes nothing. */
export function batchKey(source: string, { id, part }: { readonly id: string; readonly part: number }): string {
  return JSON.stringify([source, id, part])
}

/** A link of a signed chain of batches, as the door put it beside the signature. */
export type StreamLink = { readonly sensor: string; readonly stream: string; readonly seq: number; readonly digest: string }

function streamOf(envelope: JsonValue): StreamLink | null {
  if (envelope === null || typeof envelope !== 'object' || Array.isArray(envelope)) return null
  return (envelope as { readonly link?: StreamLink }).link ?? null
}

function unpacked({ meta, body }: SegmentRecord): Uint8Array | null {
  if (meta.encoding === 'identity') return body
  try {
    const unpack = meta.encoding === 'gzip' ? gunzipSync : zstdDecompressSync
    return unpack(body, { maxOutputLength: MAX_UNPACKED })
  } catch {
    return null
  }
}
