import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import { resolve } from '../../core/judge/resolve.ts'
import { RunproofError } from '../../core/model/errors.ts'
import type { Trust } from '../../core/model/trust.ts'
import { instantMs, instantOf } from '../../core/model/time.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import type { Context } from '../actions/action.ts'
import { actions } from '../actions/registry.ts'
import { openKeys } from '../keys/keys.ts'
import { createApp } from '../server/app.ts'
import { accessOperations } from '../server/access/operations.ts'
import { Budget } from '../server/body.ts'
import { createMetrics } from '../server/metrics.ts'
import { readEvidence } from '../store/evidence/evidence.ts'
import { promiseReader } from '../store/kept/promises.ts'
import { reportReader } from '../store/kept/reports.ts'
import { openLedger } from '../store/ledger/ledger.ts'
import { openObjects } from '../store/objects/objects.ts'
import { listSegments, openSegments, pruneSegments } from '../store/segments/segments.ts'
import { stateOf, type State } from '../store/state/state.ts'
import { openAccess, type Access } from './access.ts'
import { Backlog } from './backlog.ts'
import { startFolding } from './fold/fold-client.ts'
import { reportFile, serviceTrust, type Handover } from './handover.ts'
import { createIndexing } from './indexing.ts'
import { createIngest, unfoldedLinks } from './ingest.ts'
import { startJudging } from './judge/judge-client.ts'
import { createKeeper } from './keeper.ts'
import { newestReports } from './newest.ts'
import { openReportKey } from './report-key.ts'
import { otherRoutes, registerReports } from './report-routes.ts'
import { scheduleOf, type Schedule } from './schedule.ts'
import { undoneDecisions } from './undone.ts'
import type { Settings } from './settings/settings.ts'
import { pdfOf } from './report-pdf.ts'

export type ServiceOptions = {
  /** The data folder. */
  readonly data: string
  readonly settings: Settings
  readonly passphrase: string | null
  readonly version: string
  /** Where log lines go. */
  readonly log: pino.DestinationStream
  /** Milliseconds added to this machine's clock; only tests hold it elsewhere. */
  readonly clockShiftMs?: number
  /** How often it looks what is due; default a second. */
  readonly tickMs?: number
}

export type Service = {
  /** `http://127.0.0.1:8642` */
  readonly address: string
  readonly access: Access
  readonly trust: () => Trust
  /** What an act works with, for whoever runs the service in their own process. */
  readonly contextOf: (principal: Context['principal']) => Context
  /** Everything that is due now is closed when it resolves. */
  readonly settled: () => Promise<void>
  /** Takes nothing more, finishes what was begun, and lets go of the data folder. */
  readonly stop: () => Promise<void>
}

const catalogue = join(import.meta.dirname, '..', '..', 'catalogue')

/**
 * Opens a data folder and serves it: evidence comes in, windows close by themselves, people ask and decide.
 * @throws RunproofError `store.*`, `ledger.*`, `key.unreadable`, `settings.invalid`: it then has not started, and nothing was changed
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const opened: (() => Promise<unknown>)[] = []
  try {
    return await started(options, (letGo) => void opened.push(async () => letGo()))
  } catch (error) {
    // Threads that go on would keep the process; why it did not start is what matters.
    for (const letGo of opened.toReversed()) await letGo().catch(() => {})
    throw error
  }
}

/** `onFailure`: how to let go of what is open by then. */
async function started(options: ServiceOptions, onFailure: (letGo: () => unknown) => void): Promise<Service> {
  const { data, settings, passphrase, version, clockShiftMs = 0, tickMs = 1000 } = options
  const log = pino({ level: settings.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, options.log)
  const now = (): number => Date.now() + clockShiftMs
  const tls = tlsFrom(settings)
  const keys = await openKeys({ dataDir: data, passphrase })
  const origin = settings.ledgerOrigin
  const ledger = openLedger({
    path: join(data, 'ledger.db'),
    logKey: await keys.log(),
    now,
    ...(origin === null ? {} : { origin }),
  })
  onFailure(ledger.close)
  const state = stateOf(ledger.db)
  const objects = openObjects(join(data, 'objects'))
  const reports = reportReader(state, objects)
  const promised = promiseReader(objects)
  const promiseOf = (id: number) => {
    const row = state.manifestById(id)
    if (!row) throw new Error(`there is no published manifest number ${id}`)
    return promised(row)
  }
  const shippedGate = (readJson('gate/plan.lock.json') as { readonly plan: string }).plan
  const reportKey = await openReportKey({ data, passphrase, ledger })
  const segmentFiles = { folder: join(data, 'segments'), key: await keys.segments() }
  const segments = await openSegments({ ...segmentFiles, now })
  onFailure(() => segments.close())
  let schedules = schedulesOf(state, promiseOf)
  const backlog = new Backlog()
  const troubles = new Map<string, string>()

  const fold = await startFolding(
    {
      segments: segmentFiles,
      evidence: join(data, 'evidence.db'),
      objects: join(data, 'objects'),
      schedules,
      digestKey: await keys.redaction(),
      latenessMs: settings.lateness,
      flushMs: settings.flush,
    },
    {
      onWritten(at) {
        troubles.delete('fold')
        backlog.written(at)
      },
      onStalled(why) {
        troubles.set('fold', why)
        log.error({ why }, 'nothing is folded now; what is received is kept, and it is tried again')
      },
      onFailure(why) {
        troubles.set('fold', why)
        log.error({ why }, 'folding stopped; what is received is kept, restart to go on')
      },
    },
  )
  onFailure(fold.stop)
  const evidence = readEvidence(join(data, 'evidence.db'))
  onFailure(evidence.close)
  const judge = await startJudging({ data, passphrase, origin, version, clockShiftMs }, (why) => {
    troubles.set('judge', why)
    log.error({ why }, 'judging stopped; windows stay open until a restart')
  })
  onFailure(judge.stop)
  const access = openAccess({ ledger, settings, now, log })
  onFailure(access.close)
  const place = evidence.place()
  const ingest = createIngest({
    segments,
    fold,
    evidence,
    ledger,
    backlog,
    keyOf: access.sensorKey,
    unfolded: await unfoldedLinks(segmentFiles, place),
    now,
  })

  const settle = (): Promise<void> => fold.settle(segments.end())
  const budget = new Budget(settings.held)
  const metrics = createMetrics({
    backlogBytes: () => backlog.bytes(),
    lagSeconds: () => backlog.lagSeconds(now()),
    heldBytes: () => budget.held(),
    ledgerSize: () => ledger.head().size,
    segmentBytes: () => listSegments(segmentFiles.folder).reduce((sum, { bytes }) => sum + bytes, 0),
    unclaimed: fold.unclaimed,
    openCases: state.countOpenCases,
    isFolding: () => fold.failure() === null,
    newest: newestReports(state, reports),
  })

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
    schedules: () => schedules,
    state,
    folded: (endsAfterMs) => evidence.windows({ endsAfter: instantOf(Math.max(0, endsAfterMs)) }),
    settle,
    close: judge.close,
    now,
    latenessMs: settings.lateness,
    quietMs: settings.quiet,
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

  const handover: Handover = { ledger, state, reports, pdfOf }
  const trust = (isVisible?: Context['isVisible']): Trust =>
    serviceTrust({ ledger, state }, promiseOf, [{ name: reportKey.name, key: reportKey.pem }], shippedGate, isVisible)
  const shipped = {
    gate: readJson('gate/plan.json'),
    blindSpots: readJson('blind-spots.json'),
  }
  const contextOf = (principal: Context['principal']): Context => ({
    principal,
    now,
    access: access.world,
    publicUrl: () => settings.url ?? address,
    ledger,
    state,
    evidence,
    objects,
    reports,
    promiseOf,
    shipped: () => shipped,
    trust: () => trust((scope) => access.sees(principal, scope)),
    rescheduled() {
      schedules = schedulesOf(state, promiseOf)
      fold.reschedule(schedules)
    },
    decided: (windows) => void keeper.decided(windows),
    isVisible: (scope) => access.sees(principal, scope),
  })

  let address = ''
  const app = await createApp({
    version,
    actions,
    doors: {
      ...ingest,
      sender: access.sender,
      backlog: () => backlog.bytes() + segments.pending(),
      limits: { bodyBytes: settings.body, heldBytes: settings.held, backlogBytes: settings.backlog },
      budget,
      count: (door, what, by = 1) => metrics.received.inc({ door, what }, by),
    },
    metrics,
    authenticate: access.authenticate,
    contextOf,
    audit: access.audit,
    register: [
      access.register,
      (server: FastifyInstance) =>
        registerReports(server, {
          authenticate: access.authenticate,
          audit: access.audit,
          state,
          fileOf: (digest, format) => reportFile(handover, digest, format),
        }),
    ],
    others: [...otherRoutes, ...accessOperations],
    unready: () => unready(troubles, ingest.trouble()?.message ?? null),
    onDefect: (error, request) => log.error({ route: request.routeOptions.url, error: stackOf(error) }, 'a defect in Runproof'),
    trustProxy: settings.trustProxy,
    tls: tls && { ...tls, authorities: access.authorities() },
  })
  onFailure(() => app.close())
  address = await listening(app, settings)
  log.info({ address, data, ledger: ledger.origin, size: ledger.head().size }, 'serving')
  fold.advance(segments.end())

  let isTicking = false
  const tick = async (): Promise<void> => {
    if (isTicking) return
    isTicking = true
    try {
      failing.clear()
      await keeper.tick()
      // What failed once and did not fail again was committed in spite of it.
      for (const what of [...troubles.keys()]) if (what.startsWith('close:') && !failing.has(what)) troubles.delete(what)
      await indexing.round()
      prune()
    } finally {
      isTicking = false
    }
  }
  let prunedMs = 0
  /** Raw evidence that is folded and older than its retention goes, once an hour. */
  function prune(): void {
    const place = evidence.place()
    if (place === null || now() - prunedMs < 3_600_000) return
    prunedMs = now()
    pruneSegments({ ...segmentFiles, before: place, endedBeforeMs: now() - settings.rawRetention })
  }
  const timer = setInterval(
    () => void tick().catch((error: unknown) => log.error({ why: whyOf(error) }, 'a round failed')),
    tickMs,
  )

  return {
    address,
    access,
    trust: () => trust(),
    contextOf,
    async settled() {
      await settle()
      await keeper.tick()
      await indexing.round()
    },
    async stop() {
      clearInterval(timer)
      log.info({}, 'stopping: what was begun is finished')
      await app.close()
      await keeper.stop()
      await segments.close()
      await fold.stop()
      await judge.stop()
      access.close()
      evidence.close()
      ledger.close()
      log.info({}, 'stopped')
    },
  }
}

/** Every scope's promises in the order in which they come into force. */
function schedulesOf(state: State, promiseOf: Context['promiseOf']): readonly Schedule[] {
  return state.scopes().map((scope) =>
    scheduleOf(
      scope,
      state.manifestsOf(scope).map(({ id, governsFrom }) => ({
        manifest: id,
        fromMs: instantMs(governsFrom),
        resolved: resolve(promiseOf(id).manifest),
        redaction: promiseOf(id).redaction,
      })),
    ),
  )
}

function unready(troubles: ReadonlyMap<string, string>, writing: string | null): readonly string[] {
  return [...[...troubles].map(([what, why]) => `${what}: ${why}`), ...(writing === null ? [] : [`writing: ${writing}`])]
}

/** @throws RunproofError `settings.invalid` when the port is taken, not ours to use, or the address not this machine's */
async function listening(app: FastifyInstance, { listenHost: host, listenPort: port }: Settings): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (cause) {
    const why = `${whyOf(cause)}; end what listens there, or choose another listen.host or listen.port`
    throw new RunproofError('settings.invalid', `cannot listen on ${host}, port ${port}: ${why}`, { cause })
  }
}

/** @throws RunproofError `settings.invalid` */
function tlsFrom({ tlsCertificate, tlsKey }: Settings) {
  if (tlsCertificate === null && tlsKey === null) return null
  if (tlsCertificate === null || tlsKey === null)
    throw new RunproofError('settings.invalid', 'tls.certificate and tls.key belong together: set both')
  const pair = { certificate: pemIn('tls.certificate', tlsCertificate), key: pemIn('tls.key', tlsKey) }
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key })
    return pair
  } catch (cause) {
    throw new RunproofError('settings.invalid', `tls.certificate and tls.key: ${whyOf(cause)}`, { cause })
  }
}

function pemIn(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new RunproofError('settings.invalid', `${setting}: cannot read ${path}`, { cause })
  }
}

function readJson(name: string): JsonValue {
  return JSON.parse(readFileSync(join(catalogue, name), 'utf8')) as JsonValue
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
