import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countersIn } from './counters.ts'
import { parseSamples, sumOf } from './prometheus.ts'

const digest = 'ab'.repeat(32)

test('Falco: its own names, exact to the nanosecond, rules as its snapshots name them', () => {
  const text = `# HELP falcosecurity_falco_version_info about
# TYPE falcosecurity_falco_version_info gauge
falcosecurity_falco_version_info{version="0.41.0"} 1
falcosecurity_falco_sha256_rules_files_info{file_name="falco_rules.local.yaml",sha256="${digest}"} 1
falcosecurity_falco_sha256_rules_files_info{file_name="odd.yaml",sha256="none"} 1
falcosecurity_evt_hostname_info{hostname="node-a"} 1
falcosecurity_falco_start_timestamp_nanoseconds 1748557118881742916
falcosecurity_falco_reload_timestamp_nanoseconds 1748557118882077336
falcosecurity_falco_outputs_queue_num_drops_total 3
falcosecurity_falco_rules_matches_total{priority="4",rule_name="Read \\"x\\", {y}",tag_T1555="true"} 32
falcosecurity_falco_rules_matches_total{priority="5",rule_name="Shell"} 1
falcosecurity_scap_n_evts_total 1000
falcosecurity_scap_n_drops_total 7
node_load1 0.5
`
  assert.deepEqual(countersIn('falco', text), {
    node: 'node-a',
    counters: {
      startedAt: '2025-05-29T22:18:38.881742916Z',
      reloadedAt: '2025-05-29T22:18:38.882077336Z',
      version: '0.41.0',
      received: 1000,
      dropped: 7,
      undelivered: 3,
      matched: 33,
      policies: { falco_rules_local_yaml: digest },
    },
  })
})

test('Tetragon: what any of its stages lost is lost, under the old names too', () => {
  const now = `tetragon_build_info{version="v1.4.0",commit="c"} 1
tetragon_observer_ringbuf_events_received_total 100
tetragon_observer_ringbuf_events_lost_total 2
tetragon_observer_ringbuf_queue_events_lost_total 3
tetragon_bpf_missed_events_total{error="ENOSPC",msg_op="5"} 4
tetragon_bpf_missed_events_total{error="EBUSY",msg_op="5"} 1
tetragon_export_ratelimit_events_dropped_total 6
tetragon_policy_events_total{policy="p"} 50
process_start_time_seconds 1.74855711888e+09
`
  assert.deepEqual(countersIn('tetragon', now)?.counters, {
    startedAt: '2025-05-29T22:18:38.880000000Z',
    reloadedAt: null,
    version: 'v1.4.0',
    received: 110,
    dropped: 10,
    undelivered: 6,
    matched: null,
    policies: {},
  })
  const before = 'tetragon_ringbuf_perf_event_received_total 5\ntetragon_ringbuf_perf_event_lost_total 1\n'
  assert.deepEqual([countersIn('tetragon', before)?.counters.received, countersIn('tetragon', before)?.counters.dropped], [6, 1])
})

test('Tracee: events and lost events', () => {
  const counters = countersIn('tracee', 'tracee_ebpf_events_total 9\ntracee_ebpf_lostevents_total 1\n')?.counters
  assert.deepEqual([counters?.received, counters?.dropped, counters?.undelivered], [10, 1, null])
})

test('metrics of another program, or none, are no sign of a sensor’s life', () => {
  for (const text of ['', 'hello', 'node_load1 1\n', 'tetragon_build_info{version="1"} 1\n', 'process_start_time_seconds 1\n'])
    assert.equal(countersIn('falco', text), null, text)
  assert.equal(countersIn('kubearmor', 'kubearmor_alerts_total 1\n'), null)
})

test('what is said in part is known in part', () => {
  const counters = countersIn('falco', 'falcosecurity_falco_version_info{version="0.38.0"} 1\n')?.counters
  assert.deepEqual([counters?.version, counters?.received, counters?.startedAt], ['0.38.0', null, null])
})

test('numbers that are no counts are unknown, not nought', () => {
  for (const value of ['NaN', '+Inf', '-1', '0.5', 'many'])
    assert.equal(
      sumOf(
        parseSamples(`x_total ${value}\n`, () => true),
        'x_total',
      ),
      null,
      value,
    )
  assert.equal(
    sumOf(
      parseSamples('x_total 1.5e+03 1700000000000\n', () => true),
      'x_total',
    ),
    1500,
  )
})
