import type { Act } from '../model/act.ts'
import { tallyNames } from '../model/intake.ts'
import type { Watch } from '../model/watch.ts'
import type { RuleCounts } from './rule-counts.ts'

export type Counter = { count: number }

/** Whose an act is: nobody's that the manifest speaks of, somebody's, or anybody's. */
type Owner = { readonly outside: string | null; readonly isUnattributed: boolean }

/** What is counted of the acts of one sensor; made once, because adding texts up costs more than adding one. */
type OfSensor = {
  readonly detection: Counter
  readonly observation: Counter
  readonly unattributed: Counter
}

/** The tally while it grows. */
export class Counts {
  private readonly counters = new Map<string, Counter>()
  private readonly sensors = new Map<string, OfSensor>()

  add(name: string): void {
    this.counter(name).count++
  }

  /** Says that something happened; how often does not matter. */
  mark(name: string): void {
    this.counter(name).count = 1
  }

  /** Under its class and sensor, or as outside of the manifest. */
  addAct(act: Pick<Act, 'class' | 'sensor'>, owned: Owner): void {
    for (const counter of this.countersOf(act, owned)) counter.count++
  }

  /** What {@link addAct} counts up for such an act. */
  countersOf({ class: kind, sensor }: Pick<Act, 'class' | 'sensor'>, { outside, isUnattributed }: Owner): readonly Counter[] {
    if (outside !== null) return [this.counter(`${tallyNames.outOfScope}/${sensor}/${outside}`)]
    const { detection, observation, unattributed } = this.sensors.get(sensor) ?? this.ofSensor(sensor)
    const seen = kind === 'detection' ? detection : observation
    return isUnattributed ? [seen, unattributed] : [seen]
  }

  all(): Map<string, number> {
    const all = new Map<string, number>()
    for (const [name, { count }] of this.counters) if (count > 0) all.set(name, count)
    return all
  }

  private ofSensor(sensor: string): OfSensor {
    const fresh = {
      detection: this.counter(`${tallyNames.detection}/${sensor}`),
      observation: this.counter(`${tallyNames.observation}/${sensor}`),
      unattributed: this.counter(`${tallyNames.unattributed}/${sensor}`),
    }
    this.sensors.set(sensor, fresh)
    return fresh
  }

  private counter(name: string): Counter {
    const known = this.counters.get(name)
    if (known !== undefined) return known
    const fresh = { count: 0 }
    this.counters.set(name, fresh)
    return fresh
  }
}

type BeatSignal = Extract<Watch, { kind: 'beat' }>
export type Beat = { -readonly [field in keyof BeatSignal]: BeatSignal[field] }
/** A beat that grows. `rules`: of which rules its detections are; null: of none that is counted by rule so far. */
export type Beating = { readonly beat: Beat; rules: RuleCounts | null }

/** Instances whose latest beat is at hand. */
const MOST_BEATING = 4_096

/** The latest beat of each instance and kind of signal; forgets all of them when there are too many. */
export class Beats {
  private readonly bySensor = {
    health: new Map<string, Map<string | null, Beating>>(),
    activity: new Map<string, Map<string | null, Beating>>(),
  }
  private size = 0

  get(signal: Beat['signal'], sensor: string, node: string | null): Beating | undefined {
    return this.bySensor[signal].get(sensor)?.get(node)
  }

  set(signal: Beat['signal'], sensor: string, node: string | null, beating: Beating): void {
    if (this.size >= MOST_BEATING) this.clear()
    const ofSensor = this.bySensor[signal].get(sensor) ?? new Map<string | null, Beating>()
    this.bySensor[signal].set(sensor, ofSensor)
    if (!ofSensor.has(node)) this.size++
    ofSensor.set(node, beating)
  }

  clear(): void {
    this.bySensor.health.clear()
    this.bySensor.activity.clear()
    this.size = 0
  }
}
