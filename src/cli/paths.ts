import { relative } from 'node:path'
import type { Io } from './command.ts'

/** A path as a person would type it from where they are: relative when it lies below, else whole. */
export function shownPath(path: string, { cwd }: Pick<Io, 'cwd'>): string {
  const fromHere = relative(cwd, path)
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere
}
