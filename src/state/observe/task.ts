import type { Reason } from './watched.ts'

/**
 * Something that runs at most once at a time. What is asked for while it runs is asked for once more when it is done, however often that was:
 * what changed meanwhile must not be missed.
 */
export class Task {
  private readonly work: (reason: Reason) => Promise<void>
  private running: Promise<void> | null = null
  private waiting: Reason | null = null
  private isStopped = false

  /** `work` must not throw: it tells what went wrong by itself. */
  constructor(work: (reason: Reason) => Promise<void>) {
    this.work = work
  }

  get isRunning(): boolean {
    return this.running !== null
  }

  /** Resolves when nothing is left to be done. */
  ask(reason: Reason): Promise<void> {
    if (this.isStopped) return Promise.resolve()
    if (this.running === null) this.running = this.run(reason)
    else this.waiting ??= reason
    return this.running
  }

  /** What runs is finished; nothing more begins. */
  async stop(): Promise<void> {
    this.isStopped = true
    this.waiting = null
    await this.running
  }

  private async run(first: Reason): Promise<void> {
    let reason: Reason | null = first
    while (reason !== null) {
      await this.work(reason)
      reason = this.waiting
      this.waiting = null
    }
    this.running = null
  }
}
