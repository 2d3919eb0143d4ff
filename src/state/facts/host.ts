import type { Digest, FileType } from '../model/fact.ts'
import type { Network } from './net/network.ts'

/** What came of asking the system: a value, or the name of its error (`ENOENT`). */
export type Outcome<T> = { readonly value: T } | { readonly errno: string }

export type Stat = {
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  readonly type: FileType
  readonly uid: number
  readonly gid: number
  readonly size: number
  /** Seconds since 1970; null where the host's tools do not tell. */
  readonly mtime: number | null
}

/** The first bytes of something. `size`: how many there were; `cut`: more than are here. */
export type Read = { readonly bytes: Uint8Array; readonly size: number; readonly cut: boolean }

export type Run =
  /** Status -1: ended by a signal. */
  | { readonly kind: 'exited'; readonly status: number; readonly stdout: Read; readonly stderr: Read }
  | { readonly kind: 'missing' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'failed'; readonly message: string }

/** One process as /proc has it. */
export type RawProcess = { readonly pid: number; readonly stat: string; readonly status: string; readonly commandLine: string }

/**
 * What a host can be asked. Every collector is written once against it: this machine answers with system calls (`local-host.ts`),
 * any other one with a shell session (`targets/shell-host.ts`). Paths are absolute. Nothing throws; what cannot be asked is an errno
 * or a `failed`.
 */
export type Host = {
  /** The host's own name; null: it did not say. */
  readonly name: string | null
  readonly architecture: string | null
  readonly cwd: string
  /** `$HOME`, for a user without a row. */
  readonly home: string
  readonly uid: number
  readonly lstat: (path: string) => Promise<Outcome<Stat>>
  /** Follows links. */
  readonly stat: (path: string) => Promise<Outcome<Stat>>
  readonly readlink: (path: string) => Promise<Outcome<string>>
  readonly realpath: (path: string) => Promise<Outcome<string>>
  /** Up to `limit` bytes. `ENOTREGULAR`: a pipe, a socket or a device, whose reading could wait for ever. */
  readonly readFile: (path: string, limit: number) => Promise<Outcome<Read>>
  readonly digest: (path: string, algorithm: Digest) => Promise<Outcome<string>>
  /** Names in a folder, sorted by code unit. */
  readonly list: (path: string) => Promise<Outcome<readonly string[]>>
  /** Blocks in all and free, as statfs has them. */
  readonly statfs: (path: string, timeoutMs: number) => Promise<Outcome<{ readonly blocks: bigint; readonly free: bigint }>>
  readonly processes: () => Promise<readonly RawProcess[]>
  readonly has: (program: string) => Promise<boolean>
  /** A program by name, standard input empty, in the C locale. */
  readonly run: (argv: readonly [string, ...string[]], timeoutMs?: number) => Promise<Run>
  /** What the user wrote, by `sh -c`, with the host's own environment. */
  readonly shell: (command: string, timeoutMs: number) => Promise<Run>
  readonly network: Network
}
