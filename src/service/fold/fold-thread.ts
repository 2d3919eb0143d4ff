import { parentPort, workerData } from 'node:worker_threads'
import type { Report } from '../../../core/model/report.ts'
import { findingRows } from '../../store/evidence/finding-rows.ts'
import { openObjects } from '../../store/objects/objects.ts'
import { openEvidence, readEvidence } from '../../store/evidence/evidence.ts'
import type { Position, SegmentKeys } from '../../store/segments/segments.ts'
import type { Schedule } from '../schedule.ts'
import { createFolder, type BatchOutcome } from './folder.ts'
import { failureOf, persistentFolder, type Failure } from './persistent-folder.ts'

/** Everything that the thread needs; a schedule crosses as plain data. */
export type FoldThreadData = {
  readonly segments: { readonly folder: string; readonly key: SegmentKeys }
  /** Path of evidence.db. */
  readonly evidence: string
  /** Folder of objects. */
  readonly objects: string
  readonly schedules: readonly Schedule[]
  readonly digestKey: Uint8Array
  readonly latenessMs: number
  /** How long what was folded may wait in memory. */
  readonly flushMs: number
}

export type ToFold =
  | { readonly kind: 'advance'; readonly until: Position }
  /** Fold up to there, write, and answer with the same `id`. */
  | { readonly kind: 'settle'; readonly until: Position; readonly id: number }
  | { readonly kind: 'reschedule'; readonly schedules: readonly Schedule[] }
  /** Put the findings of this report, an object, into the search index. */
  | { readonly kind: 'index'; readonly report: string; readonly id: number }
  | { readonly kind: 'stop' }

export type FromFold =
  | { readonly kind: 'ready' }
  | { readonly kind: 'written'; readonly at: Position; readonly unclaimed: number }
  | { readonly kind: 'settled'; readonly id: number; readonly error: Failure | null }
  | { readonly kind: 'outcomes'; readonly outcomes: readonly (readonly [key: string, outcome: BatchOutcome])[] }
  /** It could not fold or write, and tries again in a while: `written` says when that went well. */
  | { readonly kind: 'stalled'; readonly error: Failure }
  | { readonly kind: 'stopped' }

/** How long to wait before what failed is tried again: a full disk has room at some time. */
const RETRY_MS = 1_000

void main(workerData as FoldThreadData)

async function main(data: FoldThreadData): Promise<void> {
  if (parentPort === null) return
  const port = parentPort
  const say = (message: FromFold): void => port.postMessage(message)
  const writer = openEvidence(data.evidence)
  const reader = readEvidence(data.evidence)
  const objects = openObjects(data.objects)
  let outcomes: [string, BatchOutcome][] = []
  let { schedules } = data
  let isStopped = false
  let timer: NodeJS.Timeout | null = null
  // One message after the other: a fold that is asked to settle has first done what it was told before.
  let last: Promise<void> = Promise.resolve()
  const inTurn = (work: () => void | Promise<void>): void => void (last = last.then(work))
  const unlessStopped = (work: () => void | Promise<void>) => (): void => inTurn(() => (isStopped ? undefined : work()))

  const folder = await persistentFolder({
    open: () => createFolder({ ...data, schedules, writer, reader, onOutcome: (key, outcome) => outcomes.push([key, outcome]) }),
    onWritten: (at, unclaimed) => say({ kind: 'written', at, unclaimed }),
    onStalled(error) {
      outcomes = []
      say({ kind: 'stalled', error })
      setTimeout(
        unlessStopped(() => folder.resume()),
        RETRY_MS,
      )
    },
  })

  async function advance(until: Position): Promise<void> {
    await folder.advance(until)
    if (outcomes.length > 0) say({ kind: 'outcomes', outcomes })
    outcomes = []
  }

  function flushSoon(): void {
    if (timer !== null || !folder.isDirty()) return
    timer = setTimeout(
      unlessStopped(() => {
        timer = null
        folder.write()
      }),
      data.flushMs,
    )
  }

  async function handle(message: ToFold): Promise<void> {
    switch (message.kind) {
      case 'advance':
        await advance(message.until)
        return flushSoon()
      case 'settle':
        await advance(message.until)
        folder.write()
        return say({ kind: 'settled', id: message.id, error: folder.failure() })
      case 'index':
        return say({ kind: 'settled', id: message.id, error: indexed(message.report) })
      case 'reschedule':
        schedules = message.schedules
        return folder.reschedule(schedules)
      case 'stop':
        isStopped = true
        folder.write()
        writer.close()
        reader.close()
        say({ kind: 'stopped' })
        port.close()
    }
  }

  /** Null when it went well. */
  function indexed(report: string): Failure | null {
    try {
      indexReport(report)
      return null
    } catch (error) {
      return failureOf(error)
    }
  }

  function indexReport(digest: string): void {
    const report = JSON.parse(new TextDecoder().decode(objects.get(digest))) as Report
    writer.replaceFindings(report.window, digest, findingRows(report, digest))
  }

  port.on('message', (message: ToFold) => {
    inTurn(() => handle(message))
  })
  say({ kind: 'ready' })
}
