import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Run } from './host.ts'
import { type Lane, type LaneOptions, openLane } from './lane.ts'

/** Shells that share the commands of a run. */
export type Lanes = {
  /** Null: this machine lets us have none; the command was not started. */
  readonly run: (words: string, timeoutMs: number) => Promise<Run | null>
  readonly isStarted: () => boolean
  readonly close: () => void
}

export type LanesOptions = Omit<LaneOptions, 'pipes'> & { readonly most: number; readonly signal: AbortSignal | undefined }

/** When nothing has ended for so long, what waits gets a lane of its own. */
const PATIENCE_MS = 15

type Waiting = { readonly words: string; readonly timeoutMs: number; readonly resolve: (run: Run | null) => void }

/** A lane for each processor at first; more of them only while commands wait behind others that sleep. */
export function openLanes({ most, signal, ...options }: LanesOptions): Lanes {
  const lanes = new Set<Lane>()
  const idle: Lane[] = []
  const waiting: Waiting[] = []
  const folder = privateFolder()
  let [started, movedAt] = [0, 0]
  let timer: NodeJS.Timeout | undefined

  const start = (): Lane | null => {
    const place = folder.path()
    if (place === null) return null
    started++
    const lane = openLane({ ...options, pipes: [join(place, `${started}o`), join(place, `${started}e`)] })
    lanes.add(lane)
    return lane
  }
  const mayGrow = (): boolean => {
    if (lanes.size >= most) return false
    return lanes.size < availableParallelism() || performance.now() - movedAt >= PATIENCE_MS
  }
  const give = async (lane: Lane, { words, timeoutMs, resolve }: Waiting): Promise<void> => {
    const run = await lane.run(words, timeoutMs)
    movedAt = performance.now()
    if (lane.isAlive()) idle.push(lane)
    else lanes.delete(lane)
    resolve(run)
    next()
  }
  const next = (): void => {
    clearTimeout(timer)
    while (waiting.length > 0) {
      const lane = idle.pop() ?? (mayGrow() ? start() : undefined)
      if (lane === undefined) break
      const job = waiting.shift()
      movedAt = performance.now()
      if (lane === null) job?.resolve(null)
      else if (job !== undefined) void give(lane, job)
    }
    if (waiting.length > 0 && lanes.size < most) timer = setTimeout(next, PATIENCE_MS)
  }
  const stop = (): void => {
    for (const lane of lanes) lane.kill()
  }
  signal?.addEventListener('abort', stop, { once: true })

  return {
    isStarted: () => lanes.size > 0,
    run: (words, timeoutMs) =>
      new Promise((resolve) => {
        waiting.push({ words, timeoutMs, resolve })
        if (idle.length > 0 || mayGrow() || timer === undefined) next()
      }),
    close: () => {
      signal?.removeEventListener('abort', stop)
      clearTimeout(timer)
      for (const lane of lanes) lane.close()
      folder.remove()
    },
  }
}

/** Made when it is first needed; null where this machine has no room for it. */
function privateFolder(): { readonly path: () => string | null; readonly remove: () => void } {
  let made: string | null | undefined
  return {
    path: () => {
      if (made === undefined) {
        try {
          made = mkdtempSync(join(tmpdir(), 'runproof-lanes-'))
        } catch {
          made = null
        }
      }
      return made
    },
    remove: () => {
      if (typeof made === 'string') rmSync(made, { recursive: true, force: true })
    },
  }
}
