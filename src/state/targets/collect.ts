import { gather } from '../facts/gather.ts'
import { completeOptions } from '../facts/local.ts'
import type { CollectOptions } from '../facts/options.ts'
import type { FactBundle, Query } from '../model/fact.ts'
import { type TargetSpec, targetOf } from './address.ts'
import { openTarget } from './open.ts'
import { TargetError } from './target-error.ts'
import type { TransportOptions } from './transport.ts'

export type TargetOptions = Partial<CollectOptions> & TransportOptions

/** What became of one target: its facts, or why there are none. */
export type Collected =
  | { readonly target: TargetSpec; readonly bundle: FactBundle }
  | { readonly target: TargetSpec; readonly reason: string }

export type CollectAllOptions = TargetOptions & {
  /** Hosts at once. */
  readonly parallel?: number
  /** Told when a target is begun and when it is done. */
  readonly onProgress?: (progress: Progress) => void
}
export type Progress = {
  readonly target: TargetSpec
  readonly state: 'started' | 'done' | 'failed'
  readonly done: number
  readonly failed: number
  readonly total: number
}

/** Every fact of one host, over one session. @throws TargetError when the host cannot be asked; an answer that fails is in the bundle */
export async function collect(target: TargetSpec, queries: readonly Query[], options: TargetOptions = {}): Promise<FactBundle> {
  const complete = { ...options, ...completeOptions(options, target.address.transport === 'local' ? undefined : IN_SESSION) }
  const { host, close } = await openTarget(target, queries, complete)
  try {
    const bundle = await gather(host, targetOf(target), queries, complete)
    return bundle
  } finally {
    await close()
  }
}

const PARALLEL = 50
/** Questions that wait in a session at once: they go one after the other there, and only the way is saved. */
const IN_SESSION = 200

/** Every fact of many hosts, in the order of the targets. A host that cannot be asked is a result with its reason. */
export async function collectAll(
  targets: readonly TargetSpec[],
  queries: readonly Query[],
  { parallel = PARALLEL, onProgress, ...options }: CollectAllOptions = {},
): Promise<readonly Collected[]> {
  const results: Collected[] = []
  const counts = { done: 0, failed: 0, total: targets.length }
  const waiting = targets.entries()
  const work = async (): Promise<void> => {
    for (const [index, target] of waiting) {
      onProgress?.({ target, state: 'started', ...counts })
      const result = await outcomeOf(target, queries, options)
      results[index] = result
      const state = 'bundle' in result ? 'done' : 'failed'
      counts[state]++
      onProgress?.({ target, state, ...counts })
    }
  }
  await Promise.all(Array.from({ length: Math.min(Math.max(1, parallel), targets.length) }, work))
  return results
}

async function outcomeOf(target: TargetSpec, queries: readonly Query[], options: TargetOptions): Promise<Collected> {
  try {
    return { target, bundle: await collect(target, queries, options) }
  } catch (error) {
    if (error instanceof TargetError) return { target, reason: error.message }
    return { target, reason: `the collector failed: ${error instanceof Error ? error.message : String(error)}` }
  }
}
