import { boundWatch } from '../../../core/judge/bound.ts'
import type { IntakeLimits } from '../../../core/judge/limits.ts'
import { smallest, watchKey } from '../../../core/judge/merge.ts'
import type { Watch } from '../../../core/model/watch.ts'
import { spanOf, type Span } from './moments.ts'
import { beatMoment, type StoredWatch, type WatchRows } from './watch-rows.ts'

/** Adds watch signals to scopes. */
export type WatchFolder = {
  readonly add: (scope: number, watch: Iterable<Watch>) => void
  /** To be called when a transaction was rolled back or rows were deleted. */
  readonly forgetAll: () => void
}

/** Places whose size is at hand. */
const REMEMBERED = 50_000

export function watchFolder(rows: WatchRows, limits: IntakeLimits): WatchFolder {
  /** How many signals lie in one place: of one span, or beats of one moment. May be higher than what is stored, never lower. */
  const sizes = new Map<string, number>()

  function add(scope: number, watch: Iterable<Watch>): void {
    for (const received of watch) {
      const signal = boundWatch(received)
      const [span, beats] = [signal.kind === 'beat' ? beatSpan(beatMoment(signal)) : spanOf(signal), signal.kind === 'beat']
      const place = `${beats ? 'beat' : span.reach}/${span.opens}/${span.closes}`
      if (signal.kind === 'beat') rows.addBeat(scope, span.opens, signal)
      else if (!rows.addSignal(scope, span, signal)) continue
      bound(scope, `${scope}/${place}`, span, beats)
    }
  }

  /**
   * Whatever concerns a window, all of one place does: of each place its smallest few and one more are enough to find the smallest few of
   * the window, and to see that there were more.
   */
  function bound(scope: number, place: string, span: Span, beats: boolean): void {
    const count = (): number => (beats ? rows.beatCount(scope, span.opens) : rows.signalCount(scope, span))
    const before = sizes.get(place)
    let size = before === undefined ? count() : before + 1
    if (size > 2 * limits.watch + 1) size = count()
    if (size > 2 * limits.watch + 1) {
      shrink(beats ? rows.beatsAt(scope, span.opens) : rows.signalsAlike(scope, span))
      size = limits.watch + 1
    }
    if (sizes.size >= REMEMBERED) sizes.clear()
    sizes.set(place, size)
  }

  function shrink(stored: readonly StoredWatch[]): void {
    const byKey = new Map(stored.map((each) => [watchKey(each.signal), each]))
    const kept = smallest(byKey, limits.watch + 1)
    for (const [key, { remove }] of byKey) if (!kept.has(key)) remove()
  }

  return { add, forgetAll: () => sizes.clear() }
}

function beatSpan(moment: number): Span {
  return { reach: 0, opens: moment, closes: moment }
}
