import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { seal } from '../core/judge/seal.ts'
import { keptPacked } from '../src/cli/assess/kept-packed.ts'
import { eventTaker } from '../src/cli/assess/read-events.ts'
import { ReaderPool } from '../src/cli/assess/read-threaded.ts'
import { openEvents } from '../src/collect/open.ts'
import { connectors } from '../src/sensors/registry.ts'
import { median, rounded, timed, type Bench, type BenchOptions, type Result } from './bench.ts'
import { eventBytes, isGenerated } from './events/stream.ts'
import { readFloor } from './floor.ts'
import { foldScope, inputsOf, sealedOf } from './subject.ts'

const digestKey = new Uint8Array(32)

/** Events of every sensor that is read, from a file to sealed evidence. */
export const assessBench: Bench = {
  name: 'assess',
  figures: {
    floor_lines_per_s: 'read, split and JSON.parse, nothing kept',
    one_thread_lines_per_s: 'read, redacted, folded, sealed',
    two_thread_lines_per_s: 'the same with two reader threads',
    peak_rss_mb: 'of a process that does it once; another one makes the events',
  },
  run: measure,
}

async function measure({ quick, scale }: BenchOptions): Promise<Result> {
  const lines = Math.max(200, Math.round((quick ? 60_000 : 200_000) * scale))
  const rounds = quick ? 3 : 5
  const folder = mkdtempSync(join(tmpdir(), 'runproof-bench-'))
  // Warm like the thread that it is compared with: a process that runs on pays for starting it once.
  const pool = new ReaderPool(2, { scope: foldScope(), digestKey, mostListed: 0, redaction: null })
  try {
    const path = join(folder, 'events.ndjson')
    writeEvents(path, lines)
    const [floor, one, two]: [number[], number[], number[]] = [[], [], []]
    const [first, second] = [await sealedWith(path, null), await sealedWith(path, pool)]
    if (first !== second) throw new Error('two threads sealed other bytes than one')
    for (let round = 0; round < rounds; round++) {
      floor.push((await timed(() => readFloor(path))).ms)
      one.push((await timed(() => sealedWith(path, null))).ms)
      two.push((await timed(() => sealedWith(path, pool))).ms)
    }
    const perSecond = (times: readonly number[]): number => rounded((lines / median(times)) * 1000)
    const share = (times: readonly number[]): string => `${Math.round((100 * median(floor)) / median(times))} %`
    const figures = {
      floor_lines_per_s: perSecond(floor),
      one_thread_lines_per_s: perSecond(one),
      two_thread_lines_per_s: perSecond(two),
      peak_rss_mb: peakMegabytes(Math.max(200, Math.round((quick ? 200_000 : 1_000_000) * scale))),
    }
    const note = `of the floor: ${share(one)} on one thread, ${share(two)} on two; medians of ${rounds} interleaved runs over ${lines} lines of ${sensors().join(', ')}`
    return { figures, note }
  } finally {
    await pool.end()
    rmSync(folder, { recursive: true })
  }
}

function sensors(): string[] {
  return connectors.map(({ sensor }) => sensor).filter(isGenerated)
}

function writeEvents(path: string, lines: number): void {
  const file = openSync(path, 'w')
  for (const bytes of eventBytes({ lines, sensors: sensors() })) writeSync(file, bytes)
  closeSync(file)
}

/** The digest of the sealed evidence. Threads take part from the first byte on, however small the file. */
async function sealedWith(path: string, pool: ReaderPool | null): Promise<string> {
  const taker = eventTaker(foldScope(), digestKey, { threads: pool === null ? 1 : 2, threadedFrom: 0, pool })
  await taker.take({ source: path, sensor: 'auto', bytes: openEvents(path) })
  return sealedOf(taker.fold.intake()).digest
}

function peakMegabytes(lines: number): number {
  const { stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, 'peak', String(lines)], { encoding: 'utf8' })
  const peak = Number(stdout)
  if (!(peak > 0)) throw new Error(`the memory run failed: ${stderr}`)
  return Math.round(peak)
}

/** The memory run, in a process of its own. */
async function printPeak(lines: number): Promise<void> {
  const taker = eventTaker(foldScope(), digestKey)
  // Made by another process: what making them leaves behind is more than what reading them does.
  const { stdout } = spawn(process.execPath, [import.meta.filename, 'events', String(lines)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await taker.take({ source: '-', sensor: 'auto', bytes: stdout })
  if (taker.count() !== lines) throw new Error(`${taker.count()} of ${lines} events came`)
  // Into where the command keeps it: evidence that nobody keeps is not sealed.
  await keptPacked().keep(seal(inputsOf(taker.fold.intake())))
  process.stdout.write(String(process.resourceUsage().maxRSS / 1024))
}

/** The sizes by which it is seen whether memory grows with the events. */
const SIZES = [1_000_000, 4_000_000, 10_000_000] as const

// `events LINES` and `peak LINES` are what the memory run starts; `peaks` prints it for every size, which takes minutes.
if (import.meta.main) {
  const [, , job, lines] = process.argv
  if (job === 'events') await pipeline(Readable.from(eventBytes({ lines: Number(lines), sensors: sensors() })), process.stdout)
  else if (job === 'peaks') for (const size of SIZES) process.stdout.write(`${size} lines: ${peakMegabytes(size)} MB\n`)
  else await printPeak(Number(lines))
}
