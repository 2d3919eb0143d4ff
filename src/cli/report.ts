import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import { actions } from '../actions/registry.ts'
import { nounCommand } from './client/action-command.ts'
import { connect, connectionHelp, connectionOptions } from './client/connection.ts'
import { EXIT, type Command, type Io } from './command.ts'

const listing = nounCommand('report', 'reports of a service: list them, fetch one', actions)

const help = `${listing.help.replace('usage: runproof report <list>', 'usage: runproof report <list|get>')}

runproof report get: fetch a report as a file

  runproof report get (--window ID | --digest DIGEST) [--format audit|bundle|json|html|pdf] --out FILE

  --window ID     the newest report of this window
  --digest D      this very report, superseded or not
  --format F      audit (default): all that verify needs; bundle: signed statement; json, html, pdf
  --out FILE      where to put it; never over an existing file
${connectionHelp}`

/** What `report list` is made of comes from its act; a file needs somewhere to go. */
export const report: Command = {
  ...listing,
  help,
  run: (argv, io) => (argv[0] === 'get' ? get(argv.slice(1), io) : listing.run(argv, io)),
}

async function get(argv: readonly string[], io: Io): Promise<number> {
  const one = { type: 'string' } as const
  const options = { ...connectionOptions, window: one, digest: one, format: one, out: one, json: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...argv], options })
  if (values.out === undefined) throw new RunproofError('usage', '--out is missing: where the file goes')
  if ((values.window === undefined) === (values.digest === undefined))
    throw new RunproofError('usage', 'give --window or --digest')
  const path = resolve(io.cwd, values.out)
  if (existsSync(path)) throw new RunproofError('usage', `${path} is there already, and is not written over`)
  const query = {
    ...(values.window === undefined ? {} : { window_id: values.window }),
    ...(values.digest === undefined ? {} : { digest: values.digest }),
    format: values.format ?? 'audit',
  }
  const { bytes, type } = await connect(values, io).ask({ method: 'GET', path: '/api/v1/runtime/assurance/report', query })
  writeFileSync(path, bytes, { flag: 'wx' })
  io.out(values.json === true ? JSON.stringify({ path, type, bytes: bytes.length }) : `${path}: ${bytes.length} bytes`)
  return EXIT.ok
}
