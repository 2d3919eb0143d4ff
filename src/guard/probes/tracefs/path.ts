import { posix } from 'node:path'

/** The whole path of what a program names, without `.`, `..` and doubled slashes; null when nobody can say where it begins. */
export function pathFrom(path: string, folder: () => string | null): string | null {
  if (path.startsWith('/')) return posix.normalize(path)
  const from = path === '' ? null : folder()
  return from === null ? null : posix.join(from, path)
}
