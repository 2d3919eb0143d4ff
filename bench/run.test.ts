import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createEventReader } from '../src/sensors/read/event-reader.ts'
import { connectors } from '../src/sensors/registry.ts'
import { eventBytes, isGenerated } from './events/stream.ts'
import { benches, runBenches } from './run.ts'

async function ran(argv: readonly string[]): Promise<{ readonly code: number; readonly out: string[]; readonly err: string[] }> {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await runBenches(argv, { out: (text) => out.push(text), err: (text) => err.push(text) })
  return { code, out, err }
}

const keys = {
  assess: ['floor_lines_per_s', 'one_thread_lines_per_s', 'two_thread_lines_per_s', 'peak_rss_mb'],
  gate: ['ms_1000', 'ms_100000'],
  verify: ['ms_100000'],
  startup: ['ms'],
  ingest: [
    'floor_lines_per_s',
    'ndjson_lines_per_s',
    'json_findings_per_s',
    'single_posts_per_s',
    'p99_ms_half_load',
    'peak_rss_mb',
  ],
  query: ['top_service_p95_ms', 'overview_p95_ms', 'search_p95_ms'],
  state: [
    'mixed_1000_ms',
    'goss_mixed_1000_ms',
    'packages_1000_ms',
    'goss_packages_1000_ms',
    'cis_ms',
    'goss_cis_ms',
    'ssh_50_hosts_ms',
  ],
  guard: [
    'file_miss_ns_10',
    'file_miss_ns_1000',
    'file_miss_ns_10000',
    'file_hit_ns_1000',
    'syscall_miss_ns_10000',
    'network_hit_ns_1000',
    'compile_ms_10000',
    'go_file_miss_ns_1000',
    'go_file_hit_ns_1000',
  ],
  peers: [
    'floor_lines_per_s',
    'one_thread_lines_per_s',
    'duckdb_one_thread_lines_per_s',
    'two_thread_lines_per_s',
    'duckdb_two_thread_lines_per_s',
    'gate_ms_1000',
    'opa_gate_ms_1000',
  ],
}

/** Measured only where Go, goss, other people's audit or sshd is there; the note says what is not. Of peers, any. */
const mayBeMissing = new Set([
  'go_file_miss_ns_1000',
  'go_file_hit_ns_1000',
  'goss_mixed_1000_ms',
  'goss_packages_1000_ms',
  'cis_ms',
  'goss_cis_ms',
  'ssh_50_hosts_ms',
])

for (const [name, figures] of Object.entries(keys)) {
  test(`bench ${name} prints one object with its keys, each a figure`, async () => {
    const { code, out } = await ran([name, '--quick', '--json', '--scale', '0.002'])
    assert.equal(code, 0)
    assert.equal(out.length, 1)
    const printed = JSON.parse(out[0] ?? '') as { bench: string; figures: Record<string, number>; note: string }
    assert.equal(printed.bench, name)
    assert.deepEqual(
      Object.keys(printed.figures),
      figures.filter((figure) => figure in printed.figures || !(name === 'peers' || mayBeMissing.has(figure))),
    )
    for (const figure of Object.values(printed.figures)) assert.ok(figure > 0)
    assert.ok(printed.note.length > 0)
  })
}

test('every bench has a line here', () => {
  assert.deepEqual(
    benches.map(({ name }) => name),
    Object.keys(keys),
  )
})

/** A run that finds no program but what `tools` writes into the folder of tools. */
function ranWith(tools: (folder: string) => void, ...argv: readonly string[]) {
  const home = mkdtempSync(join(tmpdir(), 'runproof-bench-'))
  try {
    const folder = join(home, 'runproof', 'tools')
    mkdirSync(folder, { recursive: true })
    tools(folder)
    return spawnSync(process.execPath, [join(import.meta.dirname, 'run.ts'), 'peers', '--scale', '0.002', ...argv], {
      env: { PATH: home, XDG_CACHE_HOME: home },
      encoding: 'utf8',
    })
  } finally {
    rmSync(home, { recursive: true })
  }
}

/** Somebody else's package where DuckDB is looked for. */
function insteadOfDuckDb(folder: string, source: string): void {
  const there = join(folder, 'duckdb', 'node_modules', '@duckdb', 'node-api')
  mkdirSync(there, { recursive: true })
  writeFileSync(join(there, 'index.js'), source)
}

test('a peer that is not here has no figure, and is named with how it would be found', () => {
  const json = ranWith(() => {}, '--json')
  assert.equal(json.status, 0, json.stderr)
  const { figures, note } = JSON.parse(json.stdout) as { figures: Record<string, number>; note: string }
  assert.deepEqual(figures, {})
  assert.match(note, /^not measured here: DuckDB \(npm install --prefix \S+ @duckdb\/node-api\); OPA \(opa is not on PATH\)$/)
  const table = ranWith(() => {})
  assert.equal(table.status, 0)
  assert.match(table.stdout, /^peers\n {2}not measured here: DuckDB .*; OPA .*\n\n$/)
})

test('a DuckDB that is here but cannot be loaded is not one that is missing', () => {
  const { status, stdout } = ranWith((folder) => insteadOfDuckDb(folder, 'throw new Error("another processor")'), '--json')
  assert.equal(status, 0)
  assert.match((JSON.parse(stdout) as { note: string }).note, /DuckDB \(it cannot be loaded: Error: another processor\)/)
})

test('a peer that comes to something else is no peer: nothing is measured beside it', () => {
  const counting = `exports.version = () => 'x'
    exports.DuckDBInstance = { create: async () => ({ closeSync() {}, connect: async () => ({ closeSync() {}, run: async () => {},
      runAndReadAll: async () => ({ getRowObjectsJson: () => [{ sensor: 'falco', events: '7' }] }) }) }) }`
  const duckdb = ranWith((folder) => insteadOfDuckDb(folder, counting))
  assert.deepEqual([duckdb.status, duckdb.stdout], [1, ''])
  assert.match(duckdb.stderr, /DuckDB counted 7 events in 1 rows; we folded 400 in \d+/)
  const opa = ranWith((folder) => {
    const answer = '{"result":[{"expressions":[{"value":{"verdict":"pass"}}]}]}'
    writeFileSync(join(folder, 'opa'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 })
  })
  assert.deepEqual([opa.status, opa.stdout], [1, ''])
  assert.match(opa.stderr, /OPA decides otherwise than our gate/)
})

test('a bench that does not exist and a scale that is none are wrong usage', async () => {
  for (const argv of [['asses'], ['gate', '--scale', '0'], ['gate', '--scale', 'x']]) {
    const { code, out, err } = await ran(argv)
    assert.deepEqual([code, out.length], [64, 0])
    assert.match(err.join(''), /usage/)
  }
})

const sensors = connectors.map(({ sensor }) => sensor).filter(isGenerated)

test('generated events are read as what they are meant to be, and are the same every time', () => {
  for (const sensor of sensors) {
    const read = new Map<string, number>()
    const reader = createEventReader({
      sensor: 'auto',
      connectors,
      onEvent: ({ reading }) =>
        read.set(`${reading.class} ${reading.sensor}`, (read.get(`${reading.class} ${reading.sensor}`) ?? 0) + 1),
    })
    for (const bytes of eventBytes({ lines: 200, sensors: [sensor] })) reader.push(bytes)
    reader.end()
    const acts = (read.get(`detection ${sensor}`) ?? 0) + (read.get(`observation ${sensor}`) ?? 0)
    assert.equal(acts, 200, JSON.stringify([...read]))
  }
  assert.deepEqual([...eventBytes({ lines: 50, sensors })], [...eventBytes({ lines: 50, sensors })])
  assert.throws(() => [...eventBytes({ lines: 1, sensors: ['unheard-of'] })], RangeError)
})
