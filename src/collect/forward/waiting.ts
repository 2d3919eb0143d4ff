/** Waits that can be cut short: by whoever brings something, or by the end of everything. */
export class Waiting {
  private readonly woken = new Set<() => void>()

  /** Until somebody calls `wake`, at most so long. */
  for(ms: number, signal: AbortSignal): Promise<void> {
    return this.until(ms, signal, true)
  }

  /** So long, whoever calls. */
  asleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.until(ms, signal, false)
  }

  wake(): void {
    for (const wake of [...this.woken]) wake()
  }

  private until(ms: number, signal: AbortSignal, canBeWoken: boolean): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        this.woken.delete(end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal.addEventListener('abort', end)
      if (canBeWoken) this.woken.add(end)
    })
  }
}
