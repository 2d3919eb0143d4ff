import assert from 'node:assert/strict'
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
}

/** Measured only where Go, goss, other people's audit or sshd is there; the note says what is not. */
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
      figures.filter((figure) => figure in printed.figures || !mayBeMissing.has(figure)),
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
