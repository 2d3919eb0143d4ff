import { resolve } from 'node:path'
import { localFiles, type Files } from '../../state/load/files.ts'
import { GossfileError } from '../../state/load/failure.ts'
import { loadSuite, refuseEmptySuite, type LoadedSuite, type LoadOptions } from '../../state/load/load-suite.ts'
import type { Note } from '../../state/model/resource.ts'
import { deprecations } from '../../state/resources/deprecated.ts'
import { EXIT, type Io } from '../command.ts'
import type { Globals } from './options.ts'

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR']

/** goss's refusal of a log level; null: it is one. */
export function badLevel({ logLevel, dialect }: Globals, io: Io): string | null {
  const level = logLevel.toUpperCase()
  if (!levels.includes(level)) return `Unsupported log level: ${logLevel}`
  if (dialect === 'goss' && levels.indexOf(level) <= levels.indexOf('DEBUG'))
    io.err(`${rfc3339(io.now())} [DEBUG] Setting log level to ${level}`)
  return null
}

/** Who is told while a suite is loaded. */
export type Told = Pick<LoadOptions, 'onRendered' | 'onNote'>

/** The suite that the command line names. @throws GossfileError where it cannot be loaded; with `isTested`, also where it checks nothing */
export async function suiteOf(globals: Globals, io: Io, isTested: boolean, told: Told = {}): Promise<LoadedSuite> {
  const { gossfile, vars, varsInline, dialect } = globals
  const stdin = gossfile === '-' ? await bytesOf(io.stdin()) : undefined
  const suite = loadSuite(gossfile, {
    vars,
    varsInline,
    dialect,
    env: withoutAbsent(io.env),
    // Gossfiles of goss use now, env and the like; reproducible suites are the linter's business.
    allowImpure: true,
    files: filesIn(io.cwd),
    ...(stdin === undefined ? {} : { stdin }),
    ...told,
  })
  if (isTested) refuseEmptySuite(suite, gossfile)
  return suite
}

/** Prints to standard error what is noted of a suite while it is read; goss has no more to say than of keys that are there twice. */
export function warner(globals: Globals, io: Io, stamp: (now: number) => string): (note: Note) => void {
  const isQuiet = levels.indexOf(globals.logLevel.toUpperCase()) > levels.indexOf('WARN')
  return ({ code, message, place }) => {
    if (isQuiet) return
    // The rest is the linter's.
    if (code !== 'duplicate-key') return
    io.err(globals.dialect === 'goss' ? `${stamp(io.now())} [WARN] ${message}` : `${placeOf(place)}: ${message}`)
  }
}

/** What goss says while it judges a suite. @throws GossPanic */
export function sayDeprecations(suite: LoadedSuite, { dialect }: Globals, io: Io): void {
  if (dialect !== 'goss') return
  for (const resource of suite.resources) for (const line of deprecations(resource)) io.err(line)
}

export function placeOf({ file, row, column }: Note['place']): string {
  return [file, row, column].filter((part) => part !== null).join(':')
}

/** As goss's log begins its lines once a level is set, and before that. */
export function rfc3339(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
}

export function logTime(now: number): string {
  return rfc3339(now).replaceAll('-', '/').replace('T', ' ').replace('Z', '')
}

/** A gossfile that cannot be loaded, outside of `validate`: on standard error, exit code 1. Anything else is thrown on. */
export function failed(error: unknown, { dialect }: Globals, io: Io, stamp = logTime): number {
  if (!(error instanceof GossfileError)) throw error
  io.err(dialect === 'goss' ? `${stamp(io.now())} ${error.message}` : `runproof state: ${located(error)} [${error.code}]`)
  return EXIT.fail
}

/** The message with the place that it does not name itself. */
export function located({ place, message }: GossfileError): string {
  const where = place === null ? '' : placeOf(place)
  return where === '' || message.includes(where) ? message : `${where}: ${message}`
}

export { GossfileError }

/** Paths as they are written, from the folder that the command stands in. */
export function filesIn(cwd: string): Files {
  if (cwd === process.cwd()) return localFiles
  return {
    read: (path) => localFiles.read(resolve(cwd, path)),
    exists: (path) => localFiles.exists(resolve(cwd, path)),
    names: (folder) => localFiles.names(resolve(cwd, folder)),
  }
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

function withoutAbsent(env: Io['env']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
