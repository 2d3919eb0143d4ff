import { boundWatch } from '../../../core/judge/bound.ts'
import type { Fold } from '../../../core/judge/fold.ts'
import { joinBeats, watchKey } from '../../../core/judge/merge.ts'
import { BeatRules, isAnyName, type RuleCounts } from '../../../core/judge/rule-counts.ts'
import { minuteOf, type EventTime } from '../../../core/model/time.ts'
import type { Watch } from '../../../core/model/watch.ts'
import { beatMoment, type Beat } from './watch-rows.ts'

/** Collects the watch signals of one scope, whatever their time, for one delta. */
export type WatchDelta = {
  /** Undated beats prove nothing about any minute. */
  readonly beat: Fold['beat']
  readonly watch: (signal: Watch) => void
  /** What was collected; its beats grow with what comes later, so that a delta is folded before. */
  readonly signals: () => ReadonlyMap<string, Watch>
}

type Growing = { -readonly [field in keyof Beat]: Beat[field] }
type AtHand = { readonly beat: Growing; rules: RuleCounts | null }

/**
 * Beats join as in a fold, but those in a minute's first millisecond stay apart from the rest of the minute: a window's margin may end
 * there, and then only they concern it.
 */
export function createWatchDelta(): WatchDelta {
  const signals = new Map<string, Watch>()
  const beatRules = new BeatRules()
  /** The latest beat of each instance: the next one mostly falls into the same minute. */
  const latest = new Map<string, AtHand>()

  function beat(
    ...[{ sensor, node }, signal, at, detections = 0, rule = null, mayKeep = isAnyName]: Parameters<Fold['beat']>
  ): void {
    if (at === null) return
    const instance = `${signal}/${sensor}/${node === null ? '' : `=${node}`}`
    let same = latest.get(instance)
    if (same !== undefined && at.startsWith(same.beat.minute) && isFirstMs(at) === isFirstMs(same.beat.first)) {
      const grown = same.beat
      if (at < grown.first) grown.first = at
      if (at > grown.last) grown.last = at
      grown.count++
      grown.detections += detections
    } else {
      const begun = add({ kind: 'beat', sensor, node, signal, minute: minuteOf(at), first: at, last: at, count: 1, detections })
      same = { beat: begun as Growing, rules: null }
      latest.set(instance, same)
    }
    if (rule !== null) (same.rules ??= beatRules.of(keyOf(same.beat))).countUp(rule, mayKeep)
  }

  function add(received: Watch): Watch {
    const signal = boundWatch(received)
    const key = keyOf(signal)
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
    signals() {
      const now = new Map(signals)
      beatRules.writeInto(now)
      return now
    },
  }
}

function keyOf(signal: Watch): string {
  return signal.kind === 'beat' ? `${watchKey(signal)}${beatMoment(signal)}` : watchKey(signal)
}

function isFirstMs(at: EventTime): boolean {
  return at.startsWith('00.000', 17)
}
