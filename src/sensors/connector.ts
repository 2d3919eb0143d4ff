import type { Act, ActParts } from '../../core/model/act.ts'
import type { EventTime } from '../../core/model/time.ts'
import type { Instance, Watch } from '../../core/model/watch.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'

export type JsonObject = {
  readonly [key: string]: JsonValue | bigint | JsonObject | readonly (JsonValue | bigint | JsonObject)[]
}

/** An event that is an act, or telemetry that proves that the sensor was looking. */
export type ActReading = {
  readonly class: 'detection' | 'observation'
  readonly sensor: string
  /** Null: telemetry that is no act (a process exit, say). */
  readonly act: Act | null
  /** What the act is put together of, where it shares that with others. */
  readonly parts?: ActParts
  /** The event shows that this instance was alive at this moment; null when undated. */
  readonly instance: Instance
  readonly at: EventTime | null
  /**
   * The name under which the sensor's snapshots count such detections, as `Watch` has it in `rules`; null or absent: they do not count them
   * by rule.
   */
  readonly countedAs?: string | null
  /** What the line proves beside the act: the end of a process, say. */
  readonly watch?: readonly Watch[]
}

/** What became of one event. Every event is exactly one of these; none is dropped. */
export type Reading =
  | ActReading
  | {
      readonly class: 'health'
      readonly sensor: string
      readonly instance: Instance
      /** Null: undated, proves nothing about any minute. */
      readonly at: EventTime | null
      /** What it says beyond "alive": counters, loss, throttle, fault. */
      readonly watch: readonly Watch[]
    }
  | { readonly class: 'ignored'; readonly sensor: string; readonly reason: string }
  | { readonly class: 'malformed'; readonly sensor: string | null; readonly reason: string }

/** Facts read straight off an event, for `runproof events`: snake_case, null = the event does not say. */
export type Facts = Readonly<Record<string, JsonValue>>

/** Knows one sensor. Pure: the same event gives the same reading on every machine. */
export type Connector = {
  readonly sensor: string
  /** Whether an event has this sensor's shape; at most one connector says yes to a real event. */
  readonly recognises: (event: JsonObject) => boolean
  readonly read: (event: JsonObject) => Reading
  readonly facts: (event: JsonObject) => Facts
}
