import { Worker } from 'node:worker_threads'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Report } from '../../../core/model/report.ts'
import type { Seal } from '../../report/html.ts'
import type { FromPdf, ToPdf } from './pdf-thread.ts'

/** Documents, made in a thread of their own: setting hundreds of pages holds a processor for most of a second. */
export type PdfClient = {
  /**
   * @throws RunproofError `service.overloaded` when as many wait as may
   */
  readonly pdfOf: (report: Report, seal: Seal) => Promise<Uint8Array>
  readonly stop: () => Promise<void>
}

/** Each holds its report until it is made. */
const MOST_WAITING = 32
/** The thread holds fonts and pages: it goes when nobody asks for a while. */
const IDLE_MS = 60_000

type Waiter = { readonly resolve: (bytes: Uint8Array) => void; readonly reject: (error: Error) => void }

/** Starts nothing until the first document is asked for. */
export function createPdfClient(idleMs = IDLE_MS): PdfClient {
  const waiting = new Map<number, Waiter>()
  let worker: Worker | null = null
  let idle: NodeJS.Timeout | undefined
  let nextId = 1

  function rejectAll(error: Error): void {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
    worker = null
  }

  function take(message: FromPdf): void {
    const waiter = waiting.get(message.id)
    waiting.delete(message.id)
    if ('bytes' in message) waiter?.resolve(message.bytes)
    else waiter?.reject(Object.assign(new Error(message.error.message), { code: message.error.code }))
    if (waiting.size === 0) idle = setTimeout(() => void stop(), idleMs).unref()
  }

  function started(): Worker {
    const made = new Worker(new URL('pdf-thread.ts', import.meta.url))
    made.on('message', take)
    made.on('error', rejectAll)
    made.on('exit', () => {
      // One that was told to end may end after its successor began.
      if (worker === made) rejectAll(new Error('the thread that makes documents ended'))
    })
    return made
  }

  async function stop(): Promise<void> {
    clearTimeout(idle)
    const ended = worker
    if (ended === null) return
    rejectAll(new RunproofError('service.stopping', 'the service is stopping; ask for the document again'))
    await ended.terminate()
  }

  return {
    pdfOf(report, seal) {
      if (waiting.size >= MOST_WAITING) {
        const why = `${MOST_WAITING} documents are being made already; ask again in a moment`
        return Promise.reject(new RunproofError('service.overloaded', why))
      }
      clearTimeout(idle)
      const id = nextId++
      const message: ToPdf = { id, report, seal }
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        worker ??= started()
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage(message)
      })
    },
    stop,
  }
}
