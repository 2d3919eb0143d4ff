import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createFile } from '../../lib/io/durable-file.ts'
import type { Found } from './drift.ts'

/** One run as it is kept. */
export type KeptRun = {
  readonly format: 'runproof-state-run/v1'
  readonly policy: string
  readonly startedAt: string
  readonly endedAt: string
  readonly found: readonly Found[]
  readonly sarif: unknown
}

/** How much is kept: both hold. The newest of each policy always stays, since the next run is compared with it. */
export type Retention = { readonly runs: number; readonly ageMs: number }

const fileForm = /^\d{8}T\d{9}Z-\d{3}\.json$/

/** Runs of policies in a folder, one file each, written whole or not at all. */
export class History {
  private readonly folder: string
  private readonly retention: Retention

  constructor(folder: string, retention: Retention) {
    this.folder = folder
    this.retention = retention
  }

  /** Keeps a run and lets go of what is too old or too much. `name` is the policy's in this folder. @throws what the file system throws */
  keep(name: string, run: KeptRun): void {
    const folder = this.folderOf(name)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const stamp = run.endedAt
      .replaceAll(/[-:.]/g, '')
      .replace(/(T\d{6})(\d{0,3})\d*Z/, (_, time: string, ms: string) => `${time}${ms.padEnd(3, '0')}Z`)
    const text = JSON.stringify(run)
    // Two runs may end in one millisecond, also when a clock went back.
    for (let index = 0; index < 1000; index++)
      if (createFile(join(folder, `${stamp}-${String(index).padStart(3, '0')}.json`), text, 0o600)) break
    this.prune(name, Date.parse(run.endedAt))
  }

  /** What the newest run found; null: nothing is known, or it cannot be read. */
  latest(name: string): readonly Found[] | null {
    const [newest] = this.runsOf(name).toReversed()
    if (newest === undefined) return null
    try {
      const run = JSON.parse(readFileSync(join(this.folderOf(name), newest), 'utf8')) as KeptRun
      return run.format === 'runproof-state-run/v1' && Array.isArray(run.found) ? run.found : null
    } catch {
      return null
    }
  }

  prune(name: string, nowMs: number): void {
    const { runs, ageMs } = this.retention
    const files = this.runsOf(name)
    const old = files.filter((file, index) => index < files.length - runs || timeOf(file) < nowMs - ageMs)
    for (const file of old) if (file !== files.at(-1)) rmSync(join(this.folderOf(name), file), { force: true })
  }

  private runsOf(name: string): readonly string[] {
    try {
      return readdirSync(this.folderOf(name))
        .filter((file) => fileForm.test(file))
        .sort()
    } catch {
      return []
    }
  }

  private folderOf(name: string): string {
    return join(this.folder, name)
  }
}

function timeOf(file: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(file) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
