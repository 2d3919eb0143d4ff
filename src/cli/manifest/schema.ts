import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { jsonSchemas } from '../../declare/schema.ts'
import { EXIT, type Io } from '../command.ts'
import { positional } from '../arguments.ts'

const usage = 'runproof manifest schema [manifest|redaction|waiver]'

/** JSON Schema on standard output, with or without --json. */
export async function schema(argv: readonly string[], io: Io): Promise<number> {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: { json: { type: 'boolean' } } })
  const [name = 'manifest'] = positional(positionals, ['manifest|redaction|waiver'], usage, 'manifest')
  if (name !== 'manifest' && name !== 'redaction' && name !== 'waiver')
    throw new RunproofError('usage', `there is no schema ${JSON.stringify(name)}; usage: ${usage}`)
  io.out(JSON.stringify(jsonSchemas[name](), null, 2))
  return EXIT.ok
}
