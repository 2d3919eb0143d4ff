import type { Actual } from '../../src/state/model/actual.ts'
import type { Result } from '../../src/state/model/result.ts'
import { judge } from '../../src/state/match/judge.ts'
import { plainStyle, type Format } from '../../src/state/output/options.ts'
import type { RunInfo } from '../../src/state/output/run.ts'
import { writeResults } from '../../src/state/output/write.ts'
import { printV } from '../../src/state/template/print.ts'
import { runGoss, withoutCrashes } from './goss.ts'
import type { Pair } from './random-suite.ts'

export type Difference = { readonly pair: Pair; readonly ours: string; readonly theirs: string }
export type Comparison = { readonly compared: number; readonly crashes: number; readonly differences: readonly Difference[] }

const instant = '2026-01-01T00:00:00Z'
const run: RunInfo = { dialect: 'goss', endedAt: instant, host: null, runId: null, version: '', sources: [] }
/** How often goss is asked again where chance has a say: it walks maps in any order. */
const again = 24
const crashed = 'goss crashes'

/**
 * Every pair through goss and through us: verdict, messages, values and both summary lines must be the same to the byte. Where goss crashes
 * ours must be an error.
 */
export function compare(pairs: readonly Pair[]): Comparison {
  const { sound, crashing } = withoutCrashes(pairs)
  const wrong = crashing.filter((pair) => resultOf(pair).outcome !== 'error')
  const writable = sound.filter((pair) => ours([pair], 'structured') !== '\n')
  const others = sound.filter((pair) => !writable.includes(pair))
  const differences = [...differing(writable, 'structured'), ...differing(others, 'tap')]
  return {
    compared: sound.length,
    crashes: crashing.length,
    differences: [...differences, ...wrong.map((pair) => ({ pair, ours: ours([pair], 'tap'), theirs: crashed }))],
  }
}

/** The result as our own evaluation makes it. */
export function resultOf({ id, content, asReader, matches }: Pair): Result {
  const text = printV(content)
  const actual: Actual = asReader
    ? { kind: 'reader', bytes: { text, size: text.length, cut: false } }
    : { kind: 'value', value: content }
  const { outcome, error, matcher } = judge(matches, actual, 'goss')
  return {
    resource: {
      type: 'matching',
      key: id,
      attributes: new Map(),
      title: '',
      meta: null,
      skip: false,
      place: { file: 'goss.yaml', row: null, column: null },
    },
    id,
    property: 'matches',
    outcome,
    error,
    matcher,
    startedAt: instant,
    endedAt: instant,
  }
}

function differing(pairs: readonly Pair[], format: Format): readonly Difference[] {
  if (pairs.length === 0) return []
  const [left, right] = [parts(ours(pairs, format), format), parts(theirs(pairs, format), format)]
  // Where one result spoils the whole text, halves show which.
  if (left.length !== right.length && pairs.length > 1) {
    const half = pairs.length >> 1
    return [...differing(pairs.slice(0, half), format), ...differing(pairs.slice(half), format)]
  }
  return pairs.flatMap((pair, at) => (left[at] === right[at] ? [] : differingAlone(pair, format)))
}

function differingAlone(pair: Pair, format: Format): readonly Difference[] {
  const alone = ours([pair], format)
  let answer = ''
  for (let time = 0; time < again; time += 1) {
    answer = theirs([pair], format)
    if (answer === alone || (answer === crashed && resultOf(pair).outcome === 'error')) return []
  }
  return [{ pair, ours: alone, theirs: answer }]
}

function ours(pairs: readonly Pair[], format: Format): string {
  return masked(writeResults(format, pairs.map(resultOf), run, plainStyle).text)
}

function theirs(pairs: readonly Pair[], format: Format): string {
  return masked(runGoss(pairs, format)?.text ?? crashed)
}

/** One text per result, without its number. */
function parts(text: string, format: Format): readonly string[] {
  if (format === 'tap')
    return text
      .split('\n')
      .map((line) => line.replace(/^(ok|not ok) \d+/, '$1'))
      .slice(1)
  return text.split('{"successful":').slice(1)
}

/** Without times; and with the words for collections that the recorded answers have, for which newer builds have others. */
export function masked(text: string): string {
  return text
    .replaceAll(/"(start|end)-time":( ?)"[^"]*"/g, '"$1-time":$2""')
    .replaceAll(/"(duration|total-duration)":( ?)\d+/g, '"$1":$20')
    .replaceAll(/Duration: \d+\.\d+s/g, 'Duration: 0.000s')
    .replaceAll(/ (time|timestamp)="[^"]*"/g, ' $1=""')
    .replaceAll('channel/slice/iterator', 'channel/slice')
    .replaceAll('array/slice/map/iter.Seq/iter.Seq2', 'array/slice/map')
    .replaceAll('array/slice/map/iterator', 'array/slice/map')
    .replaceAll('expects a map/iter.Seq2', 'expects a map')
}
