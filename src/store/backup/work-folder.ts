import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * A folder beside `target` in which it is made, so that it can be moved to its place in one step; made, and `remove`d by its caller. What a
 * killed process left of such folders is taken away a day later, when somebody works there again.
 * Throws what the file system throws.
 */
export function workFolder(target: string): { readonly path: string; readonly remove: () => void } {
  const parent = dirname(target)
  mkdirSync(parent, { recursive: true })
  sweep(parent)
  const path = join(parent, `.${basename(target)}.${randomBytes(6).toString('hex')}${SUFFIX}`)
  mkdirSync(path, { mode: 0o700 })
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

const SUFFIX = '.runproof-tmp'
const LEFT_OVER_MS = 24 * 60 * 60 * 1000

function sweep(parent: string): void {
  for (const name of readdirSync(parent).filter((each) => LEFT_OVER.test(each))) {
    const path = join(parent, name)
    if (Date.now() - lastChangeMs(path) > LEFT_OVER_MS) rmSync(path, { recursive: true, force: true })
  }
}

const LEFT_OVER = /^\..+\.[0-9a-f]{12}\.runproof-tmp$/

/** Whoever works there writes into one of the files right in it, or makes folders. */
function lastChangeMs(path: string): number {
  const times = ['.', ...readdirSync(path, { recursive: true, encoding: 'utf8' })].map(
    (name) => statSync(join(path, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  )
  return times.reduce((latest, time) => Math.max(latest, time), 0)
}
