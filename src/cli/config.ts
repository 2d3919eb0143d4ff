import { parseArgs } from 'node:util'
import { dataDirPath } from '../keys/data-dir.ts'
import { variableOf } from '../service/settings/settings.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { settingsOf } from './serve.ts'
import { commandOf } from './subcommands.ts'
import { table } from './table.ts'

const help = `usage: runproof config check [--config FILE] [--data DIR] [--json]

Reads the settings of the service as it would, reports every mistake with its place and fix, and shows each setting, its
value and where that comes from. It starts nothing. Secrets are only ever files and are not shown.

exit codes: 0 the settings are fine, 3 they are not, 64 wrong usage

examples:
  runproof config check --config /etc/runproof/runproof.yaml
  RUNPROOF_LISTEN_PORT=9000 runproof config check --json`

export const config = commandOf(
  { name: 'config', summary: 'read the service’s settings and say what is wrong with them', help } satisfies Omit<Command, 'run'>,
  new Map([['check', async () => check]]),
)

async function check(argv: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { config: { type: 'string' }, data: { type: 'string' }, json: { type: 'boolean' } },
  })
  const { listed } = settingsOf(values.config, dataDirPath({ flag: values.data, env: io.env, cwd: io.cwd }), io)
  if (values.json === true)
    io.out(JSON.stringify({ settings: listed.map((setting) => ({ ...setting, variable: variableOf(setting.name) })) }))
  else
    for (const line of table(
      ['setting', 'value', 'from', 'variable', 'meaning'],
      listed.map(({ name, value, origin, help }) => [name, value, origin, variableOf(name), help]),
    ))
      io.out(line)
  return EXIT.ok
}
