import { createHash } from 'node:crypto'
import { startCoverage } from './coverage.ts'
import { createRandom, type Random } from './random.ts'
import { Broken, type Prepared } from './target.ts'

/** Longer than this for one input is a hang. Generous: the machine may be busy with something else. */
export const HANG_MS = 10_000
const BATCH = 48
const MAX_KEPT = 4000
/** One bug shows in many inputs; these are enough to see whether it is one. */
const MAX_CRASHERS = 5
const MINIMISE_MS = 15_000

export type Budget = {
  readonly seed: number
  /** Null: until the time is over. */
  readonly inputs: number | null
  readonly seconds: number
  readonly guided: boolean
}

export type Crasher = { readonly why: string; readonly input: Uint8Array }

export type Outcome = {
  readonly inputs: number
  /** Inputs that reached code which none had reached before. */
  readonly newPaths: number
  readonly slowestMs: number
  readonly slowest: Uint8Array
  readonly heapGrowthMiB: number
  readonly tally: ReadonlyMap<string, number>
  readonly crashers: readonly Crasher[]
}

/**
 * Feeds a target with its seeds and with mutations of them until the budget is spent. With `guided`, inputs that reach new code are
 * kept and mutated further; without, the run depends on nothing but the seed. `onInput` hears of each input before it is read.
 */
export async function fuzz(
  { seeds, mutate, check }: Prepared,
  { seed, inputs, seconds, guided }: Budget,
  onInput: (input: Uint8Array) => void,
): Promise<Outcome> {
  const random = createRandom(seed)
  const kept = [...seeds]
  const tally = new Map<string, number>()
  const crashers = new Map<string, Crasher>()
  const coverage = guided ? startCoverage() : null
  const heapBefore = process.memoryUsage().heapUsed
  const until = performance.now() + seconds * 1000
  let [count, newPaths, slowestMs] = [0, 0, 0]
  let slowest: Uint8Array = new Uint8Array(0)

  const run = async (input: Uint8Array): Promise<boolean> => {
    onInput(input)
    count++
    const { outcome, why, ms } = await tried(check, input)
    if (ms > slowestMs) [slowestMs, slowest] = [ms, input]
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1)
    if (why === null) return true
    const kind = kindOf(why)
    if (!crashers.has(kind)) {
      const small = await minimised(check, input, kind, onInput)
      crashers.set(kind, { input: small, why: (await tried(check, small)).why ?? why })
    }
    return false
  }
  const isOver = (): boolean => crashers.size >= MAX_CRASHERS || (inputs === null ? performance.now() > until : count >= inputs)

  for (const one of seeds) {
    if (isOver()) break
    await run(one)
  }
  coverage?.keep(coverage.take())
  while (!isOver()) {
    const batch: Uint8Array[] = []
    for (let i = 0; i < BATCH && !isOver(); i++) {
      const input = mutate(chosen(kept, seeds.length, random), random, kept)
      batch.push(input)
      await run(input)
    }
    if (!coverage) continue
    const touched = coverage.take()
    if (!coverage.isNew(touched)) continue
    // Which of them it was: each once more, by itself.
    for (const input of batch) {
      onInput(input)
      await tried(check, input)
      const alone = coverage.take()
      if (!coverage.isNew(alone)) continue
      coverage.keep(alone)
      newPaths++
      if (kept.length < MAX_KEPT) kept.push(input)
    }
    coverage.keep(touched)
  }
  coverage?.stop()
  const heapGrowthMiB = Math.round((process.memoryUsage().heapUsed - heapBefore) / 2 ** 20)
  return {
    inputs: count,
    newPaths,
    slowestMs: Math.round(slowestMs),
    slowest,
    heapGrowthMiB,
    tally,
    crashers: [...crashers.values()],
  }
}

/** Half of the time one of the newest: they stand where something new began. */
function chosen(kept: readonly Uint8Array[], seeds: number, random: Random): Uint8Array {
  const fresh = kept.slice(Math.max(seeds, kept.length - 50))
  return random.pick(fresh.length > 0 && random.chance(0.5) ? fresh : kept)
}

/** What became of one input; `why` is null unless something happened that must not. */
export async function tried(
  check: Prepared['check'],
  input: Uint8Array,
): Promise<{ readonly outcome: string; readonly why: string | null; readonly ms: number }> {
  const start = performance.now()
  try {
    const outcome = await check(input)
    const ms = performance.now() - start
    return ms > HANG_MS ? { outcome: 'CRASHER', why: `took ${Math.round(ms)} ms`, ms } : { outcome, why: null, ms }
  } catch (error) {
    const why =
      error instanceof Error ? (error instanceof Broken ? error.message : (error.stack ?? error.message)) : String(error)
    return { outcome: 'CRASHER', why, ms: performance.now() - start }
  }
}

/** Failures of one kind are one bug: the message without what the input put into it, and where it was thrown. */
function kindOf(why: string): string {
  const [message = '', place = ''] = why
    .split('\n')
    .filter((line, index) => index === 0 || /\/(?:core|src|verify|test)\//.test(line))
  return `${message.replaceAll(/["'`].*["'`]|\d+/g, '…').slice(0, 120)} ${place.trim()}`
}

/** The shortest input found in a few seconds that fails in the same way: pieces are taken out, from halves down to single bytes. */
async function minimised(
  check: Prepared['check'],
  input: Uint8Array,
  kind: string,
  onInput: (input: Uint8Array) => void,
): Promise<Uint8Array> {
  const until = performance.now() + MINIMISE_MS
  let best = input
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && performance.now() < until;) {
      const shorter = new Uint8Array([...best.subarray(0, at), ...best.subarray(at + size)])
      onInput(shorter)
      const { why } = await tried(check, shorter)
      if (why !== null && kindOf(why) === kind) best = shorter
      else at += size
    }
  }
  return best
}

/** Names an input in `vectors/crashers/<target>/`. */
export function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 16)
}
