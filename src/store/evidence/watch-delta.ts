import { boundWatch } from '../../../core/judge/bound.ts'
import { joinBeats, watchKey } from '../../../core/judge/merge.ts'
import { minuteOf, type EventTime } from '../../../core/model/time.ts'
import type { Instance, Watch } from '../../../core/model/watch.ts'
import { beatMoment, type Beat } from './watch-rows.ts'

/** Collects the watch signals of one scope, whatever their time, for one delta. */
export type WatchDelta = {
  /** Undated beats prove nothing about any minute. */
  readonly beat: (instance: Instance, signal: Beat['signal'], at: EventTime | null, detections?: number) => void
  readonly watch: (signal: Watch) => void
  /** What was collected; it grows with what comes later, so that a delta is folded before. */
  readonly signals: () => ReadonlyMap<string, Watch>
}

type Growing = { -readonly [field in keyof Beat]: Beat[field] }

/**
 * Beats join as in a fold, but those in a minute's first millisecond stay apart from the rest of the minute: a window's margin may end
 * there, and then only they concern it.
 */
export function createWatchDelta(): WatchDelta {
  const signals = new Map<string, Watch>()
  /** The latest beat of each instance: the next one mostly falls into the same minute. */
  const latest = new Map<string, Growing>()

  function beat({ sensor, node }: Instance, signal: Beat['signal'], at: EventTime | null, detections = 0): void {
    if (at === null) return
    const instance = `${signal}/${sensor}/${node === null ? '' : `=${node}`}`
    const same = latest.get(instance)
    if (same !== undefined && at.startsWith(same.minute) && isFirstMs(at) === isFirstMs(same.first)) {
      if (at < same.first) same.first = at
      if (at > same.last) same.last = at
      same.count++
      same.detections += detections
      return
    }
    const grown = add({ kind: 'beat', sensor, node, signal, minute: minuteOf(at), first: at, last: at, count: 1, detections })
    if (grown.kind === 'beat') latest.set(instance, grown)
  }

  function add(received: Watch): Watch {
    const signal = boundWatch(received)
    const key = signal.kind === 'beat' ? `${watchKey(signal)}${beatMoment(signal)}` : watchKey(signal)
    const known = signals.get(key)
    const kept = known?.kind === 'beat' && signal.kind === 'beat' ? joinBeats(known, signal) : signal
    signals.set(key, kept)
    return kept
  }

  return {
    beat,
    watch(signal) {
      const kept = add(signal)
      // A beat that was replaced must not go on growing unseen.
      if (kept.kind === 'beat') latest.clear()
    },
    signals: () => signals,
  }
}

function isFirstMs(at: EventTime): boolean {
  return at.startsWith('00.000', 17)
}
