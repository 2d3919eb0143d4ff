import { Worker } from 'node:worker_threads'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Position } from '../../store/segments/segments.ts'
import type { Schedule } from '../schedule.ts'
import type { FoldThreadData, FromFold, ToFold } from './fold-thread.ts'
import type { BatchOutcome } from './folder.ts'
import type { Failure } from './persistent-folder.ts'

/** The thread that folds, as the service sees it. */
export type FoldClient = {
  /** Something is durable up to there; it will be folded soon. */
  readonly advance: (until: Position) => void
  /** Resolves once everything up to there is folded and written. */
  readonly settle: (until: Position) => Promise<void>
  /** What becomes of a batch; ask before it is appended. */
  readonly outcomeOf: (key: string) => Promise<BatchOutcome>
  readonly reschedule: (schedules: readonly Schedule[]) => void
  /** Puts the findings of a report into the search index, in place of those of the one that it replaces. */
  readonly index: (report: string) => Promise<void>
  /** Events that no scope promised anything about, since the start. */
  readonly unclaimed: () => number
  /** What the thread failed of and tries again, or why it ended; null while it folds. */
  readonly failure: () => string | null
  readonly stop: () => Promise<void>
}

export type FoldEvents = {
  /** Everything before `at` is written. */
  readonly onWritten: (at: Position) => void
  /** Nothing is folded until the next `onWritten`; nothing is lost, and it is tried again. */
  readonly onStalled: (why: string) => void
  /** The thread ended: nothing is folded until the next start. */
  readonly onFailure: (why: string) => void
}

/** A small nursery: what one record leaves behind is gone with the next, and need not be collected all at once. */
const resourceLimits = { maxYoungGenerationSizeMb: 24 }

/** Starts the thread. */
export async function startFolding(data: FoldThreadData, { onWritten, onStalled, onFailure }: FoldEvents): Promise<FoldClient> {
  const worker = new Worker(new URL('fold-thread.ts', import.meta.url), { workerData: data, resourceLimits })
  const settling = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>()
  const waiting = new Map<
    string,
    { readonly resolve: (outcome: BatchOutcome) => void; readonly reject: (error: Error) => void }[]
  >()
  let [nextId, unclaimed] = [1, 0]
  let failure: RunproofError | null = null
  let ended = false
  let stopped: (() => void) | null = null

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  const say = (message: ToFold): void => worker.postMessage(message)

  /** Whoever waits is told, and may come again. */
  function stalled(error: RunproofError): void {
    failure = error
    for (const waiters of waiting.values()) for (const { reject } of waiters) reject(error)
    waiting.clear()
  }

  function failed(why: string): void {
    if (ended) return
    ended = true
    stalled(new RunproofError('store.unreadable', `folding stopped: ${why}`))
    for (const { reject } of settling.values()) reject(failure ?? new Error(why))
    settling.clear()
    onFailure(why)
  }

  function answered(message: (id: number) => ToFold): Promise<void> {
    if (ended && failure !== null) return Promise.reject(failure)
    const id = nextId++
    return new Promise((resolve, reject) => {
      settling.set(id, { resolve, reject })
      say(message(id))
    })
  }

  function settled({ id, error }: Extract<FromFold, { kind: 'settled' }>): void {
    const waiter = settling.get(id)
    settling.delete(id)
    if (error === null) waiter?.resolve()
    else waiter?.reject(errorOf(error))
  }

  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject)
    worker.on('message', (message: FromFold) => {
      switch (message.kind) {
        case 'ready':
          worker.off('error', reject)
          return resolve()
        case 'written':
          unclaimed = message.unclaimed
          failure = null
          return onWritten(message.at)
        case 'settled':
          return settled(message)
        case 'outcomes':
          for (const [key, outcome] of message.outcomes) {
            for (const { resolve } of waiting.get(key) ?? []) resolve(outcome)
            waiting.delete(key)
          }
          return
        case 'stalled':
          stalled(errorOf(message.error))
          return onStalled(message.error.message)
        case 'stopped':
          return stopped?.()
      }
    })
  })
  worker.on('error', (error) => failed(error.stack ?? error.message))
  worker.on('exit', (code) => {
    if (stopped === null) failed(`the thread ended with code ${code}`)
  })

  return {
    advance: (until) => say({ kind: 'advance', until }),
    settle: (until) => answered((id) => ({ kind: 'settle', until, id })),
    index: (report) => answered((id) => ({ kind: 'index', report, id })),
    outcomeOf(key) {
      if (failure !== null) return Promise.reject(failure)
      return new Promise((resolve, reject) => waiting.set(key, [...(waiting.get(key) ?? []), { resolve, reject }]))
    },
    reschedule: (schedules) => say({ kind: 'reschedule', schedules }),
    unclaimed: () => unclaimed,
    failure: () => failure?.message ?? null,
    async stop() {
      if (!ended) {
        await new Promise<void>((resolve) => {
          stopped = resolve
          say({ kind: 'stop' })
        })
      }
      stopped ??= () => {}
      await worker.terminate()
    },
  }
}

/** Of another thread; what nobody can act on is not explained to whoever waits at the door. */
function errorOf({ code, message }: Failure): RunproofError {
  return new RunproofError(
    code === 'store.full' || code === 'store.busy' ? code : 'store.unreadable',
    `folding failed: ${message}`,
  )
}
