import type { CoverageState } from '../model/judgement.ts'
import { eventMs, instantMs, MINUTE_MS, within } from '../model/time.ts'
import type { Watch } from '../model/watch.ts'
import { minutesIn, type Window } from '../model/window.ts'
import { deliveryMarks } from './deliveries.ts'
import {
  compare,
  counterMarks,
  droppedIn,
  faultMarks,
  firstStartMarks,
  lossMark,
  restartMarks,
  throttleMarks,
  type Mark,
  type Of,
  type Span,
} from './marks.ts'
import { watchKey } from './merge.ts'
import { policyMarks } from './policies.ts'
import type { ResolvedSensor } from './resolve.ts'

/** One entry per minute of the window: its state, and why it is not plainly observed. */
export type MinuteStates = { readonly states: readonly CoverageState[]; readonly why: readonly (readonly string[])[] }

type Facts = {
  readonly version: string | null
  readonly policies: Readonly<Record<string, string>>
  readonly beats: number
  readonly dropped: number
  readonly restarts: number
}

/** What one instance saw. */
export type Watching = {
  /** Everything that is said against it, also what concerns one workload alone. */
  readonly minutes: MinuteStates
  /** What holds for a workload: its own states where something concerned it alone, else those that hold for all. */
  readonly statesFor: (workload: string) => readonly CoverageState[]
  readonly facts: Facts
}

/**
 * When one instance was watching. A minute is observed only if it lies between two liveness signals at most twice the interval
 * apart; then restarts, losses, throttling, faults, missing alerts and other policies than the declared ones count against it.
 * Everything else is silent: a quiet sensor and a dead one look alike. `workloadOf` ties the scope of a throttle to the one declared
 * workload that it can concern; where it cannot (null), it concerns all.
 */
export function blindMinutes(
  sensor: ResolvedSensor,
  signals: readonly Watch[],
  window: Window,
  workloadOf: (scope: string | null) => string | null = () => null,
): Watching {
  const of = <K extends Watch['kind']>(kind: K): Of<K>[] => signals.filter((signal): signal is Of<K> => signal.kind === kind)
  const lines = of('beat')
  const beats = lines.filter(({ signal }) => sensor.liveness === 'activity' || signal === 'health')
  const counters = of('counters').sort((a, b) => compare(a.at, b.at) || compare(watchKey(a), watchKey(b)))
  const [start, end] = [instantMs(window.start), instantMs(window.end)]
  const restarts = [...firstStartMarks(beats, counters[0]), ...restartMarks(counters)]
  const throttles = throttleMarks(of('throttle'), start, end, workloadOf)

  const common = aliveMinutes(sensor, beats, window)
  lay(common, start, [
    ...restarts,
    ...counterMarks(counters, sensor.maxDropRate, start),
    ...of('loss').map((loss) => lossMark(loss, sensor.maxDropRate)),
    ...throttles.filter(({ workload }) => workload === null),
    ...faultMarks(of('fault'), counters, end),
    ...deliveryMarks(counters, lines, start),
    ...policyMarks(sensor, counters, { from: start, to: end }),
  ])
  const own = new Map<string, Drawn>()
  for (const [workload, marks] of Map.groupBy(throttles, ({ workload }) => workload)) {
    if (workload === null) continue
    own.set(workload, copyOf(common))
    lay(own.get(workload) ?? common, start, marks)
  }
  const all = own.size === 0 ? common : copyOf(common)
  if (own.size > 0) lay(all, start, throttles)

  // Signals around the window help to judge its edges; what is told of the window is what lies in it.
  const inWindow = ({ from, to }: Span): boolean => (to > start || from === start) && from < end
  const latest = counters.findLast(({ at }) => eventMs(at) < end) ?? counters[0]
  const facts: Facts = {
    version: latest?.version ?? null,
    policies: latest?.policies ?? {},
    beats: beats.reduce((sum, { minute, count }) => sum + (within(`${minute}:00`, window.start, window.end) ? count : 0), 0),
    dropped: droppedIn(counters, of('loss'), inWindow),
    restarts: restarts.filter(inWindow).length,
  }
  return {
    minutes: { states: all.states, why: all.why.map((reasons) => (reasons === undefined ? [] : [...reasons])) },
    statesFor: (workload) => (own.get(workload) ?? common).states,
    facts,
  }
}

/** States and reasons as they are drawn; reasons only where there are some, since a flood of instances must fit into memory. */
type Drawn = { readonly states: CoverageState[]; readonly why: (Set<string> | undefined)[] }

function aliveMinutes(sensor: ResolvedSensor, beats: readonly Of<'beat'>[], window: Window): Drawn {
  const minutes = minutesIn(window)
  const start = instantMs(window.start)
  const states = Array.from({ length: minutes }, (): CoverageState => 'silent')
  for (const { from, to } of aliveStretches(beats, 2 * sensor.intervalMs)) {
    const first = Math.max(0, Math.ceil((from - start) / MINUTE_MS))
    const behind = Math.min(minutes, Math.floor((to - start) / MINUTE_MS))
    for (let minute = first; minute < behind; minute++) states[minute] = 'observed'
  }
  const reason = beats.length === 0 ? `no ${sensor.liveness} signal` : `no ${sensor.liveness} signal in time`
  return { states, why: states.map((state) => (state === 'silent' ? new Set([reason]) : undefined)) }
}

/** Every minute that a mark touches: silent beats degraded beats observed. */
function lay({ states, why }: Drawn, start: number, marks: readonly Mark[]): void {
  for (const { from, to, state, why: reason } of marks) {
    const first = Math.max(0, Math.floor((from - start) / MINUTE_MS))
    const touched = Math.max(Math.ceil((to - start) / MINUTE_MS), Math.floor((from - start) / MINUTE_MS) + 1)
    const behind = Math.min(states.length, touched)
    for (let minute = first; minute < behind; minute++) {
      if (state === 'silent' || states[minute] === 'observed') states[minute] = state
      const reasons = (why[minute] ??= new Set())
      reasons.add(reason)
    }
  }
}

function copyOf({ states, why }: Drawn): Drawn {
  return { states: [...states], why: why.map((reasons) => reasons && new Set(reasons)) }
}

/**
 * Stretches between liveness signals that are close enough. Within a minute only the first and last signal are known; the least
 * interval of 30 s makes sure that no gap between them can be too long.
 */
function aliveStretches(beats: readonly Of<'beat'>[], reachMs: number): { from: number; to: number }[] {
  const times = beats.flatMap(({ first, last }) => [eventMs(first), eventMs(last)]).sort((a, b) => a - b)
  const stretches: { from: number; to: number }[] = []
  for (const time of times) {
    const last = stretches.at(-1)
    if (last && time - last.to <= reachMs) last.to = time
    else stretches.push({ from: time, to: time })
  }
  return stretches
}
