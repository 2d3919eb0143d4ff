import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { RunproofError } from '../../core/model/errors.ts'

export type DataDirOptions = {
  /** The value of `--data`. */
  readonly flag: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** What a relative flag or variable starts from; default: the working directory. */
  readonly cwd?: string
}

/**
 * The folder that holds ledger and keys: `--data`, else `$RUNPROOF_HOME`, else `$XDG_STATE_HOME/runproof`, else
 * `~/.local/state/runproof`. Made, readable by its owner alone, when it is not there.
 * @throws RunproofError `file.unreadable` when it cannot be made.
 */
export function dataDir(options: DataDirOptions): string {
  const path = dataDirPath(options)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  } catch (cause) {
    throw new RunproofError('file.unreadable', `cannot make the data folder ${path}; choose another with --data`, { cause })
  }
}

/** Where `dataDir` would be; nothing is made. For commands that only read. */
export function dataDirPath({ flag, env, cwd = process.cwd() }: DataDirOptions): string {
  const chosen = flag ?? nonEmpty(env['RUNPROOF_HOME'])
  if (chosen !== undefined) return resolve(cwd, chosen)
  const state = nonEmpty(env['XDG_STATE_HOME'])
  // The XDG specification: a relative path is to be ignored.
  return join(state !== undefined && isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'runproof')
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
