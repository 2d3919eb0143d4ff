/** One thing that is measured. Names and keys stay: whoever compares two versions reads them. */
export type Bench = {
  readonly name: string
  /** What each figure is, for the table. */
  readonly figures: Readonly<Record<string, string>>
  readonly run: (options: BenchOptions) => Promise<Result>
}

export type BenchOptions = {
  /** Fewer and shorter runs: all benches in less than a minute. */
  readonly quick: boolean
  /** A fraction of the usual input, for tests; 1 where figures are to mean something. */
  readonly scale: number
}

export type Result = {
  readonly figures: Readonly<Record<string, number>>
  /** What was measured, and how the figures relate. */
  readonly note: string
}

/** The middle of the measured values; of an even number the higher one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

/** Milliseconds that the job took, and what it gave. */
export async function timed<T>(job: () => T | Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const start = performance.now()
  const value = await job()
  return { ms: performance.now() - start, value }
}

/** Rounds to three digits: more would be noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
