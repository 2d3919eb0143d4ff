/** A value that is kept for a while. However many ask while there is none, it is made once. */
export class Cached<T> {
  readonly #make: () => Promise<T>
  readonly #keepMs: number
  readonly #now: () => number
  #kept: { readonly value: T; readonly until: number } | null = null
  #making: Promise<T> | null = null

  constructor(make: () => Promise<T>, keepMs: number, now: () => number) {
    this.#make = make
    this.#keepMs = keepMs
    this.#now = now
  }

  /** What is kept, or what is being made. A making that fails keeps nothing. */
  get(): Promise<T> {
    if (this.#kept !== null && this.#now() < this.#kept.until) return Promise.resolve(this.#kept.value)
    this.#making ??= this.#fresh().finally(() => (this.#making = null))
    return this.#making
  }

  /** Forgets what is kept, so that the next who asks gets it made anew. */
  drop(): void {
    this.#kept = null
  }

  async #fresh(): Promise<T> {
    const value = await this.#make()
    // Kept from when it was finished, as goss counts: a slow run is not stale the moment it ends.
    this.#kept = { value, until: this.#now() + this.#keepMs }
    return value
  }
}
