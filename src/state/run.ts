import type { FactBundle, Query } from './model/fact.ts'
import type { Dialect, Suite } from './model/resource.ts'
import type { Result } from './model/result.ts'
import { isGoList, type GoValue } from './model/value.ts'
import { parsePatterns } from './match/patterns.ts'
import { evaluate } from './evaluate.ts'
import type { Context } from './resources/kind.ts'
import { queriesOfSuite } from './resources/resources.ts'

export type Retry = { readonly timeoutMs: number; readonly sleepMs: number }

/** Time, and how it passes: tests give their own. */
export type Clock = { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> }

/** What the wait between two attempts is announced with. `attempt`: the number of the next one. */
export type Announce = {
  readonly retrying: (sleepMs: number, elapsedMs: number, timeoutMs: number) => void
  readonly attempt: (attempt: number) => void
}

export const RETRY_TIMEOUT = 3

/**
 * Runs an attempt until it ends with 0, as goss does: no attempt begins that would begin after the time is up.
 * @returns the last attempt's exit code, or 3 when the time was up before one passed
 */
export async function untilPassing(
  attempt: () => Promise<number>,
  retry: Retry | null,
  { now, sleep }: Clock,
  announce: Announce,
): Promise<number> {
  const start = now()
  for (let count = 2; ; count++) {
    const code = await attempt()
    if (retry === null || retry.timeoutMs === 0 || code === 0) return code
    const elapsed = now() - start
    if (elapsed + retry.sleepMs > retry.timeoutMs) return RETRY_TIMEOUT
    announce.retrying(retry.sleepMs, elapsed, retry.timeoutMs)
    await sleep(retry.sleepMs)
    announce.attempt(count)
  }
}

/** One host, what it answered and how that is judged; `failure`: why there is no answer. */
export type HostRun = {
  readonly name: string
  readonly bundle: FactBundle | null
  readonly results: readonly Result[]
  readonly failure: string | null
}

/** What every host is asked, and how its answers are judged. */
export type Judgement = {
  readonly queries: readonly Query[]
  readonly judge: (bundle: FactBundle) => readonly Result[]
  /** Compiles what will be matched while the hosts are asked; ends early once they have answered. */
  readonly prepare: (isOver: () => boolean) => Promise<void>
}

/** A suite as questions and a judge. @throws GossPanic from `judge`, in the dialect `goss` */
export function judgementOf(suite: Suite, dialect: Dialect, packageManager: Context['packageManager']): Judgement {
  return {
    queries: queriesOfSuite(suite, { dialect, packageManager }),
    judge: (bundle) => evaluate(suite, bundle, dialect, packageManager),
    prepare: (isOver) => prepare(suite, dialect, isOver),
  }
}

/** In so small pieces that no answer waits. */
const PIECE_MS = 4

async function prepare({ resources }: Suite, dialect: Dialect, isOver: () => boolean): Promise<void> {
  await turn()
  let since = performance.now()
  for (const { attributes, skip } of resources) {
    if (skip) continue
    for (const value of attributes.values()) if (isGoList(value) && value.some(isExpression)) parsePatterns(value, dialect)
    if (performance.now() - since < PIECE_MS) continue
    await turn()
    if (isOver()) return
    since = performance.now()
  }
}

function isExpression(value: GoValue): boolean {
  return typeof value === 'string' && /^!?\//.test(value)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
