import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { RunproofError } from '../../../core/model/errors.ts'
import type { LoadedSuite } from '../../state/load/load-suite.ts'
import { negotiate, statusOf } from '../../state/output/negotiate.ts'
import { parseFormat, parseStyle, type Format, type Style } from '../../state/output/options.ts'
import { judgementOf, type HostRun } from '../../state/run.ts'
import { Cached } from '../../state/serve/cached.ts'
import { healthServer, type Answer } from '../../state/serve/server.ts'
import { EXIT, type Io } from '../command.ts'
import { version } from '../run.ts'
import { hostOptions, hostsOf, type Hosts } from './hosts.ts'
import { count, duration, read, text, words, type Globals, type Read } from './options.ts'
import { textOf, withoutSecrets } from './report.ts'
import { badLevel, failed, located, GossfileError, rfc3339, suiteOf, warner } from './suite.ts'

/** Options of `serve`. */
export const serveOptions = {
  format: { type: 'string', short: 'f' },
  'format-options': { type: 'string', short: 'o', multiple: true },
  cache: { type: 'string', short: 'c' },
  'listen-addr': { type: 'string', short: 'l' },
  endpoint: { type: 'string', short: 'e' },
  'max-concurrent': { type: 'string' },
  ...hostOptions,
} as const

/** `runproof state serve`: answers probers until it is told to end. Exit code 1 when the gossfile cannot be loaded at the start. */
export async function serve(before: readonly string[], rest: readonly string[], io: Io): Promise<number> {
  const given = read(before, rest, serveOptions, io)
  const level = badLevel(given.globals, io)
  if (level !== null) {
    io.err(level)
    return EXIT.fail
  }
  let served: Served
  try {
    served = await startServing(given, io)
  } catch (error) {
    return failed(error, given.globals, io, rfc3339)
  }
  io.err(`runproof state: listening on ${served.url}`)
  await new Promise<void>((resolve) => {
    process.on('SIGHUP', served.reload)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  process.off('SIGHUP', served.reload)
  await served.close()
  return EXIT.ok
}

export type Served = { readonly url: string; readonly reload: () => void; readonly close: () => Promise<void> }

type Checked = { readonly run: HostRun; readonly suite: LoadedSuite }

/** Listens, and answers by one run for however many ask. @throws GossfileError, RunproofError; the system's error where it cannot listen */
export async function startServing(given: Read, io: Io): Promise<Served> {
  const { globals } = given
  const { format, style, endpoint, hosts, cacheMs, listen } = await askedOf(given, io)
  let suite = await suiteOf(globals, io, true, { onNote: warner(globals, io, rfc3339) })
  const cached = new Cached(
    async (): Promise<Checked> => {
      // Read anew with every run, includes and variables as well; goss serves for ever what it read once.
      if (globals.dialect === 'runproof' && globals.gossfile !== '-') suite = await suiteOf(globals, io, true)
      return { run: await checked(suite, hosts, globals, io), suite }
    },
    cacheMs,
    io.now,
  )
  const answer = async (as: Format, contentType: string): Promise<Answer> => {
    const { run, suite } = await cached.get()
    const about = { version: version(), sources: suite.sources, globals, now: io.now }
    const output = textOf(run, about, { format: as, style })
    return { status: statusOf(output), type: contentType, body: output.text }
  }
  const server = healthServer({
    endpoint,
    health(accept) {
      const { format: as, contentType } = negotiate(accept, format, globals.dialect)
      return answer(as, contentType)
    },
    metrics: async () => ({ ...(await answer('prometheus', 'text/plain; version=0.0.4')), status: 200 }),
    onError: (error) => io.err(`runproof state: ${wordsOf(error)}`),
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(listen, resolve))
  const { address, family, port } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}${endpoint}`,
    reload: () => cached.drop(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

async function checked(suite: LoadedSuite, hosts: Hosts, globals: Globals, io: Io): Promise<HostRun> {
  const { queries, judge } = judgementOf(suite, globals.dialect, globals.packageManager)
  const [collected] = await hosts.collect(queries)
  if (!collected?.bundle)
    throw new RunproofError('file.unreadable', `${collected?.name ?? 'the host'} was not checked: ${collected?.failure ?? ''}`)
  const { name, bundle } = collected
  const [run] = await withoutSecrets([{ name, bundle, failure: null, results: judge(bundle) }], 'json', globals, io)
  if (run === undefined) throw new TypeError('one run in, one run out')
  return run
}

type Asked = {
  readonly format: Format
  readonly style: Style
  readonly endpoint: string
  readonly hosts: Hosts
  readonly cacheMs: number
  readonly listen: { readonly host?: string; readonly port: number }
}

async function askedOf({ globals, values }: Read, io: Io): Promise<Asked> {
  const { env } = io
  const limit = count(text(values['max-concurrent']) ?? env['GOSS_MAX_CONCURRENT'] ?? '50', '--max-concurrent')
  const hosts = await hostsOf(values, { dialect: globals.dialect, parallel: Math.min(5 * availableParallelism(), limit) }, io)
  if (hosts.isMany) throw new RunproofError('usage', 'serve answers for one host; runproof state observe watches many')
  const anywhere = globals.dialect === 'goss' ? ':8080' : '127.0.0.1:8080'
  return {
    format: parseFormat(text(values['format']) ?? env['GOSS_FMT'] ?? 'rspecish'),
    style: parseStyle(words(values['format-options'], env['GOSS_FMT_OPTIONS']), false, globals.dialect),
    endpoint: text(values['endpoint']) ?? env['GOSS_ENDPOINT'] ?? '/healthz',
    hosts,
    cacheMs: duration(text(values['cache']) ?? env['GOSS_CACHE'] ?? '5s', '--cache'),
    listen: addressOf(text(values['listen-addr']) ?? env['GOSS_LISTEN'] ?? anywhere),
  }
}

/** `:8080` is every interface, as goss has it. @throws RunproofError `usage` */
function addressOf(written: string): Asked['listen'] {
  const [, host = '', port = ''] = /^(?:\[([^\]]*)\]|[^:]*)?:(\d{1,5})$/.exec(written)
    ? (/^\[?([^\]]*?)\]?:(\d{1,5})$/.exec(written) ?? [])
    : []
  if (port === '' || Number(port) > 65_535)
    throw new RunproofError('usage', `--listen-addr ${JSON.stringify(written)} is not host:port`)
  return host === '' ? { port: Number(port) } : { host, port: Number(port) }
}

function wordsOf(error: unknown): string {
  if (error instanceof GossfileError) return located(error)
  return error instanceof Error ? error.message : String(error)
}
