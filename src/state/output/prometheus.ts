import type { Result } from '../model/result.ts'
import { formatFloat } from '../template/float.ts'
import { compareBytes } from '../template/print.ts'
import type { Style } from './options.ts'
import { durationOf, isFailed, nanosOf, smallest, typeName, type Output, type RunInfo } from './run.ts'

type Series = { readonly labels: Readonly<Record<string, string>>; readonly value: number }
type Family = { readonly name: string; readonly help: string; readonly series: readonly Series[] }

/**
 * Counters of this one run in the text format of Prometheus; `verbose`: one series per resource. goss exits 0 and answers 200 whatever
 * failed, which our own dialect does not, and takes the outcome of the run from whichever resource ended last; ours is `fail` where anything
 * failed.
 */
export function prometheus(results: readonly Result[], run: RunInfo, style: Style): Output {
  const isFailure = results.some(isFailed)
  const outcome = outcomeOfAll(results)
  const started = results.length === 0 ? nanosOf(run.endedAt) : smallest(results.map(({ startedAt }) => nanosOf(startedAt)))
  const labels = { outcome }
  const families: readonly Family[] = [
    family('outcomes_duration_milliseconds', durationHelp, collect(results, style, milliseconds)),
    family(
      'outcomes_total',
      'The number of test-outcomes from this run.',
      collect(results, style, () => 1),
    ),
    family('run_duration_milliseconds', 'The end-to-end duration of this run.', [
      { labels, value: Number((nanosOf(run.endedAt) - started) / 1_000_000n) },
    ]),
    family('run_outcomes_total', 'The outcomes of this run as a whole.', [{ labels, value: 1 }]),
  ]
  return { text: families.map(write).join(''), exit: run.dialect === 'runproof' && isFailure ? 1 : 0 }
}

const durationHelp = 'The duration of tests from this run. Note; tests run concurrently.'

function family(name: string, help: string, series: readonly Series[]): Family {
  return { name: `goss_tests_${name}`, help, series }
}

function milliseconds(result: Result): number {
  return Number(durationOf(result) / 1_000_000n)
}

function collect(results: readonly Result[], { verbose }: Style, valueOf: (result: Result) => number): readonly Series[] {
  const series = new Map<string, Series>()
  for (const result of results) {
    const labels = {
      outcome: outcomeOf(result),
      ...(verbose && { resource_id: result.id }),
      type: typeName(result).toLowerCase(),
    }
    const key = JSON.stringify(labels)
    series.set(key, { labels, value: (series.get(key)?.value ?? 0) + valueOf(result) })
  }
  return [...series.values()].toSorted(byLabels)
}

function byLabels(a: Series, b: Series): number {
  for (const [name, value] of Object.entries(a.labels)) {
    const order = compareBytes(value, b.labels[name] ?? '')
    if (order !== 0) return order
  }
  return 0
}

function write({ name, help, series }: Family): string {
  if (series.length === 0) return ''
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${series.map((each) => `${name}${writeLabels(each)} ${formatFloat(each.value, 'g', -1)}\n`).join('')}`
}

function writeLabels({ labels }: Series): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`)
    .join(',')}}`
}

function outcomeOf(result: Result): 'pass' | 'fail' | 'skip' {
  if (isFailed(result)) return 'fail'
  return result.outcome === 'skip' ? 'skip' : 'pass'
}

/** What goss says where the resource that decides ends last. */
function outcomeOfAll(results: readonly Result[]): string {
  const outcomes = new Set(results.map(outcomeOf))
  return (['fail', 'pass', 'skip'] as const).find((outcome) => outcomes.has(outcome)) ?? 'unknown'
}
