import { gossfileSchema } from '../../state/lint/schema.ts'
import { positional } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { read } from './options.ts'

/** JSON Schema of gossfiles on standard output. */
export async function schema(before: readonly string[], rest: readonly string[], io: Io): Promise<number> {
  const { positionals } = read(before, rest, { json: { type: 'boolean' } }, io)
  positional(positionals, [], 'runproof state schema')
  io.out(JSON.stringify(gossfileSchema(), null, 2))
  return EXIT.ok
}
