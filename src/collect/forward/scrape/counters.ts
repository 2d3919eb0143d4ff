import { eventTimeOfNanos, type EventTime } from '../../../../core/model/time.ts'
import type { Watch } from '../../../../core/model/watch.ts'
import { labelOf, parseSamples, sumOf, valueOf, type Samples } from './prometheus.ts'

export type Counters = Omit<Extract<Watch, { kind: 'counters' }>, 'kind' | 'sensor' | 'node' | 'at'>
/** What a sensor's metrics say, and on which node it says that it runs. */
export type Scraped = { readonly counters: Counters; readonly node: string | null }

/** Sensors whose metrics can be read. */
export const scrapable: readonly string[] = ['falco', 'tetragon', 'tracee']

/** Null when the text says nothing of this sensor: another program answers there, and its life is not the sensor's. */
export function countersIn(sensor: string, text: string): Scraped | null {
  const read = readers.get(sensor)
  if (read === undefined) return null
  const samples = parseSamples(text, (name) => read.prefixes.some((prefix) => name.startsWith(prefix)))
  return [...samples.keys()].some((name) => name.startsWith(read.own)) ? read.read(samples) : null
}

type Reader = {
  /** Every sensor of this kind shows metrics that begin so. */
  readonly own: string
  readonly prefixes: readonly string[]
  readonly read: (samples: Samples) => Scraped
}

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['falco', { own: 'falcosecurity_', prefixes: ['falcosecurity_'], read: ofFalco }],
  ['tetragon', { own: 'tetragon_', prefixes: ['tetragon_', 'process_start_time'], read: ofTetragon }],
  ['tracee', { own: 'tracee_', prefixes: ['tracee_', 'process_start_time'], read: ofTracee }],
])

/** Falco 0.38 and later; the names of its rule files as in its own snapshots. */
function ofFalco(samples: Samples): Scraped {
  const rules = samples.get('falcosecurity_falco_sha256_rules_files_info') ?? []
  const policies = rules.flatMap(({ labels }) => {
    const [name, digest] = [labels.get('file_name'), labels.get('sha256')]
    return name !== undefined && digest !== undefined && /^[0-9a-f]{64}$/.test(digest) ? [[sanitised(name), digest] as const] : []
  })
  const startedAt = momentOf(valueOf(samples, 'falcosecurity_falco_start_timestamp_nanoseconds'))
  return {
    node: labelOf(samples, 'falcosecurity_evt_hostname_info', 'hostname'),
    counters: {
      startedAt,
      reloadedAt: momentOf(valueOf(samples, 'falcosecurity_falco_reload_timestamp_nanoseconds')),
      version: labelOf(samples, 'falcosecurity_falco_version_info', 'version'),
      received: sumOf(samples, 'falcosecurity_scap_n_evts_total'),
      dropped: sumOf(samples, 'falcosecurity_scap_n_drops_total'),
      undelivered: sumOf(samples, 'falcosecurity_falco_outputs_queue_num_drops_total'),
      matched: sumOf(samples, 'falcosecurity_falco_rules_matches_total'),
      policies: Object.fromEntries(policies),
    },
  }
}

/** Tetragon 1.0 and later: the ring buffer was called otherwise before 1.2. */
function ofTetragon(samples: Samples): Scraped {
  const dropped = sumOf(
    samples,
    'tetragon_observer_ringbuf_events_lost_total',
    'tetragon_ringbuf_perf_event_lost_total',
    'tetragon_observer_ringbuf_queue_events_lost_total',
    'tetragon_ringbuf_queue_lost_total',
    'tetragon_bpf_missed_events_total',
    'tetragon_missed_events_total',
    'tetragon_missed_prog_probes_total',
    'tetragon_missed_link_probes_total',
  )
  const got = sumOf(samples, 'tetragon_observer_ringbuf_events_received_total', 'tetragon_ringbuf_perf_event_received_total')
  return {
    node: null,
    counters: {
      ...started(samples),
      version: labelOf(samples, 'tetragon_build_info', 'version'),
      received: got === null ? null : got + (dropped ?? 0),
      dropped,
      undelivered: sumOf(samples, 'tetragon_export_ratelimit_events_dropped_total', 'tetragon_notify_overflowed_events_total'),
      // It counts before the export's filters: fewer lines than that are no loss.
      matched: null,
      policies: {},
    },
  }
}

function ofTracee(samples: Samples): Scraped {
  const dropped = sumOf(samples, 'tracee_ebpf_lostevents_total', 'tracee_ebpf_write_lostevents_total', 'tracee_lostevents_total')
  const got = sumOf(samples, 'tracee_ebpf_events_total', 'tracee_events_total')
  const received = got === null ? null : got + (dropped ?? 0)
  return {
    node: null,
    counters: { ...started(samples), version: null, received, dropped, undelivered: null, matched: null, policies: {} },
  }
}

function started(samples: Samples): Pick<Counters, 'startedAt' | 'reloadedAt'> {
  const seconds = Number(valueOf(samples, 'process_start_time_seconds') ?? Number.NaN)
  const millis = Math.round(seconds * 1000)
  return { startedAt: Number.isSafeInteger(millis) ? eventTimeOfNanos(BigInt(millis) * 1_000_000n) : null, reloadedAt: null }
}

function momentOf(nanos: string | null): EventTime | null {
  return nanos !== null && /^\d{1,19}$/.test(nanos) ? eventTimeOfNanos(BigInt(nanos)) : null
}

/** As Falco names the same file in its snapshots. */
function sanitised(file: string): string {
  return file.replaceAll(/[^a-zA-Z0-9_:]+/g, '_').replace(/_+$/, '')
}
