import type { EventTime, Minute } from './time.ts'

/** One running sensor: its name and the node that it watches; node null where the events do not tell. */
export type Instance = { readonly sensor: string; readonly node: string | null }

/** How often rules matched, by the names under which their sensor counts them. A rule with none is left out. */
export type RuleTallies = Readonly<Record<string, number>>

/**
 * What shows that a sensor was looking or was blind, folded so that it can be sealed:
 * - `beat`: lines of one instance in one minute; `health` are the sensor's own liveness lines, `activity` any line.
 *   `detections` counts those among them that are detections, also of what the manifest does not speak of; `rules` says of which rules
 *   they are. What is missing there (all of them where it is absent) is of rules that nobody knows: it may be of any.
 * - `counters`: a snapshot of cumulative counters since `startedAt`; `received` includes what was dropped.
 * - `loss`: events that the instance says it lost between two moments.
 * - `throttle`: the instance stopped (or resumed) reporting a scope, for example one cgroup.
 * - `fault`: the instance says that it does not do what it was told (a failed reload, reads that time out).
 * - `end`: a process ended by a signal. It says nothing about the sensor; it proves a kill that a sensor was told to make.
 */
export type Watch = Instance &
  (
    | {
        readonly kind: 'beat'
        readonly signal: 'health' | 'activity'
        readonly minute: Minute
        readonly first: EventTime
        readonly last: EventTime
        readonly count: number
        readonly detections: number
        readonly rules?: RuleTallies
      }
    | {
        readonly kind: 'counters'
        readonly at: EventTime
        readonly startedAt: EventTime | null
        /** When rules and configuration were last loaded. */
        readonly reloadedAt: EventTime | null
        readonly version: string | null
        readonly received: number | null
        readonly dropped: number | null
        /** Alerts that the sensor made and could not hand over. */
        readonly undelivered: number | null
        /** How often its rules matched: each match is an alert that should arrive. */
        readonly matched: number | null
        /**
         * The same by rule. Where the counts add up to `matched`, a rule that is left out did not match; else nobody knows. Absent: no rule
         * is known to have matched.
         */
        readonly rules?: RuleTallies
        /** Loaded policy or rule file → its SHA-256, as the sensor says. */
        readonly policies: Readonly<Record<string, string>>
      }
    | {
        readonly kind: 'loss'
        readonly from: EventTime
        readonly to: EventTime
        readonly dropped: number | null
        readonly received: number | null
      }
    | { readonly kind: 'throttle'; readonly at: EventTime; readonly state: 'start' | 'stop'; readonly scope: string | null }
    | {
        readonly kind: 'fault'
        readonly at: EventTime
        readonly what: string
        /** True: until the sensor starts or loads its rules anew (it runs an old policy, say); false: only at that moment. */
        readonly lasting: boolean
      }
    | {
        readonly kind: 'end'
        readonly at: EventTime
        /** SHA-256 (hex) of the sensor's own name for the running process, as in `Act.toKill`. */
        readonly process: string
        readonly signal: string
      }
  )

export type WatchKind = Watch['kind']
