import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Intake } from '../../core/model/intake.ts'
import { eventTaker } from '../../src/cli/assess/read-events.ts'
import { ReaderPool } from '../../src/cli/assess/read-threaded.ts'
import { openEvents } from '../../src/collect/open.ts'
import { median, rounded, type BenchOptions } from '../bench.ts'
import { eventBytes } from '../events/stream.ts'
import { readFloor } from '../floor.ts'
import { foldScope, sealedOf } from '../subject.ts'
import { openDuckDb, type CountedRow, type DuckDb } from './duckdb.ts'
import { costOf, type Cost, type Part } from './part.ts'

const digestKey = new Uint8Array(32)

/**
 * One file of events, folded and sealed by us and counted by DuckDB, in turn. Both must come to as many rows, one for each behaviour and
 * minute, over as many events: a peer that did less would be no peer.
 */
export async function foldBesideDuckDb(options: BenchOptions): Promise<Part> {
  const duckdb = await openDuckDb()
  if ('absent' in duckdb) return duckdb
  const folder = mkdtempSync(join(tmpdir(), 'runproof-bench-'))
  const pool = new ReaderPool(2, { scope: foldScope(), digestKey, mostListed: 0, redaction: null })
  try {
    return await measured(join(folder, 'events.ndjson'), duckdb, pool, options)
  } finally {
    await pool.end()
    duckdb.close()
    rmSync(folder, { recursive: true })
  }
}

async function measured(path: string, duckdb: DuckDb, pool: ReaderPool, { quick, scale }: BenchOptions): Promise<Part> {
  const lines = Math.max(200, Math.round((quick ? 60_000 : 200_000) * scale))
  writeEvents(path, lines)
  const rows = rowsOf(await folded(path, null))
  await folded(path, pool)
  for (const threads of [1, 2]) assertSame(await duckdb.count(path, threads), lines, rows)
  const jobs = {
    floor: () => readFloor(path),
    one_thread: () => folded(path, null),
    duckdb_one_thread: () => duckdb.count(path, 1),
    two_thread: () => folded(path, pool),
    duckdb_two_thread: () => duckdb.count(path, 2),
  }
  const costs = await inTurn(jobs, quick ? 3 : 5)
  const middle = (name: keyof typeof jobs, of: (cost: Cost) => number): number => median(costs[name].map(of))
  const clock = (name: keyof typeof jobs): number => middle(name, ({ ms }) => ms)
  const micros = (name: keyof typeof jobs): number => rounded((middle(name, ({ cpuMs }) => cpuMs) * 1000) / lines)
  const names = Object.keys(jobs) as (keyof typeof jobs)[]
  return {
    figures: Object.fromEntries(names.map((name) => [`${name}_lines_per_s`, rounded((lines / clock(name)) * 1000)])),
    said:
      `DuckDB ${duckdb.version} counts the same ${rows} rows, but neither redacts nor seals nor is strict: ` +
      `${rounded(clock('one_thread') / clock('duckdb_one_thread'))} times as fast as ours on one thread, ` +
      `${rounded(clock('two_thread') / clock('duckdb_two_thread'))} times on two; processor time a line, in µs: ` +
      names.map((name) => `${name.replaceAll('_', ' ')} ${micros(name)}`).join(', '),
  }
}

/** What each job took in every round; one round is all of them, one after the other. */
async function inTurn<Name extends string>(
  jobs: Readonly<Record<Name, () => Promise<unknown>>>,
  rounds: number,
): Promise<Readonly<Record<Name, readonly Cost[]>>> {
  const names = Object.keys(jobs) as Name[]
  const costs = Object.fromEntries(names.map((name): [Name, Cost[]] => [name, []])) as Record<Name, Cost[]>
  for (let round = 0; round < rounds; round++) for (const name of names) costs[name].push(await costOf(jobs[name]))
  return costs
}

function writeEvents(path: string, lines: number): void {
  const file = openSync(path, 'w')
  for (const bytes of eventBytes({ lines, sensors: ['falco', 'tetragon', 'kubearmor', 'tracee'] })) writeSync(file, bytes)
  closeSync(file)
}

/** Our whole job, as `assess` does it. */
async function folded(path: string, pool: ReaderPool | null): Promise<Intake> {
  const taker = eventTaker(foldScope(), digestKey, { threads: pool === null ? 1 : 2, threadedFrom: 0, pool })
  await taker.take({ source: path, sensor: 'auto', bytes: openEvents(path) })
  const intake = taker.fold.intake()
  sealedOf(intake)
  return intake
}

function rowsOf({ behaviours }: Intake): number {
  return behaviours.values().reduce((rows, { sightings }) => rows + sightings.size, 0)
}

function assertSame(counted: readonly CountedRow[], lines: number, rows: number): void {
  const events = counted.reduce((sum, row) => sum + Number(row.events), 0)
  const whole = counted.every((row) => Object.values(row).every((value) => value !== null))
  if (events !== lines || counted.length !== rows || !whole)
    throw new Error(
      `DuckDB counted ${events} events in ${counted.length} rows${whole ? '' : ', some without a key'}; we folded ${lines} in ${rows}`,
    )
}
