import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where a peer is: on PATH, or in the folder into which `.ci/run` builds tools. Null where it is not. */
export function toolAt(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), toolsFolder()]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** Outside the repository, so that a peer is no dependency of ours. */
export function toolsFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'runproof', 'tools')
}
