import { createFold, type Fold } from '../../../core/judge/fold.ts'
import { SKEW_MS } from '../../../core/judge/limits.ts'
import type { Behaviour, Fingerprint } from '../../../core/model/behaviour.ts'
import { tallyNames, type Tally } from '../../../core/model/intake.ts'
import { eventMs, instantMs, type EventTime } from '../../../core/model/time.ts'
import type { Watch } from '../../../core/model/watch.ts'
import type { Window } from '../../../core/model/window.ts'
import type { Reading } from '../../sensors/connector.ts'
import { foldEvent, type FoldableEvent } from '../../sensors/fold-event.ts'
import type { Redactor } from '../../sensors/redact.ts'
import { createWatchDelta, type WatchDelta } from '../../store/evidence/watch-delta.ts'
import { foldScopeOf, windowAt, type Governed, type Period, type Schedule } from '../schedule.ts'

export type ScopeName = { readonly application: string; readonly environment: string }

/** What was folded since the last time that somebody asked. */
export type Folded = {
  readonly scopes: readonly { readonly scope: ScopeName; readonly watch: ReadonlyMap<string, Watch> }[]
  readonly windows: readonly {
    readonly window: Window
    readonly behaviours: ReadonlyMap<Fingerprint, Behaviour>
    readonly tally: Tally
    readonly lastReceivedMs: number
  }[]
}

export type Router = {
  /** Folds one event into every scope that its sender may speak for (null: all); `receivedMs` places what carries no time. */
  readonly route: (event: FoldableEvent, receivedMs: number, scopes: readonly string[] | null) => void
  readonly drain: () => Folded
  /** Other promises, from now on. What is open stays as it is: a promise never changes a window that has begun. */
  readonly reschedule: (schedules: readonly Schedule[]) => void
  /** Events that nobody promised anything about. */
  readonly unclaimed: () => number
}

export type RouterOptions = {
  readonly schedules: readonly Schedule[]
  /** Keys the digests of lines that held a secret. */
  readonly digestKey: Uint8Array
  /** Evidence that comes later than this after it happened no longer changes its window; it is counted where it came in. */
  readonly latenessMs: number
  /** Takes secrets out by the rules of a promise. */
  readonly redactorFor: (period: Period) => Redactor
}

/** Application and environment as one text, as in a source's list of scopes. */
export function scopeKey({ application, environment }: ScopeName): string {
  return `${application}/${environment}`
}

/** `*` in a sender's scope is any. */
function includes(scope: string, key: string): boolean {
  if (scope === key) return true
  if (!scope.includes('*')) return false
  const [[application, environment], [wanted, where]] = [scope.split('/'), key.split('/')]
  return (application === '*' || application === wanted) && (environment === '*' || environment === where)
}

/**
 * Sends each event to the window that it happened in, per scope: acts and counts to the window, signs of life to the scope, because
 * neighbouring windows need them too. Events of no believable time, too late or ahead of the clock count in the window in which they
 * were received; nothing is dropped.
 */
export function createRouter({ schedules, digestKey, latenessMs, redactorFor }: RouterOptions): Router {
  let lanes = new Map(schedules.map((schedule) => [scopeKey(schedule), new Lane(schedule, latenessMs, redactorFor)]))
  let unclaimed = 0

  return {
    route(event, receivedMs, scopes) {
      let claimed = false
      for (const [key, lane] of lanes) {
        if (scopes !== null && !scopes.some((scope) => includes(scope, key))) continue
        claimed = lane.take(event, receivedMs, digestKey) || claimed
      }
      if (!claimed) unclaimed++
    },
    drain() {
      const drained = [...lanes.values()].map((lane) => lane.drain())
      return {
        scopes: drained.map(({ scope, watch }) => ({ scope, watch })).filter(({ watch }) => watch.size > 0),
        windows: drained.flatMap(({ windows }) => windows),
      }
    },
    reschedule(schedules) {
      const known = lanes
      lanes = new Map(
        schedules.map((schedule) => {
          const lane = known.get(scopeKey(schedule))
          lane?.reschedule(schedule)
          return [scopeKey(schedule), lane ?? new Lane(schedule, latenessMs, redactorFor)]
        }),
      )
    },
    unclaimed: () => unclaimed,
  }
}

type OpenWindow = {
  readonly governed: Governed
  /** Acts and counts go to the window, signs of life to the scope. */
  readonly fold: Fold
  readonly redactor: Redactor
  /** Received from then on is late. */
  readonly closesMs: number
  lastReceivedMs: number
}

/** One scope: its open windows, and what was seen of its sensors. */
class Lane {
  private schedule: Schedule
  private readonly latenessMs: number
  private readonly redactorFor: RouterOptions['redactorFor']
  private readonly windows = new Map<string, OpenWindow>()
  private latest: { readonly fromMs: number; readonly toMs: number; readonly open: OpenWindow } | null = null
  private watching: WatchDelta

  constructor(schedule: Schedule, latenessMs: number, redactorFor: RouterOptions['redactorFor']) {
    this.redactorFor = redactorFor
    this.schedule = schedule
    this.latenessMs = latenessMs
    this.watching = createWatchDelta()
  }

  reschedule(schedule: Schedule): void {
    this.schedule = schedule
    this.latest = null
  }

  /** False when the scope had promised nothing yet. */
  take(event: FoldableEvent, receivedMs: number, digestKey: Uint8Array): boolean {
    const { reading } = event
    const open = this.windowOf(timeOf(reading), receivedMs)
    if (open === null) return false
    if (receivedMs > open.lastReceivedMs) open.lastReceivedMs = receivedMs
    if (receivedMs >= open.closesMs) open.fold.count(`${tallyNames.late}/${speakerOf(reading)}`)
    foldEvent(open.fold, event, digestKey, open.redactor)
    return true
  }

  drain(): { readonly scope: ScopeName } & Folded['scopes'][number] & { readonly windows: Folded['windows'] } {
    const { application, environment } = this.schedule
    const watch = this.watching.signals()
    const windows = [...this.windows.values()].map(({ governed, fold, lastReceivedMs }) => {
      const { behaviours, tally } = fold.intake()
      return { window: governed.window, behaviours, tally, lastReceivedMs }
    })
    this.windows.clear()
    this.latest = null
    this.watching = createWatchDelta()
    return { scope: { application, environment }, watch, windows }
  }

  private windowOf(at: EventTime | null, receivedMs: number): OpenWindow | null {
    const ms = at === null ? receivedMs : eventMs(at)
    const isPlaced = ms >= receivedMs - this.latenessMs && ms <= receivedMs + SKEW_MS
    return (isPlaced ? this.openAt(ms) : null) ?? this.openAt(receivedMs)
  }

  private openAt(ms: number): OpenWindow | null {
    if (this.latest !== null && ms >= this.latest.fromMs && ms < this.latest.toMs) return this.latest.open
    const governed = windowAt(this.schedule, ms)
    if (governed === null) return null
    const { window } = governed
    const [fromMs, toMs] = [instantMs(window.start), instantMs(window.end)]
    const open = this.windows.get(window.id) ?? this.opened(governed, toMs)
    this.windows.set(window.id, open)
    this.latest = { fromMs, toMs, open }
    return open
  }

  private opened(governed: Governed, endMs: number): OpenWindow {
    const { beat, watch } = this.watching
    const fold = { ...createFold(foldScopeOf(governed)), beat, watch }
    const redactor = this.redactorFor(governed.period)
    return { governed, fold, redactor, closesMs: endMs + governed.period.resolved.window.graceMs, lastReceivedMs: 0 }
  }
}

function timeOf(reading: Reading): EventTime | null {
  return 'at' in reading ? reading.at : null
}

function speakerOf({ sensor }: Reading): string {
  return sensor ?? 'unknown'
}
