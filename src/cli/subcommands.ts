import { RunproofError } from '../../core/model/errors.ts'
import type { Command, Io } from './command.ts'

type Run = (argv: readonly string[], io: Io) => Promise<number>

/** Name → loader, as in `registry.ts`: only the subcommand that is called is read. */
export type Subcommands = ReadonlyMap<string, () => Promise<Run>>

/** A command that consists of subcommands. @throws RunproofError `usage` for one that does not exist, with those that do */
export function commandOf(command: Omit<Command, 'run'>, subcommands: Subcommands): Command {
  return {
    ...command,
    async run([name = '', ...rest], io) {
      const load = subcommands.get(name)
      if (load) return (await load())(rest, io)
      const what = name === '' ? 'a subcommand is missing' : `there is no subcommand ${JSON.stringify(name)}`
      throw new RunproofError('usage', `${what}; one of: ${[...subcommands.keys()].join(', ')}`)
    },
  }
}
