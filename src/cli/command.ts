/** Where a command reads and writes. Tests give their own. */
export type Io = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** To standard output as it is, without the line feed that `out` adds; absent: `out` does. */
  readonly write?: (text: string) => void
  /** True when a person watches standard error: progress and colour only then. */
  readonly interactive: boolean
  readonly columns: number
  /** Whether standard output shows colours: a terminal, and NO_COLOR is not set. */
  readonly colour: boolean
  readonly stdin: () => AsyncIterable<Uint8Array>
  /** The folder that relative paths in arguments start from. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since 1970: the shell's clock, so that tests can hold it still. */
  readonly now: () => number
}

/**
 * One file per command, one line in `registry.ts`. `run` resolves to the exit code: 0 done or pass, 1 fail, 2 review or inconclusive,
 * 3 could not (also what `main.ts` makes of anything thrown), 64 usage.
 */
export type Command = {
  readonly name: string
  readonly summary: string
  /** The whole text of `--help`: usage, options, examples, exit codes. */
  readonly help: string
  /** The help of a subcommand that has one of its own; null: `help` is what there is. */
  readonly helpFor?: (argv: readonly string[]) => Promise<string | null>
  readonly run: (argv: readonly string[], io: Io) => Promise<number>
}

export const EXIT = { ok: 0, fail: 1, review: 2, could_not: 3, usage: 64 } as const
