import { hostname } from 'node:os'
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { createClient } from '../../collect/forward/client.ts'
import { forward, type ForwarderOptions } from '../../collect/forward/forwarder.ts'
import { lockFolder } from '../../lib/io/folder-lock.ts'
import { scrapable } from '../../collect/forward/scrape/counters.ts'
import { metricsAddress } from '../../collect/forward/scrape/scrape.ts'
import { statusWriter, type Status } from '../../collect/forward/status.ts'
import { signEnvelope } from '../../keys/sign-envelope.ts'
import { watchRecord } from '../../sensors/runproof/record.ts'
import { positional, required } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { knownIdentity, ownKey } from './identity.ts'
import { bytesNamed, clientOptions, connectionOptions, durationNamed, sensorNamed } from './options.ts'

const usage = 'runproof forward --sensor S [FILE | -] --server URL --state DIR'
const LEAST_SPOOL = 8_000_000

const options = {
  ...connectionOptions,
  sensor: { type: 'string' },
  state: { type: 'string' },
  node: { type: 'string' },
  from: { type: 'string', default: 'start' },
  spool: { type: 'string', default: '1GB' },
  compress: { type: 'string', default: 'gzip' },
  heartbeat: { type: 'string', default: '30s' },
  scrape: { type: 'string' },
  'scrape-every': { type: 'string', default: '30s' },
} as const

/** Forwards until it is told to stop, or the stream ends. */
export async function runForwarder(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [file = '-'] = positional(positionals, ['FILE'], usage, '-')
  const folder = resolve(io.cwd, required(values.state, '--state', usage))
  const identity = knownIdentity(folder)
  const sensor = sensorNamed(values.sensor ?? identity.sensor)
  const server = values.server ?? filled(io.env['RUNPROOF_SERVER']) ?? identity.server
  const chosen = { ...choices(values, sensor), source: sourceOf(file, values.from, io) }
  const [client, key] = [createClient(clientOptions(values, server, io)), ownKey(folder)]
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const unlock = lockFolder(folder, `another forwarder runs with ${folder}; two cannot number the same stream`)
  const writer = statusWriter(folder, io.now)
  const progress = progressOn(io)
  const stop = untilAsked()
  try {
    const left = await forward(
      {
        ...chosen,
        sensor,
        node: nodeOf(values.node, io),
        folder,
        client,
        sender: { id: identity.id, secret: identity.secret, sign: (type, payload) => signEnvelope(key, type, payload) },
        record: watchRecord,
        now: io.now,
        say: (message) => io.err(`runproof forward: ${message}`),
        onStatus(status) {
          writer.put(status)
          progress(status)
        },
      },
      stop.signal,
    )
    return ended(left, stop.signal.aborted, io)
  } finally {
    stop.end()
    writer.end()
    client.close()
    unlock()
    // Somebody may still hold the other end of our standard input open.
    if (file === '-' && io.stdin() === process.stdin) process.stdin.unref()
  }
}

function ended(left: number, wasAsked: boolean, io: Io): number {
  if (left > 0) io.err(`runproof forward: ${left} batches wait in the spool; they are sent when it runs again`)
  // Told to stop, what waits is safe and somebody will start it again; at the end of a stream nobody may.
  return left === 0 || wasAsked ? EXIT.ok : EXIT.could_not
}

type Values = {
  readonly spool: string
  readonly compress: string
  readonly heartbeat: string
  readonly 'scrape-every': string
  readonly scrape?: string | undefined
}

function choices(values: Values, sensor: string): Pick<ForwarderOptions, 'spoolBytes' | 'encoding' | 'heartbeatMs' | 'scrape'> {
  const { compress: encoding, scrape } = values
  if (encoding !== 'gzip' && encoding !== 'zstd') throw new RunproofError('usage', '--compress is gzip or zstd')
  if (scrape !== undefined && !scrapable.includes(sensor))
    throw new RunproofError(
      'usage',
      `the metrics of ${sensor} say nothing about its losses; --scrape knows ${scrapable.join(', ')}`,
    )
  const everyMs = durationNamed(values['scrape-every'], '--scrape-every')
  return {
    encoding,
    spoolBytes: bytesNamed(values.spool, '--spool', LEAST_SPOOL),
    heartbeatMs: durationNamed(values.heartbeat, '--heartbeat'),
    scrape: scrape === undefined ? null : { url: metricsAddress(scrape), everyMs },
  }
}

function sourceOf(file: string, from: string, io: Io): ForwarderOptions['source'] {
  if (from !== 'start' && from !== 'end') throw new RunproofError('usage', '--from is start or end')
  return file === '-' ? { kind: 'stream', stream: io.stdin } : { kind: 'file', path: resolve(io.cwd, file), from }
}

/** The sensor's own word for its node is better than this host's name, and worse than the operator's. */
function nodeOf(given: string | undefined, io: Io): ForwarderOptions['node'] {
  const name = given ?? filled(io.env['NODE_NAME'])
  return name === undefined ? { name: hostname(), isGiven: false } : { name, isGiven: true }
}

function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function progressOn(io: Io): (status: Status) => void {
  let shownAt = 0
  return ({ acknowledged, spool }) => {
    if (!io.interactive || io.now() - shownAt < 5000) return
    shownAt = io.now()
    io.err(`acknowledged up to batch ${acknowledged.seq}; ${spool.batches} wait (${spool.bytes} bytes)`)
  }
}

/** SIGTERM or Ctrl-C. */
function untilAsked(): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController()
  const asked = (): void => controller.abort()
  process.on('SIGTERM', asked)
  process.on('SIGINT', asked)
  return {
    signal: controller.signal,
    end() {
      process.off('SIGTERM', asked)
      process.off('SIGINT', asked)
    },
  }
}
