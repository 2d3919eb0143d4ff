import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { resolve } from '../../core/judge/resolve.ts'
import { instantMs } from '../../core/model/time.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { openKeys } from '../keys/keys.ts'
import { promiseReader, type PublishedPromise } from '../store/kept/promises.ts'
import { reportReader, type ReportReader } from '../store/kept/reports.ts'
import { openLedger, type Ledger } from '../store/ledger/ledger.ts'
import { openObjects, type Objects } from '../store/objects/objects.ts'
import { openSegments } from '../store/segments/segments.ts'
import { stateOf, type State } from '../store/state/state.ts'
import { openReportKey } from './report-key.ts'
import { scheduleOf, type Schedule } from './schedule.ts'
import type { ServiceOptions } from './service.ts'

/** How to let go of something that is open, when what follows fails. */
export type OnFailure = (letGo: () => unknown) => void

/** What lasts, opened from a data folder: keys, ledger and state, objects, raw evidence. */
export type Foundation = {
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly ledger: Ledger
  readonly state: State
  readonly objects: Objects
  readonly reports: ReportReader
  /** The published manifest of this number, with all that belongs to it. */
  readonly promiseOf: (manifest: number) => PublishedPromise
  readonly reportKey: Awaited<ReturnType<typeof openReportKey>>
  readonly digestKey: Uint8Array
  readonly segmentFiles: { readonly folder: string; readonly key: Parameters<typeof openSegments>[0]['key'] }
  readonly segments: Awaited<ReturnType<typeof openSegments>>
}

/** @throws RunproofError `store.*`, `ledger.*`, `key.unreadable` */
export async function openFoundation(
  { data, settings, passphrase, log: stream, clockShiftMs = 0 }: ServiceOptions,
  onFailure: OnFailure,
): Promise<Foundation> {
  const log = pino({ level: settings.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
  const now = (): number => Date.now() + clockShiftMs
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
  const reportKey = await openReportKey({ data, passphrase, ledger })
  const segmentFiles = { folder: join(data, 'segments'), key: await keys.segments() }
  const segments = await openSegments({ ...segmentFiles, now })
  onFailure(() => segments.close())
  const promised = promiseReader(objects)
  return {
    ...{ log, now, ledger, state, objects, reportKey, segmentFiles, segments },
    reports: reportReader(state, objects),
    promiseOf(id) {
      const row = state.manifestById(id)
      if (!row) throw new Error(`there is no published manifest number ${id}`)
      return promised(row)
    },
    digestKey: await keys.redaction(),
  }
}

/** Every scope's promises in the order in which they come into force. */
export function schedulesOf({ state, promiseOf }: Pick<Foundation, 'state' | 'promiseOf'>): readonly Schedule[] {
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

const catalogue = join(import.meta.dirname, '..', '..', 'catalogue')

/** What ships as data: the gate and what sensors cannot see. `plan` is the gate's digest. */
export function shippedCatalogue(): { readonly gate: JsonValue; readonly blindSpots: JsonValue; readonly plan: string } {
  const { plan } = readJson('gate/plan.lock.json') as { readonly plan: string }
  return { gate: readJson('gate/plan.json'), blindSpots: readJson('blind-spots.json'), plan }
}

function readJson(name: string): JsonValue {
  return JSON.parse(readFileSync(join(catalogue, name), 'utf8')) as JsonValue
}
