import type { Outcome } from './host.ts'

/** An error of the system as Go words it: `lstat /x: permission denied`. */
export function goError(operation: string, path: string, errno: string): string {
  return `${operation} ${path}: ${errnoText(errno)}`
}

/** The system's word for an errno, as Go's syscall package has it on Linux. */
export function errnoText(errno: string): string {
  return texts.get(errno) ?? errno
}

/** The errno that an exception of Node carries; `EIO` for what is no error of the system. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO'
  return code === 'ERR_INVALID_ARG_VALUE' ? 'EINVAL' : code
}

export function valueOr<T, U>(outcome: Outcome<T>, otherwise: U): T | U {
  return 'value' in outcome ? outcome.value : otherwise
}

const texts: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['ENOTDIR', 'not a directory'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'operation not permitted'],
  ['EISDIR', 'is a directory'],
  ['EINVAL', 'invalid argument'],
  ['ELOOP', 'too many levels of symbolic links'],
  ['ENAMETOOLONG', 'file name too long'],
  ['EIO', 'input/output error'],
  ['ENXIO', 'no such device or address'],
  ['ESTALE', 'stale file handle'],
  ['EMFILE', 'too many open files'],
  ['ENOTREGULAR', 'not a regular file'],
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset by peer'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'network is unreachable'],
  ['ETIMEDOUT', 'connection timed out'],
  ['EADDRNOTAVAIL', 'cannot assign requested address'],
  ['EAFNOSUPPORT', 'address family not supported by protocol'],
  ['EPIPE', 'broken pipe'],
])
