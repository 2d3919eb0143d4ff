import { resolve } from 'node:path'
import { createClient } from '../../collect/forward/client.ts'
import { forward } from '../../collect/forward/forwarder.ts'
import { statusWriter } from '../../collect/forward/status.ts'
import type { Sink } from '../../guard/run/outlet.ts'
import { channel, fileSink, streamSink } from '../../guard/run/sinks.ts'
import { lockFolder } from '../../lib/io/folder-lock.ts'
import { signEnvelope } from '../../keys/sign-envelope.ts'
import { watchRecord } from '../../sensors/runproof/record.ts'
import { required } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { knownIdentity, ownKey } from '../forward/identity.ts'
import { clientOptions, type connectionOptions } from '../forward/options.ts'

/** Where a guard's records go. */
export type Destination = {
  readonly sink: Sink
  readonly shown: string
  /** Fails when nothing will ever be taken any more; never resolves. */
  readonly failed: Promise<never>
  /** After the last record: resolves to the number of batches that still wait. */
  readonly finish: () => Promise<number>
  readonly close: () => Promise<void>
}

type Connection = {
  readonly [name in keyof typeof connectionOptions]?: (typeof connectionOptions)[name]['type'] extends 'boolean'
    ? boolean
    : string
}
export type DestinationOptions = {
  readonly values: Connection & { readonly state?: string | undefined }
  readonly node: string
  readonly say: (message: string) => void
  readonly io: Io
}

const never = new Promise<never>(() => {})

/** A file, standard output (`-`), or a service (`https://…`) by way of the forwarder, with its memory in `--state`. */
export async function destinationOf(to: string, options: DestinationOptions): Promise<Destination> {
  if (/^https?:\/\//.test(to)) return service(to, options)
  const { io } = options
  const local = { failed: never, finish: async () => 0, close: async () => {} }
  if (to === '-') return { ...local, sink: standardOutput(io), shown: 'standard output' }
  const path = resolve(io.cwd, to)
  return { ...local, sink: fileSink(path), shown: path }
}

/** The real one can be slow, and then says so. */
function standardOutput(io: Io): Sink {
  if (io.stdin() === process.stdin) {
    // Elsewhere a reader that stops early has what it wanted; of evidence the rest is missing.
    process.stdout.prependOnceListener('error', () => {
      io.err('nobody reads the records any more: what was still to be written is lost')
      process.once('exit', () => {
        process.exitCode = EXIT.could_not
      })
    })
    return streamSink(process.stdout)
  }
  return {
    write: async (bytes) => io.out(Buffer.from(bytes).toString('utf8').replace(/\n$/, '')),
    end: async () => {},
  }
}

async function service(server: string, { values, node, say, io }: DestinationOptions): Promise<Destination> {
  const folder = resolve(io.cwd, required(values.state, '--state', '--to URL --state DIR, the folder of runproof forward enrol'))
  const identity = knownIdentity(folder)
  const [client, key] = [createClient(clientOptions({ ...values, server }, server, io)), ownKey(folder)]
  const unlock = lockFolder(folder, `another guard or forwarder runs with ${folder}; two cannot number the same stream`)
  const writer = statusWriter(folder, io.now)
  const records = channel()
  const stop = new AbortController()
  const forwarding = forward(
    {
      sensor: 'runproof',
      node: { name: node, isGiven: true },
      source: { kind: 'stream', stream: records.stream },
      folder,
      client,
      sender: { id: identity.id, secret: identity.secret, sign: (type, payload) => signEnvelope(key, type, payload) },
      record: watchRecord,
      encoding: 'gzip',
      spoolBytes: 1e9,
      heartbeatMs: 30_000,
      scrape: null,
      now: io.now,
      say,
      onStatus: (status) => writer.put(status),
    },
    stop.signal,
  )
  return {
    sink: records,
    shown: server,
    failed: forwarding.then(() => never),
    finish: () => forwarding,
    async close() {
      stop.abort()
      await forwarding.catch(() => {})
      writer.end()
      client.close()
      unlock()
    },
  }
}
