import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'

/** How a forwarder is, for people and monitors. */
export type Status = {
  readonly sensor: string
  readonly stream: string
  /** How far the log was read, durably; null: nothing yet, or it reads a stream. */
  readonly position: { readonly file: string | null; readonly offset: number | null } | null
  readonly spool: { readonly batches: number; readonly bytes: number; readonly limit: number; readonly isFull: boolean }
  readonly acknowledged: { readonly seq: number; readonly at: string | null }
  /** Lines dropped since this was last told to the service. */
  readonly dropped: number
  /** What the last attempt to send failed of. */
  readonly error: string | null
  readonly at: string
}

const FILE = 'status.json'
const EVERY_MS = 1000

/** Writes the status at most once a second, and always the last one when `end` is called. It is no memory: nothing is flushed. */
export function statusWriter(
  folder: string,
  now: () => number,
): { readonly put: (status: Status) => void; readonly end: () => void } {
  let [latest, written, writtenAt]: [Status | null, Status | null, number] = [null, null, 0]
  const write = (): void => {
    if (latest === null || latest === written) return
    written = latest
    writtenAt = now()
    try {
      writeFileSync(join(folder, `.${FILE}.tmp`), JSON.stringify(latest), { mode: 0o644 })
      renameSync(join(folder, `.${FILE}.tmp`), join(folder, FILE))
    } catch {
      // A disk that is full is told on standard error; the status is not worth more.
    }
  }
  return {
    put(status) {
      latest = status
      if (now() - writtenAt >= EVERY_MS) write()
    },
    end: write,
  }
}

/** @throws RunproofError `file.unreadable` when no forwarder ever ran with this folder */
export function readStatus(folder: string): Status {
  const path = join(folder, FILE)
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Status
  } catch (cause) {
    throw new RunproofError('file.unreadable', `no forwarder has run with ${folder}: ${path} cannot be read`, { cause })
  }
}
