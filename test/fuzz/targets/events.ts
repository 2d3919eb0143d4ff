import { createFold } from '../../../core/judge/fold.ts'
import { resolve } from '../../../core/judge/resolve.ts'
import { open, seal } from '../../../core/judge/seal.ts'
import type { Manifest } from '../../../core/model/manifest.ts'
import { PROCEDURE } from '../../../core/model/sealed.ts'
import { eventMs } from '../../../core/model/time.ts'
import { windowHolding } from '../../../core/model/window.ts'
import { noHistory } from '../../../src/enrich/history.ts'
import { readManifest } from '../../../src/declare/read-manifest.ts'
import { foldEvent } from '../../../src/sensors/fold-event.ts'
import { createEventReader } from '../../../src/sensors/read/event-reader.ts'
import { connectors } from '../../../src/sensors/registry.ts'
import type { Reading } from '../../../src/sensors/connector.ts'
import { plainReading } from '../../../src/sensors/plain-reading.ts'
import { SEED_SECRET, SEED_VALUE } from '../mutate-json.ts'
import { mutateLines } from '../mutate.ts'
import { corpusFiles, filesOf, rootFile, vectorsOf } from '../seeds.ts'
import { attempt, bytesOf, holds, textOf, type Prepared, type Target } from '../target.ts'

/** One target per sensor that we read, and one that tells them apart by itself: reader, connector, redaction, fold, seal, open. */
export const eventTargets: readonly Target[] = ['auto', ...connectors.map(({ sensor }) => sensor)].map((sensor) => ({
  name: `events-${sensor}`,
  quick: 200,
  prepare: () => prepare(sensor),
}))

type Vector = { readonly input: string; readonly sensor: string }

function prepare(sensor: string): Prepared {
  const about = sensor === 'auto' ? '*' : sensor
  const own = vectorsOf<Vector>('events').filter(({ input }) => sensor === 'auto' || input.toLowerCase().includes(sensor))
  const seeds = [
    ...own.map(({ input }) => bytesOf(input)),
    ...[...filesOf(`samples/payments/events/${about}.ndjson`), ...corpusFiles(`sensors/${about}/*.{ndjson,log}`)].flatMap(
      handfuls,
    ),
    // Reports are read whole.
    ...filesOf(`src/sensors/${about}/fixtures/*.{json,xml}`),
    ...(own.length === 0 ? vectorsOf<Vector>('events').map(({ input }) => bytesOf(input)) : []),
    ...own.flatMap(({ input }) => relayed(input)),
  ]
  const manifest = manifestOf()
  return { seeds, mutate: mutateLines, check: (input) => check(input, sensor, manifest) }
}

/** Up to 60 short pieces of a long file, from all over it. */
function handfuls(file: Uint8Array): readonly Uint8Array[] {
  const lines = textOf(file).split('\n')
  const step = Math.max(1, Math.floor(lines.length / 60))
  return lines.flatMap((_, at) => (at % step === 0 ? [bytesOf(`${lines.slice(at, at + 1 + (at % 3)).join('\n')}\n`)] : []))
}

/** The same lines as a collector, a container runtime and syslog hand them on. */
function relayed(input: string): readonly Uint8Array[] {
  const lines = input.split('\n').filter((line) => line !== '')
  const logRecords = lines.map((stringValue) => ({ body: { stringValue } }))
  const headed = lines.map(
    (line, at) => `${at % 2 === 0 ? '2026-01-01T00:00:00Z stdout F' : '<14>Jan  1 00:00:00 n1 x[7]:'} ${line}`,
  )
  return [JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }), headed.join('\n')].map((text) =>
    bytesOf(`${text}\n`),
  )
}

function manifestOf(): Manifest {
  const read = readManifest(textOf(rootFile('samples/payments/assurance/manifest.yaml')), 'manifest.yaml')
  if (!('manifest' in read)) throw new Error('the sample has no manifest')
  return read.manifest
}

type Piece = { readonly line: number; readonly raw: string; readonly reading: Reading }

function check(input: Uint8Array, sensor: string, manifest: Manifest): string {
  const pieces = readIn(input, sensor, input.length)
  const mixed = input.reduce((sum, byte) => (sum * 31 + byte) % 65_521, 7)
  // A long event in single bytes costs its length squared.
  for (const size of input.length < 8192 ? [1 + (mixed % 97), 1] : [101 + (mixed % 997)]) {
    const [again, once] = [textOfPieces(readIn(input, sensor, size)), textOfPieces(pieces)]
    holds(
      again === once,
      `read in portions of ${size} it says something else: ${again.slice(0, 400)} and not ${once.slice(0, 400)}`,
    )
    if (mixed % 4 > 0) break
  }

  const resolved = resolve(manifest)
  const [first] = pieces.flatMap(({ reading }) => ('at' in reading && reading.at !== null ? [reading.at] : []))
  const asked = attempt(() => windowHolding(resolved.scope, resolved.window, first === undefined ? 0 : eventMs(first)))
  if (asked.refused !== null) return asked.refused
  const sealedOf = (order: readonly Piece[]): readonly string[] => {
    const fold = createFold({ window: asked.value, cluster: resolved.scope.cluster, workloads: resolved.workloads })
    for (const { reading, raw } of order) foldEvent(fold, { reading, raw: Buffer.from(raw, 'latin1') }, new Uint8Array(32))
    const sealing = seal({
      procedure: PROCEDURE,
      window: asked.value,
      manifest,
      gate: {},
      blindSpots: {},
      intake: fold.intake(),
      facts: noHistory,
    })
    return [...sealing.lines]
  }
  const lines = sealedOf(pieces)
  if (mixed % 4 === 0)
    holds(sealedOf([...pieces].reverse()).join('\n') === lines.join('\n'), 'the events in reverse order fold into other evidence')
  // Whatever a sensor sends: a window that cannot be opened again could not be judged.
  open({ lines })

  const text = textOf(input)
  const intact = text.split(JSON.stringify(SEED_VALUE)).length === text.split(SEED_SECRET).length
  // Names that operators give are kept as they are: acts are matched and attributed by them.
  const isName = pieces.some(({ reading }) => namesIn(reading).some((name) => name?.includes(SEED_SECRET) === true))
  if (intact && !isName) holds(!lines.some((line) => line.includes(SEED_SECRET)), 'a secret reached the evidence')
  const classes = new Set(pieces.map(({ reading }) => reading.class))
  return [...classes].sort().join('+') || 'nothing'
}

function namesIn(reading: Piece['reading']): readonly (string | null | undefined)[] {
  if (!('instance' in reading)) return []
  const act = 'act' in reading ? reading.act : null
  const { cluster, node, namespace, workload, pod, container } = act?.subject ?? {}
  const watched = (reading.watch ?? []).map((signal) => signal.node)
  return [reading.instance.node, act?.rule, cluster, node, namespace, workload, pod, container, ...watched]
}

function readIn(input: Uint8Array, sensor: string, size: number): readonly Piece[] {
  const pieces: Piece[] = []
  const reader = createEventReader({
    sensor,
    connectors,
    onEvent({ line, raw, reading, event }) {
      pieces.push({ line, raw: Buffer.from(raw).toString('latin1'), reading })
      if (event === null || !('sensor' in reading)) return
      // What `runproof events` prints.
      JSON.stringify(connectors.find((connector) => connector.sensor === reading.sensor)?.facts(event))
    },
  })
  for (let at = 0; at < input.length; at += size) reader.push(input.slice(at, at + size))
  reader.end()
  return pieces
}

function textOfPieces(pieces: readonly Piece[]): string {
  const plain = pieces.map((piece) => ({ ...piece, reading: plainReading(piece.reading) }))
  return JSON.stringify(plain, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}
