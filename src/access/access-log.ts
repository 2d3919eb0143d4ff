import type { DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../core/model/errors.ts'
import { instantOf } from '../../core/model/time.ts'
import { immediately } from '../store/sqlite.ts'
import type { AccessLogRow, AccessLogRows } from '../store/state/access-log.ts'

export type AccessEvent = Omit<AccessLogRow, 'id' | 'at'>

/** Who looked at evidence and who was refused, written in groups: one fsync for many. */
export type AccessLog = {
  /** @throws RunproofError `service.overloaded` when nothing could be written for long: what cannot be noted is not shown */
  readonly record: (event: AccessEvent) => void
  readonly flush: () => void
  /** Writes the rest. Throws what the database throws. */
  readonly close: () => void
}

export type AccessLogOptions = {
  readonly db: DatabaseSync
  readonly rows: Pick<AccessLogRows, 'insertAccess'>
  readonly now: () => number
  /** The database refused a group; it is kept and tried again. */
  readonly onFailure: (error: unknown) => void
}

const GROUP = 100
const WAIT_MS = 200
const MOST_WAITING = 10_000
const LONGEST = 500

export function openAccessLog({ db, rows, now, onFailure }: AccessLogOptions): AccessLog {
  let waiting: Omit<AccessLogRow, 'id'>[] = []
  let timer: NodeJS.Timeout | null = null
  const write = (): void => {
    if (waiting.length === 0) return
    const group = waiting
    immediately(db, () => group.forEach(rows.insertAccess))
    waiting = []
  }
  const soon = (ms: number): void => {
    timer ??= setTimeout(flush, ms).unref()
  }
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    try {
      write()
    } catch (error) {
      onFailure(error)
      soon(WAIT_MS * 5)
    }
  }
  return {
    record(event) {
      if (waiting.length >= MOST_WAITING) {
        throw new RunproofError('service.overloaded', 'the access log cannot be written; nothing is shown that cannot be noted')
      }
      waiting.push({ at: instantOf(now()), ...cut(event) })
      // Never at once: the caller may be inside a transaction.
      if (waiting.length === GROUP && timer !== null) {
        clearTimeout(timer)
        timer = null
      }
      soon(waiting.length >= GROUP ? 0 : WAIT_MS)
    },
    flush,
    close() {
      if (timer !== null) clearTimeout(timer)
      timer = null
      write()
    },
  }
}

/** What strangers send is cut and shown with its control characters escaped, so that no row can pretend to be two. */
function cut({ who, action, what, outcome, address }: AccessEvent): AccessEvent {
  const short = (text: string): string => JSON.stringify(text.slice(0, LONGEST)).slice(1, -1)
  return { who: short(who), action: short(action), what: short(what), outcome: short(outcome), address: short(address) }
}
