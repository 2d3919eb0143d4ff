import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../lib/io/durable-file.ts'

/** Lines that were dropped since the last time this was told; `count` null: a crash took the number. */
export type Dropped = { readonly from: number; readonly to: number; readonly count: number | null }
export type DropLog = {
  readonly add: (now: number) => void
  readonly current: () => Dropped | null
  readonly told: (dropped: Dropped) => void
}

/**
 * Remembers on disk that lines are being dropped, from the first one on: what a crash takes is the number, never the fact. The number
 * is written once a second.
 */
export function createDropLog(folder: string): DropLog {
  const path = join(folder, 'dropping.json')
  let dropped = left(path)
  let writtenAt = Number.NEGATIVE_INFINITY
  return {
    add(now) {
      const isFirst = dropped === null
      dropped = { from: dropped?.from ?? now, to: now, count: isFirst ? 1 : countedUp(dropped) }
      if (!isFirst && now - writtenAt < 1000) return
      writtenAt = now
      // A full disk must not stop the forwarder that waits for it to empty.
      attempt(() => replaceFile(path, JSON.stringify(dropped), 0o600))
    },
    current: () => dropped,
    told(told) {
      // More may have been dropped in the meantime.
      const isAll = dropped === null || (dropped.to === told.to && dropped.count === told.count)
      dropped = isAll ? null : { from: told.to, to: dropped?.to ?? told.to, count: rest(dropped?.count, told.count) }
      attempt(() => (dropped === null ? rmSync(path, { force: true }) : replaceFile(path, JSON.stringify(dropped), 0o600)))
    },
  }
}

function countedUp(dropped: Dropped | null): number | null {
  return dropped === null || dropped.count === null ? null : dropped.count + 1
}

function rest(now: number | null | undefined, told: number | null): number | null {
  return typeof now === 'number' && told !== null ? now - told : null
}

function left(path: string): Dropped | null {
  try {
    const { from, to } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Dropped>
    return typeof from === 'number' && typeof to === 'number' ? { from, to: Math.max(to, from), count: null } : null
  } catch {
    return null
  }
}

function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // It stays in memory and is tried again.
  }
}
