import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Puts `content` where `path` is, whole or not at all, and durable when it returns: a neighbour is written and fsynced, renamed
 * over it, and the folder is fsynced. Throws what the file system throws.
 */
export function replaceFile(path: string, content: Uint8Array | string, mode = 0o644): void {
  throughNeighbour(path, content, mode, (neighbour) => renameSync(neighbour, path))
}

/**
 * As `replaceFile`, but never over an existing file: of two processes that race, one creates it. True when this one did.
 */
export function createFile(path: string, content: Uint8Array | string, mode = 0o644): boolean {
  try {
    throughNeighbour(path, content, mode, (neighbour) => linkSync(neighbour, path))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function throughNeighbour(path: string, content: Uint8Array | string, mode: number, place: (neighbour: string) => void): void {
  const folder = dirname(path)
  const neighbour = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    writeNew(neighbour, content, mode)
    place(neighbour)
    fsyncFolder(folder)
  } finally {
    rmSync(neighbour, { force: true })
  }
}

function writeNew(path: string, content: Uint8Array | string, mode: number): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const file = openSync(path, 'wx', mode)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function fsyncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
