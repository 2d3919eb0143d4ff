import { readdirSync, statSync, type BigIntStats } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

const packedName = /^(.+)\.(?:gz|zst|bz2|xz|lz4)$/

export type Sibling = { readonly path: string; readonly stat: BigIntStats }

/** What logrotate, lumberjack and container runtimes put behind, or in the middle of, the name: digits and times, or `old`. */
const rotatedSuffix = /^[.\-_](?:\d[\dTZ.:_+-]*|old)$/

/**
 * Files that a log was rotated to, in the order in which they were last written. Packed ones are not among them: what was packed was
 * read before, or is lost.
 */
export function rotatedSiblings(file: string): readonly Sibling[] {
  const folder = dirname(file)
  const found = namesIn(folder).flatMap((name) => {
    const path = join(folder, name)
    const stat = isRotated(name, basename(file)) ? statOf(path) : null
    return stat === null || !stat.isFile() ? [] : [{ path, stat }]
  })
  return found.sort((a, b) => order(a, b))
}

/** A packed log that was last written after that moment, so was not read before it was packed; null: none. */
export function packedSince(file: string, since: bigint): string | null {
  const folder = dirname(file)
  const isLater = (name: string): boolean => {
    const plain = packedName.exec(name)?.[1]
    return plain !== undefined && isRotated(plain, basename(file)) && (statOf(join(folder, name))?.mtimeNs ?? 0n) > since
  }
  return namesIn(folder).find(isLater) ?? null
}

/** Null where there is none, or none that we may look at. */
export function statOf(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return null
  }
}

function isRotated(name: string, base: string): boolean {
  if (name.startsWith(base) && rotatedSuffix.test(name.slice(base.length))) return true
  const extension = extname(base)
  const stem = base.slice(0, base.length - extension.length)
  if (extension === '' || !name.startsWith(stem) || !name.endsWith(extension) || name.length <= base.length) return false
  return rotatedSuffix.test(name.slice(stem.length, name.length - extension.length))
}

function order(a: Sibling, b: Sibling): number {
  return (
    compare(a.stat.mtimeNs, b.stat.mtimeNs) ||
    compare(a.stat.birthtimeNs, b.stat.birthtimeNs) ||
    // `log.2` is older than `log.1`.
    numberOf(b.path) - numberOf(a.path) ||
    (a.path < b.path ? -1 : 1)
  )
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function numberOf(path: string): number {
  return Number(/\.(\d{1,9})$/.exec(path)?.[1] ?? 0)
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
