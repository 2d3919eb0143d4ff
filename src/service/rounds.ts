import { instantOf } from '../../core/model/time.ts'
import { accessLogRows } from '../store/state/access-log.ts'
import { pruneSegments } from '../store/segments/segments.ts'
import type { Foundation } from './foundation.ts'
import { createHousekeeping } from './housekeeping.ts'
import { createIndexing } from './indexing.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import type { Metrics } from '../server/metrics.ts'
import type { Schedule } from './schedule.ts'
import type { Settings } from './settings/settings.ts'
import type { Threads } from './threads.ts'
import { undoneDecisions } from './undone.ts'

/** What the service does by itself, again and again. */
export type Rounds = {
  readonly decided: Keeper['decided']
  /** Looks every `ms` what is due. */
  readonly start: (ms: number) => void
  /** One round now, without housekeeping. */
  readonly once: () => Promise<void>
  /** No new round from now on; resolves when the one under way is over. */
  readonly stop: () => Promise<void>
}

export type RoundsOptions = Foundation &
  Pick<Threads, 'fold' | 'judge' | 'evidence'> & {
    readonly settings: Settings
    readonly metrics: Metrics
    readonly schedules: () => readonly Schedule[]
    /** Everything that was received until now is folded and written when it resolves. */
    readonly settle: () => Promise<void>
    readonly troubles: Map<string, string>
  }

/** Windows that are due are closed, then their findings are put into the search index, then what need not be kept goes. */
export function createRounds(options: RoundsOptions): Rounds {
  const { log, state, settings, metrics, troubles, fold, evidence } = options
  const { now, schedules, settle, judge } = options
  const indexing = createIndexing({
    state,
    isIndexed: evidence.isIndexed,
    index: fold.index,
    onError: (report, error) =>
      log.error({ report, why: error.message }, 'findings of a report are not in the search index yet; it is tried again'),
  })
  /** Windows that the round under way could not judge. */
  const failing = new Set<string>()
  const keeper = createKeeper({
    schedules,
    state,
    folded: (endsAfterMs) => evidence.windows({ endsAfter: instantOf(Math.max(0, endsAfterMs)) }),
    settle,
    close: judge.close,
    now,
    latenessMs: settings.lateness,
    quietMs: settings.quiet,
    isExpired: state.isExpired,
    undone: undoneDecisions(state),
    onClosed(window, cause, { report, isNew }) {
      if (!isNew) return
      const { verdict } = state.report(report) ?? {}
      metrics.windows.inc({ cause })
      log.info({ window: window.id, cause, verdict, report }, 'a window was judged')
      indexing.add(report)
    },
    onError(window, cause, error) {
      failing.add(`close:${window.id}`)
      metrics.failures.inc({ cause })
      troubles.set(`close:${window.id}`, error.message)
      log.error({ window: window.id, cause, why: error.message }, 'a window could not be judged; it is tried again')
    },
  })
  const housekeeping = housekeepingOf(options)

  async function round(): Promise<void> {
    failing.clear()
    await keeper.tick()
    // What failed once and did not fail again was committed in spite of it.
    for (const what of [...troubles.keys()]) if (what.startsWith('close:') && !failing.has(what)) troubles.delete(what)
    await indexing.round()
    housekeeping.round()
  }

  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | null = null
  const tick = (): void => {
    running ??= round()
      .catch((error: unknown) => log.error({ why: error instanceof Error ? error.message : String(error) }, 'a round failed'))
      .finally(() => (running = null))
  }

  return {
    decided: keeper.decided,
    start(ms) {
      timer = setInterval(tick, ms)
    },
    async once() {
      await keeper.tick()
      await indexing.round()
    },
    async stop() {
      clearInterval(timer)
      await keeper.stop()
      await running
    },
  }
}

function housekeepingOf(options: RoundsOptions) {
  const { ledger, state, objects, promiseOf, segmentFiles, evidence, settings, metrics, now, log } = options
  return createHousekeeping({
    ledger,
    state,
    objects,
    accessLog: accessLogRows(ledger.db),
    manifestOf: (id) => promiseOf(id).manifest,
    pruneRaw(endedBeforeMs) {
      const before = evidence.place()
      if (before !== null) pruneSegments({ ...segmentFiles, before, endedBeforeMs })
    },
    now,
    rawRetentionMs: settings.rawRetention,
    accessLogRetentionMs: settings.accessLogRetention,
    latenessMs: settings.lateness,
    onExpired: (expired) => log.info(expired, 'the evidence of a window was deleted, as its manifest says'),
    onFailed({ error, failures, againInMs }) {
      metrics.housekeepingFailures.inc()
      log.error({ why: error.message, failures, againInMs }, 'what need not be kept could not all be deleted; it is tried again')
    },
  })
}
