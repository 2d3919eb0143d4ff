import { foundIn, healthOf, type Watched } from './watched.ts'

/** More series than this no scraper wants; what is left out is counted. */
const MOST_SERIES = 50_000
const MOST_LABEL = 200

export type Counted = {
  readonly runs: ReadonlyMap<string, number>
  readonly drifts: ReadonlyMap<string, number>
  readonly hooks: readonly {
    readonly name: string
    readonly waiting: number
    readonly sent: number
    readonly failed: number
    readonly dropped: number
  }[]
}

type Series = { readonly labels: Readonly<Record<string, string>>; readonly value: number }

/** Everything that is known, in Prometheus' text format 0.0.4: one series for each check of each host. */
export function metricsText(watched: readonly Watched[], counted: Counted, nowMs: number): string {
  const checks = watched.flatMap(({ policy, last }) =>
    (last?.run ? foundIn(last.run) : []).map((found) => ({
      found,
      labels: { policy: policy.id, host: found.host, type: found.type, id: found.id, property: found.property },
    })),
  )
  const shown = checks.slice(0, MOST_SERIES)
  const judged = shown.filter(({ found }) => found.outcome === 'pass' || found.outcome === 'fail')
  const ran = watched.flatMap(({ policy, last }) => (last === null ? [] : [{ labels: { policy: policy.id }, last }]))
  return [
    family(
      'runproof_state_check_passing',
      'gauge',
      'Whether a check holds; absent while it is skipped or cannot be judged.',
      judged.map(({ found, labels }) => ({ labels, value: found.outcome === 'pass' ? 1 : 0 })),
    ),
    family(
      'runproof_state_check_not_judged',
      'gauge',
      'Checks that could not be judged.',
      shown.filter(({ found }) => found.outcome === 'error').map(({ labels }) => ({ labels, value: 1 })),
    ),
    family('runproof_state_checks_left_out', 'gauge', 'Checks beyond what is shown here.', [
      { labels: {}, value: checks.length - shown.length },
    ]),
    family(
      'runproof_state_policy_healthy',
      'gauge',
      'Whether a policy ran when it was due and everything that is fatal holds.',
      watched.map((one) => ({ labels: { policy: one.policy.id }, value: healthOf(one, null, nowMs) === 'ok' ? 1 : 0 })),
    ),
    family('runproof_state_host_reached', 'gauge', 'Whether a host answered.', hosts(watched)),
    family(
      'runproof_state_last_run_timestamp_seconds',
      'gauge',
      'When a policy last ran to its end.',
      ran.map(({ labels, last }) => ({ labels, value: Date.parse(last.endedAt) / 1000 })),
    ),
    family(
      'runproof_state_last_run_duration_seconds',
      'gauge',
      'How long its last run took.',
      ran.map(({ labels, last }) => ({ labels, value: (Date.parse(last.endedAt) - Date.parse(last.startedAt)) / 1000 })),
    ),
    family('runproof_state_runs_total', 'counter', 'Runs since the program started.', totals(counted.runs)),
    family('runproof_state_drift_total', 'counter', 'Checks that were not as in the run before.', totals(counted.drifts)),
    family(
      'runproof_state_webhook_waiting',
      'gauge',
      'Messages that wait to be sent.',
      counted.hooks.map(({ name, waiting }) => ({ labels: { hook: name }, value: waiting })),
    ),
    family(
      'runproof_state_webhook_sent_total',
      'counter',
      'Messages that were taken.',
      counted.hooks.map(({ name, sent }) => ({ labels: { hook: name }, value: sent })),
    ),
    family(
      'runproof_state_webhook_lost_total',
      'counter',
      'Messages that were given up or gave way to newer ones.',
      counted.hooks.map(({ name, failed, dropped }) => ({ labels: { hook: name }, value: failed + dropped })),
    ),
  ].join('')
}

function hosts(watched: readonly Watched[]): readonly Series[] {
  return watched.flatMap(({ policy, last }) =>
    (last?.run?.hosts ?? []).map(({ target, failure }) => ({
      labels: { policy: policy.id, host: target.id },
      value: failure === null ? 1 : 0,
    })),
  )
}

function totals(counts: ReadonlyMap<string, number>): readonly Series[] {
  return [...counts].map(([policy, value]) => ({ labels: { policy }, value }))
}

function family(name: string, type: 'gauge' | 'counter', help: string, series: readonly Series[]): string {
  if (series.length === 0) return ''
  // Two checks may have one id (a resource that is there twice): a scraper refuses a series that is there twice.
  const lines = new Set(series.map(({ labels, value }) => `${name}${labelsText(labels)} ${value}\n`))
  const seen = new Set<string>()
  const unique = [...lines].filter((line) => {
    const key = line.slice(0, line.lastIndexOf(' '))
    return !seen.has(key) && seen.add(key)
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${unique.join('')}`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return written.length === 0 ? '' : `{${written.join(',')}}`
}

function escaped(value: string): string {
  return value.slice(0, MOST_LABEL).toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
