import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { AccessScope } from '../../core/model/access.ts'
import { windowVerdicts, type WindowVerdict } from '../../core/model/judgement.ts'

/** What is asked at the moment of scraping. */
export type Gauges = {
  /** Bytes received and not yet folded. */
  readonly backlogBytes: () => number
  /** Seconds since the oldest thing that is not folded yet was received. */
  readonly lagSeconds: () => number
  readonly heldBytes: () => number
  readonly ledgerSize: () => number
  readonly segmentBytes: () => number
  readonly unclaimed: () => number
  readonly openCases: () => number
  readonly isFolding: () => boolean
  /** The newest report of each application. */
  readonly newest: () => readonly Newest[]
}

export type Newest = {
  readonly application: string
  readonly environment: string
  readonly verdict: WindowVerdict
  /** Watched share of its population, 0 to 1. */
  readonly coverage: number
}

export type Metrics = ReturnType<typeof createMetrics>

/** Names are stable and carry their unit; a renamed one is a breaking change. */
export function createMetrics(gauges: Gauges) {
  const registry = new Registry()
  const registers = [registry]
  const gauge = (name: string, help: string, value: () => number): void => {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(value())
        },
      }),
    )
  }
  gauge('runproof_ingest_backlog_bytes', 'Received and not yet folded', gauges.backlogBytes)
  gauge('runproof_ingest_lag_seconds', 'Age of the oldest thing received that is not yet folded', gauges.lagSeconds)
  gauge('runproof_ingest_held_bytes', 'Bodies in memory', gauges.heldBytes)
  gauge('runproof_ingest_unclaimed_events', 'Events since the start about which no scope promises anything', gauges.unclaimed)
  gauge('runproof_ledger_entries', 'Entries of the transparency log', gauges.ledgerSize)
  gauge('runproof_segments_bytes', 'Raw evidence on disk', gauges.segmentBytes)
  gauge('runproof_cases_open', 'Cases that are not closed', gauges.openCases)
  gauge('runproof_folding', '1 while the thread that folds can go on', () => (gauges.isFolding() ? 1 : 0))
  return {
    registry,
    /** Where the applications stand that somebody may see, in the same text format; empty: none. */
    async applications(isVisible: (scope: AccessScope) => boolean): Promise<string> {
      const newest = gauges.newest().filter(isVisible)
      return newest.length === 0 ? '' : newestRegistry(newest).metrics()
    },
    received: new Counter({
      name: 'runproof_received_total',
      help: 'Requests at the doors, and what was done with them',
      labelNames: ['door', 'what'],
      registers,
    }),
    windows: new Counter({
      name: 'runproof_reports_total',
      help: 'Reports made, by what caused them',
      labelNames: ['cause'],
      registers,
    }),
    failures: new Counter({
      name: 'runproof_close_failures_total',
      help: 'Windows that could not be closed or judged anew',
      labelNames: ['cause'],
      registers,
    }),
    housekeepingFailures: new Counter({
      name: 'runproof_housekeeping_failures_total',
      help: 'Rounds in which what need not be kept could not all be deleted',
      registers,
    }),
    requests: new Histogram({
      name: 'runproof_http_request_seconds',
      help: 'How long answers took',
      labelNames: ['route', 'status'],
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
      registers,
    }),
  }
}

function newestRegistry(newest: readonly Newest[]): Registry {
  const registry = new Registry()
  const registers = [registry]
  const coverages = new Gauge({
    name: 'runproof_coverage_ratio',
    help: 'Watched share of the newest report’s population',
    labelNames: ['application', 'environment'],
    registers,
  })
  const verdicts = new Gauge({
    name: 'runproof_verdict',
    help: '1 for the verdict of the newest report, 0 for the others',
    labelNames: ['application', 'environment', 'verdict'],
    registers,
  })
  for (const { application, environment, verdict, coverage } of newest) {
    coverages.set({ application, environment }, coverage)
    for (const each of windowVerdicts) verdicts.set({ application, environment, verdict: each }, each === verdict ? 1 : 0)
  }
  return registry
}
