import type { Violation } from './model.ts'

/** What it returns is not waited for; a promise that fails is counted like a throw. */
export type Handler = (violation: Violation) => unknown

export type HandlerCounts = {
  /** Throws and failed promises. */
  errors: number
  /** Violations that found the queue full: in the statistics, and with no handler. */
  overflow: number
}

/** As many as are handed on before anything else gets its turn. */
const BATCH = 64

/** Hands violations to handlers after the check that found them: none can slow it down, break it or call it again within itself. */
export class Handlers {
  readonly counts: HandlerCounts = { errors: 0, overflow: 0 }
  readonly #limit: number
  readonly #handlers = new Set<Handler>()
  #queue: Violation[] = []
  #scheduled = false
  #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  add(handler: Handler): () => void {
    // Its own function, so that one handler that is added twice can be taken away once.
    const own: Handler = (violation) => handler(violation)
    this.#handlers.add(own)
    return () => void this.#handlers.delete(own)
  }

  push(violation: Violation): void {
    if (this.#handlers.size === 0) return
    if (this.#queue.length >= this.#limit) {
      this.counts.overflow++
      return
    }
    this.#queue.push(violation)
    this.#schedule()
  }

  async drained(): Promise<void> {
    if (this.#queue.length === 0) return
    await new Promise<void>((resolve) => void this.#waiting.push(resolve))
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#hand())
  }

  #hand(): void {
    this.#scheduled = false
    const batch = this.#queue.slice(0, BATCH)
    this.#queue = this.#queue.slice(BATCH)
    for (const violation of batch) for (const handler of this.#handlers) this.#call(handler, violation)
    if (this.#queue.length > 0) this.#schedule()
    else for (const done of this.#waiting.splice(0)) done()
  }

  #call(handler: Handler, violation: Violation): void {
    try {
      const returned = handler(violation)
      if (returned instanceof Promise) returned.catch(() => void this.counts.errors++)
    } catch {
      this.counts.errors++
    }
  }
}
