import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { whyOf } from '../../lib/io/read-text.ts'
import { fsyncFolder } from './files.ts'

/** The folder and its sub-folders, one per first two digits, so that none gets too long. */
export type Shelves = {
  readonly folder: string
  /**
   * Runs `work` on the sub-folder of a digest, which is there for good by then.
   * @throws RunproofError `store.full`, `file.unwritable`
   */
  writing<T>(digest: string, work: (shelf: string) => T): T
}

// Nobody takes as long to write one piece of a file; another process may be writing at this moment.
const LEFT_OVER_MS = 60 * 60 * 1000

/** @throws RunproofError `store.unreadable` */
export function openShelves(folder: string, nowMs: number): Shelves {
  try {
    if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) fsyncFolder(dirname(folder))
    sweep(folder, nowMs)
  } catch (error) {
    throw new RunproofError('store.unreadable', `cannot use the folder ${folder}: ${whyOf(error)}`, { cause: error })
  }
  const durable = new Set<string>()
  return {
    folder,
    writing: (digest, work) =>
      guarded(folder, () => {
        const shelf = join(folder, digest.slice(0, 2))
        if (!durable.has(shelf)) {
          mkdirSync(shelf, { recursive: true, mode: 0o700 })
          fsyncFolder(folder)
          durable.add(shelf)
        }
        return work(shelf)
      }),
  }
}

/** What a file system refuses, as an error that says what to do. */
export function writeError(folder: string, error: unknown): unknown {
  if (error instanceof RunproofError || !(error instanceof Error && 'syscall' in error)) return error
  const code = 'code' in error ? error.code : ''
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const why = `the disk that holds ${folder} is full; nothing of this was kept: make room and run again`
    return new RunproofError('store.full', why, { cause: error })
  }
  return new RunproofError('file.unwritable', `cannot write in ${folder}: ${error.message}`, { cause: error })
}

function guarded<T>(folder: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw writeError(folder, error)
  }
}

/** Files that a crash left between their making and their name. */
function sweep(folder: string, nowMs: number): void {
  const folders = readdirSync(folder).filter((name) => /^[0-9a-f]{2}$/.test(name))
  for (const place of [folder, ...folders.map((name) => join(folder, name))]) {
    for (const name of readdirSync(place).filter((name) => /^\..*\.tmp$/.test(name))) {
      const path = join(place, name)
      const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs
      if (made !== undefined && nowMs - made > LEFT_OVER_MS) rmSync(path, { force: true })
    }
  }
}
