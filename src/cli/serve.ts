import { accessSync, constants, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import { dataDir } from '../keys/data-dir.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { readSettings, type ReadSettings } from '../service/settings/settings.ts'
import { startService, type Service } from '../service/service.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { version } from './run.ts'

const help = `usage: runproof serve [--data DIR] [--config FILE]

Runs Runproof as a service: sensors push, windows close by themselves, people ask and decide, reports are signed and
logged. Everything lies in one data folder; nothing else is needed. Log lines go to standard output as JSON.

  --data DIR      data folder; default: $RUNPROOF_HOME, else ~/.local/state/runproof
  --config FILE   settings as YAML; default: $RUNPROOF_CONFIG, else DIR/runproof.yaml where it exists. Each setting is also
                  a variable (listen.port is RUNPROOF_LISTEN_PORT), which wins. runproof config check shows all of them.

On an empty data folder it prints a link, good for one use within half an hour, that makes the first administrator. There
is no default password. Stop it with SIGTERM or Ctrl-C: it finishes what was begun.

exit codes: 0 stopped, 3 could not start or go on, 64 wrong usage

examples:
  runproof serve --data ./data
  RUNPROOF_LISTEN_PORT=9000 runproof serve --data /var/lib/runproof --config /etc/runproof/runproof.yaml
  curl -X POST http://ID:SECRET@127.0.0.1:8642/ingest/falco --data-binary @falco.ndjson`

export const serve: Command = {
  name: 'serve',
  summary: 'run the service: sensors push, windows close by themselves, people decide',
  help,
  async run(argv, io) {
    const { values } = parseArgs({ args: [...argv], options: { data: { type: 'string' }, config: { type: 'string' } } })
    // From the first moment on: what is asked to stop while it starts stops once it has.
    const stop = whenAsked()
    try {
      const { service, data } = await startFrom(values, io)
      await announce(service, data, io)
      await untilAsked(service, stop.asked)
    } finally {
      stop.forget()
    }
    return EXIT.ok
  },
}

/** Starts the service of a data folder with its settings. */
export async function startFrom(
  values: { readonly data?: string | undefined; readonly config?: string | undefined },
  io: Io,
): Promise<{ readonly service: Service; readonly data: string }> {
  const data = dataDir({ flag: values.data, env: io.env, cwd: io.cwd })
  const { settings } = settingsOf(values.config, data, io)
  const log = { write: (line: string) => io.out(line.trimEnd()) }
  const service = await startService({ data, settings, passphrase: readPassphrase(io.env, io.cwd), version: version(), log })
  return { service, data }
}

/** The settings of a data folder: `--config`, else `$RUNPROOF_CONFIG`, else the file in the folder. */
export function settingsOf(flag: string | undefined, data: string, io: Io): ReadSettings {
  const named = flag ?? (io.env['RUNPROOF_CONFIG'] === '' ? undefined : io.env['RUNPROOF_CONFIG'])
  const path = named === undefined ? join(data, 'runproof.yaml') : resolve(io.cwd, named)
  return readSettings({ file: textOf(path, named !== undefined), env: io.env, canRead })
}

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

function textOf(path: string, mustBe: boolean): { readonly path: string; readonly text: string } | null {
  try {
    return { path, text: readFileSync(path, 'utf8') }
  } catch (cause) {
    if (!mustBe && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw new RunproofError('settings.invalid', `cannot read the settings file ${path}`, { cause })
  }
}

/** What a person needs to know who has just started it. */
export async function announce(service: Service, data: string, io: Io): Promise<void> {
  io.err(`runproof serves ${service.address} from ${data}`)
  const link = service.access.firstLink(service.address)
  if (link !== null) {
    io.err('nobody administers it yet; this link, good for one use within 30 minutes, makes the first administrator:')
    io.err(`  ${link}`)
  }
}

/** Until SIGTERM or SIGINT; a second one ends it at once. */
export async function untilAsked(service: Service, asked: Promise<void> = whenAsked().asked): Promise<void> {
  await asked
  await service.stop()
}

function whenAsked(): { readonly asked: Promise<void>; readonly forget: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isAsked = false
  const answer = (): void => {
    // What was acknowledged is durable: whoever does not want to wait for the rest need not.
    if (isAsked) process.exit(EXIT.could_not)
    isAsked = true
    resolve()
  }
  process.on('SIGTERM', answer)
  process.on('SIGINT', answer)
  return {
    asked: promise,
    forget() {
      process.off('SIGTERM', answer)
      process.off('SIGINT', answer)
    },
  }
}
