import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { rounded, type Bench, type BenchOptions, type Result } from './bench.ts'
import { eventBytes } from './events/stream.ts'
import { send, type Post } from './ingest/client.ts'
import type { Ready } from './ingest/server.ts'

/** Evidence over HTTP on loopback, one client and one server on the same two cores. Acknowledged means flushed to the disk. */
export const ingestBench: Bench = {
  name: 'ingest',
  figures: {
    floor_lines_per_s: 'node:http, split and JSON.parse, nothing kept; same client',
    ndjson_lines_per_s: 'batches of 1,000 lines, 4 % new, encrypted and flushed',
    json_findings_per_s: 'the same as {"findings": […]}, answered with what became of each',
    single_posts_per_s: 'one event a request, 64 connections',
    p99_ms_half_load: 'single posts at half of that',
    peak_rss_mb: 'of the server, through all of it',
  },
  run: measure,
}

const BATCH = 1_000

async function measure({ quick, scale }: BenchOptions): Promise<Result> {
  const batches = batchesOf(Math.max(4, Math.round((quick ? 60 : 240) * scale)))
  const singles = singlesOf(Math.max(200, Math.round((quick ? 8_000 : 40_000) * scale)))
  const floor = await withServer('floor', async (ready) => send(ready, batches.map(ndjson), { connections: 8 }))
  return withServer('serve', async (ready, server) => {
    await send(ready, singles.slice(0, 500), { connections: 64 })
    const lines = await send(ready, batches.map(ndjson), { connections: 8 })
    const acknowledged = lines.ms
    const foldedMs = acknowledged + (await untilFolded(ready))
    const json = await send(ready, batches.slice(0, Math.ceil(batches.length / 3)).map(findings), { connections: 8 })
    await untilFolded(ready)
    const single = await send(ready, singles, { connections: 64 })
    await untilFolded(ready)
    const half = await send(ready, singles.slice(0, Math.ceil(singles.length / 2)), {
      connections: 64,
      paceMs: (2 * single.ms) / singles.length,
    })
    const count = batches.length * BATCH
    const perSecond = (items: number, ms: number): number => rounded((items / ms) * 1000)
    const figures = {
      floor_lines_per_s: perSecond(count, floor.ms),
      ndjson_lines_per_s: perSecond(count, acknowledged),
      json_findings_per_s: perSecond(Math.ceil(batches.length / 3) * BATCH, json.ms),
      single_posts_per_s: perSecond(singles.length, single.ms),
      p99_ms_half_load: rounded(percentile(half.latencies, 0.99)),
      peak_rss_mb: peakMegabytes(server),
    }
    const share = Math.round((100 * figures.ndjson_lines_per_s) / figures.floor_lines_per_s)
    const note = `${share} % of the floor; all of it folded at ${perSecond(count, foldedMs)} lines/s; ${count} lines of ${Math.round(size(batches) / count)} bytes`
    return { figures, note }
  })
}

type Batch = readonly Uint8Array[]

function batchesOf(count: number): readonly Batch[] {
  const lines = eventLines(count * BATCH)
  return Array.from({ length: count }, (_, index) => lines.slice(index * BATCH, (index + 1) * BATCH))
}

function singlesOf(count: number): readonly Post[] {
  return eventLines(count).map((body) => ({ path: '/ingest/auto', type: 'application/json', body }))
}

function eventLines(count: number): readonly Uint8Array[] {
  const all = Buffer.concat([...eventBytes({ lines: count, sensors: ['falco', 'tetragon', 'tracee', 'kubearmor'] })])
  const lines: Uint8Array[] = []
  for (let from = 0; from < all.length;) {
    const end = all.indexOf(10, from) + 1
    lines.push(all.subarray(from, end))
    from = end
  }
  return lines
}

function ndjson(batch: Batch): Post {
  return { path: '/ingest/auto', type: 'application/x-ndjson', body: Buffer.concat(batch) }
}

function findings(batch: Batch, index: number): Post {
  const list = Buffer.concat(batch.flatMap((line, at) => (at === 0 ? [line] : [Buffer.from(','), line])))
  const body = Buffer.concat([Buffer.from(`{"batch_id":"bench-${index}","sensor":"auto","findings":[`), list, Buffer.from(']}')])
  return { path: '/api/v1/runtime/findings/ingest', type: 'application/json', body }
}

function size(batches: readonly Batch[]): number {
  return batches.reduce((total, batch) => total + batch.reduce((sum, line) => sum + line.length, 0), 0)
}

/** Milliseconds until nothing waits to be folded any more. */
async function untilFolded({ address }: Ready): Promise<number> {
  const start = performance.now()
  while (performance.now() - start < 120_000) {
    const metrics = await (await fetch(new URL('/metrics', address))).text()
    if (/^runproof_ingest_backlog_bytes 0$/m.test(metrics)) return performance.now() - start
    await new Promise((later) => setTimeout(later, 20))
  }
  throw new Error('the service does not catch up')
}

async function withServer<T>(kind: 'serve' | 'floor', work: (ready: Ready, server: ChildProcess) => Promise<T>): Promise<T> {
  const server = spawn(
    process.execPath,
    [
      ...(process.env['BENCH_PROF'] ? ['--cpu-prof', '--cpu-prof-dir=' + process.env['BENCH_PROF']] : []),
      join(import.meta.dirname, 'ingest', 'server.ts'),
      kind,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    for await (const line of createInterface({ input: server.stdout })) return await work(JSON.parse(line) as Ready, server)
    throw new Error('the server did not start')
  } finally {
    server.kill('SIGTERM')
    await new Promise((ended) => server.once('exit', ended))
  }
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

function peakMegabytes({ pid }: ChildProcess): number {
  const [, kilobytes = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return rounded(Number(kilobytes) / 1024)
}
