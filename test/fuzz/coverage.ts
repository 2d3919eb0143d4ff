import { Session, type Profiler } from 'node:inspector'

/** What ran since the last question: per function of our own files, the parts of it that did not. */
export type Touched = ReadonlyMap<string, readonly Interval[]>

export type Coverage = {
  /** Counts start anew with each question. It costs milliseconds: ask once per batch of inputs, and per input where the batch found something. */
  readonly take: () => Touched
  /** Whether anything in it had never run before. */
  readonly isNew: (touched: Touched) => boolean
  /** Remembers it. */
  readonly keep: (touched: Touched) => void
  readonly stop: () => void
}

type Interval = readonly [from: number, to: number]

/** V8's own block coverage of this thread. */
export function startCoverage(): Coverage {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const untouched = new Map<string, readonly Interval[]>()
  const adds = ([key, missed]: readonly [string, readonly Interval[]]): boolean => {
    const before = untouched.get(key)
    return before === undefined || lengthOf(common(before, missed)) < lengthOf(before)
  }
  return {
    take() {
      let scripts: readonly Profiler.ScriptCoverage[] = []
      // In the same thread the answer is there when `post` returns.
      session.post('Profiler.takePreciseCoverage', (_error, answer) => {
        scripts = answer.result
      })
      return touchedIn(scripts)
    },
    isNew: (touched) => touched.entries().some(adds),
    keep(touched) {
      for (const [key, missed] of touched) {
        const before = untouched.get(key)
        untouched.set(key, before ? common(before, missed) : missed)
      }
    },
    stop() {
      session.post('Profiler.stopPreciseCoverage')
      session.disconnect()
    },
  }
}

const OURS = /\/(?:core|src|verify\/src)\/.*\.ts$/

function touchedIn(scripts: readonly Profiler.ScriptCoverage[]): Touched {
  const touched = new Map<string, readonly Interval[]>()
  for (const { url, functions } of scripts) {
    if (!OURS.test(url)) continue
    for (const { ranges } of functions) {
      const [whole, ...parts] = ranges
      if (!whole || whole.count === 0) continue
      const missed = parts
        .filter(({ count }) => count === 0)
        .map(({ startOffset, endOffset }): Interval => [startOffset, endOffset])
      touched.set(`${url}:${whole.startOffset}`, missed)
    }
  }
  return touched
}

function common(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  return a.flatMap(([from, to]) =>
    b.map(([start, end]): Interval => [Math.max(from, start), Math.min(to, end)]).filter(([start, end]) => start < end),
  )
}

function lengthOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [from, to]) => sum + to - from, 0)
}
