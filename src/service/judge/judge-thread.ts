import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { Window } from '../../../core/model/window.ts'
import { openKeys } from '../../keys/keys.ts'
import { readEvidence } from '../../store/evidence/evidence.ts'
import { promiseReader } from '../../store/kept/promises.ts'
import { reportReader } from '../../store/kept/reports.ts'
import { openLedger } from '../../store/ledger/ledger.ts'
import { openObjects } from '../../store/objects/objects.ts'
import { stateOf } from '../../store/state/state.ts'
import type { Cause } from '../../store/state/reports.ts'
import { fileCases } from '../file-cases.ts'
import { closeWindow, type Closed, type Closing } from '../close-window.ts'
import { openReportKey } from '../report-key.ts'

export type JudgeThreadData = {
  readonly data: string
  readonly passphrase: string | null
  readonly origin: string | null
  readonly version: string
  /** Milliseconds added to this machine's clock; only tests hold it elsewhere. */
  readonly clockShiftMs: number
}

export type ToJudge = { readonly id: number; readonly window: Window; readonly manifest: number; readonly cause: Cause } | 'stop'
export type FromJudge =
  | 'ready'
  | 'stopped'
  | { readonly id: number; readonly closed: Closed }
  | { readonly id: number; readonly error: { readonly code: string | null; readonly message: string } }

void main(workerData as JudgeThreadData)

/** Windows are sealed and judged here, one after the other, so that a large one keeps nobody waiting at the door. */
async function main(data: JudgeThreadData): Promise<void> {
  if (parentPort === null) return
  const port = parentPort
  const { closing, end } = await openClosing(data)
  const say = (message: FromJudge): void => port.postMessage(message)
  async function handle(message: ToJudge): Promise<void> {
    if (message === 'stop') {
      end()
      say('stopped')
      port.close()
      return
    }
    const { id, window, manifest, cause } = message
    try {
      say({ id, closed: await closeWindow(closing, window, manifest, cause) })
    } catch (error) {
      say({ id, error: { code: codeOf(error), message: error instanceof Error ? error.message : String(error) } })
    }
  }

  let last: Promise<void> = Promise.resolve()
  port.on('message', (message: ToJudge) => {
    last = last.then(() => handle(message))
  })
  say('ready')
}

/** What closing works with, opened from a data folder. */
export async function openClosing({
  data,
  passphrase,
  origin,
  version,
  clockShiftMs,
}: JudgeThreadData): Promise<{ readonly closing: Closing; readonly end: () => void }> {
  const now = (): number => Date.now() + clockShiftMs
  const keys = await openKeys({ dataDir: data, passphrase })
  const ledger = openLedger({
    path: join(data, 'ledger.db'),
    logKey: await keys.log(),
    now,
    ...(origin === null ? {} : { origin }),
  })
  const evidence = readEvidence(join(data, 'evidence.db'))
  const objects = openObjects(join(data, 'objects'))
  const state = stateOf(ledger.db)
  const promised = promiseReader(objects)
  const closing: Closing = {
    ledger,
    state,
    evidence,
    objects,
    reports: reportReader(state, objects),
    promiseOf(id) {
      const row = state.manifestById(id)
      if (!row) throw new Error(`there is no published manifest number ${id}`)
      return promised(row)
    },
    reportKey: () => openReportKey({ data, passphrase, ledger }),
    version,
    now,
    alongside({ report, reportDigest, caseFile }) {
      fileCases(state, { report, reportDigest, manifest: caseFile.promised.manifest })
    },
  }
  return {
    closing,
    end() {
      evidence.close()
      ledger.close()
    },
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null
}
