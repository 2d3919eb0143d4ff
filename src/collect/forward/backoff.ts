const FIRST_MS = 500
const MOST_MS = 60_000

/** Waits that double from half a second to a minute, each between half of that and all of it, so that not all come back at once. */
export class Backoff {
  private readonly random: () => number
  private failures = 0

  constructor(random: () => number = Math.random) {
    this.random = random
  }

  /** How long to wait after one more failure; never shorter than the service asked for. */
  next(askedMs: number | null = null): number {
    const most = Math.min(FIRST_MS * 2 ** this.failures, MOST_MS)
    this.failures = Math.min(this.failures + 1, 20)
    const waitMs = most / 2 + (this.random() * most) / 2
    // Some are asked to come back at the same moment: they do not.
    return askedMs === null ? waitMs : Math.max(waitMs, askedMs * (1 + this.random() / 10))
  }

  reset(): void {
    this.failures = 0
  }
}
