import { RunproofError } from '../../../core/model/errors.ts'
import { comparePositions, type Position } from '../../store/segments/segments.ts'
import type { Folder } from './folder.ts'

/** `code`: of a failure that somebody can act on. */
export type Failure = { readonly code: string | null; readonly message: string }

export type PersistentFolder = Pick<Folder, 'reschedule' | 'isDirty'> & {
  /** Folds up to `until`, or remembers to when it has stalled. Never throws. */
  readonly advance: (until: Position) => Promise<void>
  /** Writes what was folded, unless it has stalled. Never throws. */
  readonly write: () => void
  /** Begins again where the last write ended, up to everything that it was told of. */
  readonly resume: () => Promise<void>
  /** What it failed of; null: nothing stands in its way. */
  readonly failure: () => Failure | null
}

export type PersistentOptions = {
  /** A folder that goes on from the last place that was written. */
  readonly open: () => Promise<Folder>
  readonly onWritten: (at: Position, unclaimed: number) => void
  /** Called once for every failure; whoever is told calls `resume` in a while. */
  readonly onStalled: (failure: Failure) => void
}

/**
 * A folder that survives a full disk. What was folded and could not be written is gone from memory: nothing may be written after it
 * before it was read once more, or acknowledged evidence would be missing without a trace.
 */
export async function persistentFolder({ open, onWritten, onStalled }: PersistentOptions): Promise<PersistentFolder> {
  let folder = await open()
  let failure: Failure | null = null
  let told: Position | null = null

  function stall(error: unknown): void {
    failure = failureOf(error)
    onStalled(failure)
  }

  async function advance(until: Position): Promise<void> {
    if (told === null || comparePositions(until, told) > 0) told = until
    if (failure !== null) return
    try {
      await folder.advance(until)
    } catch (error) {
      stall(error)
    }
  }

  function write(): void {
    if (failure !== null) return
    try {
      folder.flush()
      onWritten(folder.at(), folder.unclaimed())
    } catch (error) {
      stall(error)
    }
  }

  return {
    advance,
    write,
    async resume() {
      if (failure === null) return
      try {
        folder = await open()
      } catch (error) {
        return stall(error)
      }
      failure = null
      if (told !== null) await advance(told)
      write()
    },
    failure: () => failure,
    reschedule: (schedules) => folder.reschedule(schedules),
    isDirty: () => failure === null && folder.isDirty(),
  }
}

/** What can cross to another thread of an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RunproofError) return { code: error.code, message: error.message }
  return { code: null, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}
