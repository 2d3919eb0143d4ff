import { instantMs } from '../../core/model/time.ts'
import type { Window } from '../../core/model/window.ts'
import type { Cause } from '../store/state/reports.ts'
import type { State } from '../store/state/state.ts'
import type { Closed } from './close-window.ts'
import { windowsDue, type Schedule } from './schedule.ts'

export type KeeperOptions = {
  readonly schedules: () => readonly Schedule[]
  readonly state: State
  /** Windows of which something was folded, with how often it changed; those that ended after `endsAfterMs`. */
  readonly folded: (
    endsAfterMs: number,
  ) => readonly { readonly window: Window; readonly revision: number; readonly lastReceivedMs: number }[]
  /** Everything that was received until now is folded and written when it resolves. */
  readonly settle: () => Promise<void>
  readonly close: (window: Window, manifest: number, cause: Cause) => Promise<Closed>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly latenessMs: number
  /** How long late evidence must have stopped coming before its window is judged anew. */
  readonly quietMs: number
  /** Whether a window's evidence was deleted because its time was over: it keeps the verdict that it has. */
  readonly isExpired?: (window: string) => boolean
  /** Sealed windows about which somebody decided before the last stop, and that were not judged anew since. */
  readonly undone?: readonly string[]
  readonly onClosed: (window: Window, cause: Cause, closed: Closed) => void
  readonly onError: (window: Window, cause: Cause, error: Error) => void
}

export type Keeper = {
  /** One round: every window that is due, then what came late. A round that is under way is not started again. */
  readonly tick: () => Promise<void>
  /** Judges sealed windows anew, because somebody decided something. */
  readonly decided: (windows: readonly string[]) => Promise<void>
  /** No new round from now on; resolves when the one under way is over. */
  readonly stop: () => Promise<void>
}

/**
 * Closes windows by themselves. It remembers nothing: what is due follows from promises, clock and store, so a restart at any moment goes
 * on where it was. A window that cannot be closed does not keep those of other scopes waiting.
 */
export function createKeeper(options: KeeperOptions): Keeper {
  const { state, settle, now, onClosed, onError } = options
  let running: Promise<void> | null = null
  let stopping = false
  let last: Promise<unknown> = Promise.resolve()
  /** By window; another decision while one is being judged is another wish. */
  const decidedAbout = new Map((options.undone ?? []).map((id): [string, object] => [id, {}]))

  async function close(window: Window, manifest: number, cause: Cause): Promise<boolean> {
    // One after the other, whoever asks: a report names the one before it.
    const closing = last.then(() => options.close(window, manifest, cause))
    last = closing.catch(() => {})
    try {
      onClosed(window, cause, await closing)
      return true
    } catch (error) {
      onError(window, cause, error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }

  async function closeDue(schedule: Schedule): Promise<void> {
    const sealed = state.lastSealed(schedule, '9999-12-31T23:59:59Z')
    const after = sealed === null ? 0 : instantMs(sealed.window.end)
    for (const { window, period } of windowsDue(schedule, after, now())) {
      if (stopping) return
      await settle()
      // The next window follows this one's report: without it the chain would have a hole.
      if (!(await close(window, period.manifest, 'close'))) return
    }
  }

  async function closeLate(): Promise<void> {
    for (const { window, revision, lastReceivedMs } of options.folded(now() - options.latenessMs)) {
      if (stopping) return
      const sealed = state.sealedWindow(window.id)
      if (sealed === null || revision <= sealed.sealedRevision || now() - lastReceivedMs < options.quietMs) continue
      await close(window, sealed.manifest, 'late_evidence')
    }
  }

  /** What fails is tried again in the next round: the decision was acknowledged. */
  async function closeDecided(): Promise<void> {
    for (const [id, wish] of decidedAbout) {
      if (stopping) return
      const sealed = state.sealedWindow(id)
      const isOver = sealed === null || options.isExpired?.(id) === true
      const isDone = isOver || (await close(sealed.window, sealed.manifest, 'decision'))
      if (isDone && decidedAbout.get(id) === wish) decidedAbout.delete(id)
    }
  }

  async function round(): Promise<void> {
    await Promise.all(options.schedules().map(closeDue))
    await closeLate()
    await closeDecided()
  }

  return {
    tick() {
      if (stopping) return Promise.resolve()
      running ??= round().finally(() => (running = null))
      return running
    },
    async decided(windows) {
      for (const id of windows) decidedAbout.set(id, {})
      await closeDecided()
    },
    async stop() {
      stopping = true
      await running
      await last
    },
  }
}
