import type { FastifyInstance } from 'fastify'
import type pino from 'pino'
import type { Trust } from '../../core/model/trust.ts'
import type { Context } from '../actions/action.ts'
import { actions } from '../actions/registry.ts'
import { createApp } from '../server/app.ts'
import { accessOperations } from '../server/access/operations.ts'
import { Budget } from '../server/body.ts'
import { createMetrics } from '../server/metrics.ts'
import { listSegments } from '../store/segments/segments.ts'
import { openAccess, type Access } from './access.ts'
import { Backlog } from './backlog.ts'
import { openFoundation, schedulesOf, shippedCatalogue, type OnFailure } from './foundation.ts'
import { reportFile, serviceTrust, type Handover } from './handover.ts'
import { createIngest, unfoldedLinks } from './ingest.ts'
import { listening, tlsFrom } from './listen.ts'
import { newestReports } from './newest.ts'
import { otherRoutes, registerReports } from './report-routes.ts'
import { createRounds } from './rounds.ts'
import type { Settings } from './settings/settings.ts'
import { startThreads } from './threads.ts'

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

/** What lasts, then the threads, then the doors, then what the service does by itself. `onFailure`: how to let go of what is open by then. */
async function started(options: ServiceOptions, onFailure: OnFailure): Promise<Service> {
  const { data, settings, version, tickMs = 1000 } = options
  const tls = tlsFrom(settings)
  const foundation = await openFoundation(options, onFailure)
  const { log, now, ledger, state, objects, reports, promiseOf, segments, segmentFiles, reportKey } = foundation
  const shipped = shippedCatalogue()
  const backlog = new Backlog()
  /** What fails now, by who fails. */
  const troubles = new Map<string, string>()
  let schedules = schedulesOf(foundation)
  const threads = await startThreads(options, foundation, { schedules, backlog, troubles, onFailure })
  const { fold, judge, documents, evidence } = threads

  const access = openAccess({ ledger, settings, now, log })
  onFailure(access.close)
  const ingest = createIngest({
    segments,
    fold,
    evidence,
    ledger,
    backlog,
    keyOf: access.sensorKey,
    unfolded: await unfoldedLinks(segmentFiles, evidence.place()),
    now,
  })
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
  const settle = (): Promise<void> => fold.settle(segments.end())
  const rounds = createRounds({ ...foundation, ...threads, settings, metrics, troubles, settle, schedules: () => schedules })

  const handover: Handover = { ledger, state, reports, pdfOf: documents.pdfOf }
  const signers = [{ name: reportKey.name, key: reportKey.pem }]
  const trust = (isVisible?: Context['isVisible']): Trust =>
    serviceTrust({ ledger, state }, promiseOf, signers, shipped.plan, isVisible)
  const contextOf = (principal: Context['principal']): Context => ({
    ...{ principal, now, ledger, state, evidence, objects, reports, promiseOf },
    access: access.world,
    publicUrl: () => settings.url ?? address,
    shipped: () => shipped,
    trust: () => trust((scope) => access.sees(principal, scope)),
    rescheduled() {
      schedules = schedulesOf(foundation)
      fold.reschedule(schedules)
    },
    decided: (windows) => void rounds.decided(windows),
    isVisible: (scope) => access.sees(principal, scope),
  })

  const { authenticate, audit } = access
  const fileOf: Parameters<typeof registerReports>[1]['fileOf'] = (digest, format) => reportFile(handover, digest, format)
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
    authenticate,
    contextOf,
    audit,
    register: [access.register, (server: FastifyInstance) => registerReports(server, { authenticate, audit, state, fileOf })],
    others: [...otherRoutes, ...accessOperations],
    unready: () => unready(troubles, ingest.trouble()?.message ?? null),
    onDefect: (error, request) => log.error({ route: request.routeOptions.url, error: stackOf(error) }, 'a defect in Runproof'),
    trustProxy: settings.trustProxy,
    tls: tls && { ...tls, authorities: access.authorities() },
  })
  onFailure(() => app.close())
  const address = await listening(app, settings)
  log.info({ address, data, ledger: ledger.origin, size: ledger.head().size }, 'serving')
  fold.advance(segments.end())
  rounds.start(tickMs)

  return {
    address,
    access,
    trust: () => trust(),
    contextOf,
    async settled() {
      await settle()
      await rounds.once()
    },
    async stop() {
      log.info({}, 'stopping: what was begun is finished')
      await app.close()
      await rounds.stop()
      await segments.close()
      await fold.stop()
      await judge.stop()
      await documents.stop()
      access.close()
      evidence.close()
      ledger.close()
      log.info({}, 'stopped')
    },
  }
}

function unready(troubles: ReadonlyMap<string, string>, writing: string | null): readonly string[] {
  return [...[...troubles].map(([what, why]) => `${what}: ${why}`), ...(writing === null ? [] : [`writing: ${writing}`])]
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
