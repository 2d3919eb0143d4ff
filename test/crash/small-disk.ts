import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type SmallDisk = { readonly folder: string; readonly remove: () => void }

/** A disk of so many MB in memory; null where this user may not mount one. */
export function smallDisk(megabytes: number): SmallDisk | null {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-small-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' })
  if (mounted.status !== 0) {
    rmdirSync(folder)
    return null
  }
  return {
    folder,
    remove() {
      spawnSync('umount', [folder], { stdio: 'ignore' })
      rmdirSync(folder)
    },
  }
}
