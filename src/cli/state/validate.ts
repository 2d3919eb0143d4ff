import { availableParallelism, hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunproofError } from '../../../core/model/errors.ts'
import { goDuration } from '../../state/facts/go-duration.ts'
import { loadExitCode } from '../../state/load/failure.ts'
import type { LoadedSuite } from '../../state/load/load-suite.ts'
import { formats, paint, parseFormat, parseStyle, wantsColour, type Format, type Style } from '../../state/output/options.ts'
import { GossPanic } from '../../state/resources/kind.ts'
import { judgementOf, RETRY_TIMEOUT, untilPassing, type HostRun, type Retry } from '../../state/run.ts'
import { EXIT, type Io } from '../command.ts'
import { connectionOptions } from '../forward/options.ts'
import { version } from '../run.ts'
import { hostsOf, hostOptions, type Hosts } from './hosts.ts'
import { count, duration, isSet, read, text, words, type Globals, type Read } from './options.ts'
import type { RecordsAsked } from './records-out.ts'
import { report } from './report.ts'
import { badLevel, GossfileError, located, rfc3339, sayDeprecations, suiteOf, warner } from './suite.ts'

const PANIC = 2

const options = {
  format: { type: 'string', short: 'f' },
  'format-options': { type: 'string', short: 'o', multiple: true },
  color: { type: 'boolean' },
  'no-color': { type: 'boolean' },
  sleep: { type: 'string', short: 's' },
  'retry-timeout': { type: 'string', short: 'r' },
  'max-concurrent': { type: 'string' },
  json: { type: 'boolean' },
  out: { type: 'string' },
  to: { type: 'string' },
  sensor: { type: 'string' },
  state: { type: 'string' },
  ...connectionOptions,
  ...hostOptions,
} as const

/** Formats in which several hosts can stand in one output. */
const together: ReadonlySet<Format> = new Set(['rspecish', 'documentation', 'json', 'silent'])

/** What one call of `validate` asks for. */
export type Asked = {
  readonly globals: Globals
  readonly format: Format
  readonly style: Style
  readonly isJson: boolean
  readonly folder: string | null
  readonly hosts: Hosts
}

/** `runproof state validate`: exit codes as goss has them. */
export async function validate(before: readonly string[], rest: readonly string[], io: Io): Promise<number> {
  const given = read(before, rest, options, io)
  const { globals } = given
  const level = badLevel(globals, io)
  if (level !== null) return refuse(level, EXIT.fail, globals, io)
  let suite: LoadedSuite
  try {
    suite = await suiteOf(globals, io, true, { onNote: warner(globals, io, rfc3339) })
  } catch (error) {
    if (error instanceof GossfileError) {
      const to = text(given.values['to'])
      if (to !== undefined) {
        const { writeFailure } = await import('./records-out.ts')
        await writeFailure(`the gossfile cannot be loaded: ${error.message}`, hostname(), recordsAsked(to, given), io)
      }
      return refuse(globals.dialect === 'goss' ? error.message : located(error), loadExitCode, globals, io)
    }
    throw error
  }
  try {
    return await validateSuite(suite, given, io)
  } catch (error) {
    if (error instanceof GossPanic) {
      io.err(`panic: ${error.message}`)
      return PANIC
    }
    if (globals.dialect === 'goss' && error instanceof RunproofError) return refuse(error.message, EXIT.fail, globals, io)
    throw error
  }
}

async function validateSuite(suite: LoadedSuite, given: Read, io: Io): Promise<number> {
  const asked = await askedOf(given, io)
  const { globals } = asked
  const { queries, judge, prepare } = judgementOf(suite, globals.dialect, globals.packageManager)
  const retry = retryOf(given, io)
  let last: readonly HostRun[] = []
  const attempt = async (): Promise<number> => {
    sayDeprecations(suite, globals, io)
    let isOver = false
    const collecting = asked.hosts.collect(queries).finally(() => (isOver = true))
    const [collected] = await Promise.all([collecting, prepare(() => isOver)])
    const runs = collected.map(({ name, bundle, failure }): HostRun => ({
      name,
      bundle,
      failure,
      results: bundle === null ? [] : judge(bundle),
    }))
    last = runs
    return report(runs, { version: version(), sources: suite.sources, globals, now: io.now }, asked, io)
  }
  const code = await untilPassing(attempt, retry, { now: io.now, sleep }, announce(globals, asked.style, io))
  const to = text(given.values['to'])
  if (to !== undefined) {
    // Read only here: most runs leave no records.
    const { writeRecords } = await import('./records-out.ts')
    await writeRecords(last, suite.sources, recordsAsked(to, given), io)
  }
  if (code !== RETRY_TIMEOUT || retry === null) return code
  return refuse(`timeout of ${goDuration(retry.timeoutMs)} reached before tests entered a passing state`, code, globals, io)
}

function recordsAsked(to: string, { values }: Read): RecordsAsked {
  return { to, sensor: text(values['sensor']), values }
}

async function askedOf({ globals, values, positionals }: Read, io: Io): Promise<Asked> {
  const { env } = io
  if (positionals.length > 0)
    throw new RunproofError('usage', `${JSON.stringify(positionals[0])} is too much; -g names the gossfile`)
  const isColoured = wantsColour(
    { color: values['color'] === true, noColor: values['no-color'] === true },
    env,
    io.colour && text(values['out']) === undefined,
  )
  const limit = limitOf(text(values['max-concurrent']) ?? env['GOSS_MAX_CONCURRENT'] ?? '50', globals)
  const hosts = await hostsOf(values, { dialect: globals.dialect, parallel: Math.min(5 * availableParallelism(), limit) }, io)
  const format = formatOf(text(values['format']) ?? env['GOSS_FMT'] ?? 'rspecish', globals)
  const folder = text(values['out']) ?? null
  const isJson = isSet(values['json'], undefined)
  if (hosts.isMany && folder === null && !isJson && !together.has(format))
    throw new RunproofError('usage', `the format ${format} is of one host: --out DIR writes a file for each`)
  return {
    globals,
    format,
    style: parseStyle(words(values['format-options'], env['GOSS_FMT_OPTIONS']), isColoured, globals.dialect),
    isJson,
    folder,
    hosts,
  }
}

/** @throws RunproofError in goss's words */
function formatOf(name: string, { dialect }: Globals): Format {
  if (dialect === 'goss' && !(formats as readonly string[]).includes(name))
    throw new RunproofError('usage', `bad output format: ${name}`)
  return parseFormat(name)
}

/** goss runs nothing with none at once, and calls that a pass. */
function limitOf(written: string, { dialect }: Globals): number {
  return dialect === 'goss' && /^-?\d+$/.test(written) ? Math.max(1, Number(written)) : count(written, '--max-concurrent')
}

function retryOf({ values }: Read, { env }: Io): Retry | null {
  const timeoutMs = duration(text(values['retry-timeout']) ?? env['GOSS_RETRY_TIMEOUT'] ?? '0', '--retry-timeout')
  const sleepMs = duration(text(values['sleep']) ?? env['GOSS_SLEEP'] ?? '1s', '--sleep')
  return timeoutMs === 0 ? null : { timeoutMs, sleepMs }
}

/** goss says it on standard output, between its documents; we keep that for results. */
function announce({ dialect }: Globals, style: Style, io: Io): Parameters<typeof untilPassing>[3] {
  const say = dialect === 'goss' ? io.out : io.err
  return {
    retrying(sleepMs, elapsedMs, timeoutMs) {
      const line = `Retrying in ${goDuration(sleepMs)} (elapsed/timeout time: ${(elapsedMs / 1000).toFixed(3)}s/${goDuration(timeoutMs)})`
      say(`${paint(line, 'red', style)}\n\n`)
    },
    attempt: (number) => say(`Attempt #${number}:`),
  }
}

/** goss writes its refusals to standard output; we to standard error. */
function refuse(message: string, code: number, { dialect }: Globals, io: Io): number {
  if (dialect === 'goss') io.out(`Error: ${message}`)
  else io.err(`runproof state: ${message}`)
  return code
}
