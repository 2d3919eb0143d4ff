/** What came of one peer: figures of both with a sentence on how they relate, or why it was not measured. */
export type Part = { readonly figures: Readonly<Record<string, number>>; readonly said: string } | { readonly absent: string }

export type Cost = { readonly ms: number; readonly cpuMs: number }

/**
 * What a job in this process took: milliseconds on the clock, and of the processors, all threads together, in user and system mode. On a
 * machine that does other work only the second can be compared.
 */
export async function costOf(job: () => Promise<unknown>): Promise<Cost> {
  const [start, before] = [performance.now(), process.cpuUsage()]
  await job()
  const { user, system } = process.cpuUsage(before)
  return { ms: performance.now() - start, cpuMs: (user + system) / 1000 }
}
