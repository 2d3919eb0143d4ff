import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where a program is: on PATH, or among the tools that `.ci/run` built. Null where it is not; its tests then skip visibly. */
export function findTool(name: string): string | null {
  const built = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'runproof', 'tools')
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), built]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}
