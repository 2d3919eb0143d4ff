import { lstatSync, readdirSync, statSync } from 'node:fs'
import { readBounded } from '../../lib/io/read-bounded.ts'

/** What loading needs of a file system, so that a suite can also be loaded from memory. Paths are relative to the working directory. */
export type Files = {
  /** @throws Error with Go's words: `open x: no such file or directory` */
  readonly read: (path: string) => Uint8Array
  readonly exists: (path: string) => boolean
  /** Names in a folder, sorted by bytes; empty if it is none. */
  readonly names: (folder: string) => readonly string[]
}

/** Of one gossfile, variables file or file that a template reads: far more than anybody writes. */
const MOST_BYTES = 64 * 1024 * 1024

export const localFiles: Files = {
  read(path) {
    try {
      return readBounded(path, MOST_BYTES)
    } catch (error) {
      throw new Error(fileFault(path, error as NodeJS.ErrnoException), { cause: error })
    }
  },
  exists(path) {
    try {
      lstatSync(path)
      return true
    } catch {
      return false
    }
  },
  names(folder) {
    try {
      if (!statSync(folder).isDirectory()) return []
      return readdirSync(folder)
        .map((name) => Buffer.from(name))
        .toSorted((a, b) => Buffer.compare(a, b))
        .map(String)
    } catch {
      return []
    }
  },
}

/** Files that are held in memory, by path. */
export function memoryFiles(texts: Readonly<Record<string, string>>): Files {
  const paths = Object.keys(texts).toSorted()
  return {
    read(path) {
      const text = texts[path]
      if (text === undefined) throw new Error(`open ${path}: no such file or directory`)
      return new TextEncoder().encode(text)
    },
    exists: (path) => path === '.' || paths.some((known) => known === path || known.startsWith(`${path}/`)),
    names(folder) {
      const prefix = folder === '.' ? '' : `${folder.replace(/\/$/, '')}/`
      const below = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length).split('/')[0] ?? '')
      return [...new Set(below)].toSorted()
    },
  }
}

function fileFault(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EISDIR') return `read ${path}: is a directory`
  const words = code === undefined ? undefined : faults[code]
  return `open ${path}: ${words ?? message}`
}

const faults: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOTDIR: 'not a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
}
