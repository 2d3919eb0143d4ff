import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { replaceFile } from '../../lib/io/durable-file.ts'
import { keyOf, type FactBundle, type Query } from '../../state/model/fact.ts'
import type { Resource } from '../../state/model/resource.ts'
import type { Context } from '../../state/resources/kind.ts'
import { isAddable, observed, wanted, type AddOptions } from '../../state/resources/observed.ts'
import { queriesOf } from '../../state/resources/resources.ts'
import { announcement, draftText, readDraft, withInclude, withResource, type Draft } from '../../state/write/add.ts'
import { EXIT, type Io } from '../command.ts'
import { emit } from './emit.ts'
import { hostOptions, hostsOf } from './hosts.ts'
import { duration, read, text, words, type Globals, type Read } from './options.ts'
import { badLevel, failed, filesIn, logTime } from './suite.ts'

const usage = 'runproof state add [--exclude-attr A]… TYPE KEY…'

const options = {
  'exclude-attr': { type: 'string', multiple: true },
  timeout: { type: 'string' },
  server: { type: 'string' },
  insecure: { type: 'boolean', short: 'k' },
  'no-follow-redirects': { type: 'boolean', short: 'r' },
  username: { type: 'string', short: 'u' },
  password: { type: 'string', short: 'p' },
  proxy: { type: 'string', short: 'x' },
  ...hostOptions,
} as const

/** `runproof state add`: writes down how something is, as it should be. */
export async function add(before: readonly string[], rest: readonly string[], io: Io): Promise<number> {
  const given = read(before, rest, options, io)
  const { globals, positionals } = given
  const [type = '', ...keys] = positionals
  if (type !== 'goss' && !isAddable(type))
    throw new RunproofError(
      'usage',
      `${type === '' ? 'TYPE is missing' : `${JSON.stringify(type)} cannot be added`}; usage: ${usage}`,
    )
  const level = badLevel(globals, io)
  if (level !== null) return refused(level, globals, io)
  return intoGossfile(globals, io, async (draft) => {
    if (type === 'goss') return keys.reduce((one, key) => announced(withInclude(one, key), globals, io), draft)
    const asked = optionsOf(given)
    const wants = keys.map((key) => wanted(type, localPath(type, key, given, io), asked))
    const { bundle, context } = await answersTo(wants, given, io)
    return wants.reduce((one, want) => {
      const found = observed(want, bundle, asked, context)
      if ('error' in found) throw new CannotAdd(found.error)
      return announced(withResource(one, found.value), globals, io)
    }, draft)
  })
}

/** What cannot be added, in goss's words; nothing is written then. */
export class CannotAdd extends Error {
  override readonly name = 'CannotAdd'
}

/** Reads the gossfile, lets it be changed and writes it. @returns the exit code */
export async function intoGossfile(globals: Globals, io: Io, change: (draft: Draft) => Promise<Draft>): Promise<number> {
  const { gossfile, dialect } = globals
  try {
    const text = draftText(await change(readDraft(gossfile, dialect, filesIn(io.cwd))))
    if (text === null) {
      const message = "Can't write empty configuration file. Please check resource name(s)."
      io.err(
        dialect === 'goss'
          ? `${logTime(io.now())} ${message}`
          : `runproof state: nothing to write into ${gossfile}: nothing was found`,
      )
      return EXIT.ok
    }
    const path = resolve(io.cwd, gossfile)
    // A gossfile that others may not read stays so.
    replaceFile(path, text, (statSync(path, { throwIfNoEntry: false })?.mode ?? 0o644) & 0o777)
    return EXIT.ok
  } catch (error) {
    return error instanceof CannotAdd ? refused(error.message, globals, io) : failed(error, globals, io)
  }
}

/** Prints what was added as goss does, and hands on the draft. */
export function announced(
  { draft, added }: { readonly draft: Draft; readonly added: Parameters<typeof announcement>[0] },
  { gossfile }: Globals,
  io: Io,
): Draft {
  emit(io, announcement(added, gossfile, draft.format))
  return draft
}

/** What one host answers to all of it. @throws CannotAdd when it cannot be reached */
export async function answersTo(
  wants: readonly Resource[],
  { globals, values }: Read,
  io: Io,
  more: readonly Query[] = [],
): Promise<{ readonly bundle: FactBundle; readonly context: Context }> {
  const context: Context = { dialect: globals.dialect, packageManager: globals.packageManager }
  const queries = new Map([...wants.flatMap((want) => queriesOf(want, context)), ...more].map((query) => [keyOf(query), query]))
  const hosts = await hostsOf(values, { dialect: globals.dialect, parallel: PARALLEL }, io)
  if (hosts.isMany) throw new RunproofError('usage', 'one host can be looked at: give one --target')
  const [answered] = await hosts.collect([...queries.values()])
  if (!answered?.bundle) throw new CannotAdd(`${answered?.name ?? 'the host'}: ${answered?.failure ?? 'no answer'}`)
  return { bundle: answered.bundle, context }
}

const PARALLEL = 10

function refused(message: string, { dialect }: Globals, io: Io): number {
  io.err(dialect === 'goss' ? `${logTime(io.now())} ${message}` : `runproof state: ${message}`)
  return EXIT.fail
}

function optionsOf({ values }: Read): AddOptions {
  const timeout = text(values['timeout'])
  return {
    timeoutMs: timeout === undefined ? null : duration(timeout, '--timeout'),
    server: text(values['server']) ?? '',
    allowInsecure: values['insecure'] === true,
    noFollowRedirects: values['no-follow-redirects'] === true,
    username: text(values['username']) ?? '',
    password: text(values['password']) ?? '',
    proxy: text(values['proxy']) ?? '',
    exclude: words(values['exclude-attr'], undefined),
  }
}

/** goss writes whole paths; elsewhere only the host knows where a relative one begins. */
export function localPath(type: string, key: string, { values }: Read, io: Io): string {
  const isElsewhere = ['target', 'targets', 'inventory', 'from'].some((option) => values[option] !== undefined)
  if (type !== 'file' || key.startsWith('~') || isElsewhere) return key
  const path = resolve(io.cwd, key)
  return existsSync(path) || !key.startsWith('/') ? path : resolve('/', key)
}
