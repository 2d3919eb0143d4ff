import { availableParallelism } from 'node:os'
import { Worker, type ResourceLimits } from 'node:worker_threads'

/** More readers than this leave nothing to read: one thread gives them their bytes. */
const MOST_THREADS = 4

/** How many threads to read with when nobody said so. */
export function usualThreads(): number {
  return Math.min(availableParallelism(), MOST_THREADS)
}

type Waiting = { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void }

/**
 * A thread that answers every message once, in order. While nothing is asked it does not keep the process alive.
 * A thread that dies rejects what was asked of it and all that is asked later.
 */
export class Thread {
  private readonly worker: Worker
  private readonly waiting: Waiting[] = []
  private failed: Error | null = null

  constructor(entry: URL, workerData: unknown, resourceLimits: ResourceLimits = {}) {
    this.worker = new Worker(entry, { workerData, resourceLimits })
    this.worker.unref()
    this.worker.on('message', (answer) => this.settle(({ resolve }) => resolve(answer)))
    this.worker.on('error', (error) => this.fail(error instanceof Error ? error : new Error(String(error))))
    this.worker.on('exit', () => this.fail(new Error('a reader thread ended early')))
  }

  get asked(): number {
    return this.waiting.length
  }

  ask(message: unknown, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    if (this.failed !== null) return Promise.reject(this.failed)
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
      this.worker.ref()
      this.worker.postMessage(message, [...transfer])
    })
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }

  private settle(answer: (waiting: Waiting) => void): void {
    const first = this.waiting.shift()
    if (this.waiting.length === 0) this.worker.unref()
    if (first) answer(first)
  }

  private fail(error: Error): void {
    this.failed ??= error
    for (const { reject } of this.waiting.splice(0)) reject(this.failed)
  }
}
