import { join } from 'node:path'
import { readEvidence, type EvidenceReader } from '../store/evidence/evidence.ts'
import type { Backlog } from './backlog.ts'
import { startFolding, type FoldClient } from './fold/fold-client.ts'
import type { Foundation, OnFailure } from './foundation.ts'
import { startJudging, type JudgeClient } from './judge/judge-client.ts'
import { createPdfClient, type PdfClient } from './pdf/pdf-client.ts'
import type { Schedule } from './schedule.ts'
import type { ServiceOptions } from './service.ts'

/** What works beside the doors: it folds, judges, and makes documents. */
export type Threads = {
  readonly fold: FoldClient
  readonly judge: JudgeClient
  readonly documents: PdfClient
  /** What the folding thread wrote, to read. */
  readonly evidence: EvidenceReader
}

/** `troubles`: what fails now, by who fails; readiness tells it. */
export async function startThreads(
  { data, settings, passphrase, version, clockShiftMs = 0 }: ServiceOptions,
  { log, segmentFiles, digestKey }: Pick<Foundation, 'log' | 'segmentFiles' | 'digestKey'>,
  working: {
    readonly schedules: readonly Schedule[]
    readonly backlog: Backlog
    readonly troubles: Map<string, string>
    readonly onFailure: OnFailure
  },
): Promise<Threads> {
  const { schedules, backlog, troubles, onFailure } = working
  const trouble =
    (who: string, sentence: string) =>
    (why: string): void => {
      troubles.set(who, why)
      log.error({ why }, sentence)
    }
  const fold = await startFolding(
    {
      segments: segmentFiles,
      evidence: join(data, 'evidence.db'),
      objects: join(data, 'objects'),
      schedules,
      digestKey,
      latenessMs: settings.lateness,
      flushMs: settings.flush,
    },
    {
      onWritten(at) {
        troubles.delete('fold')
        backlog.written(at)
      },
      onStalled: trouble('fold', 'nothing is folded now; what is received is kept, and it is tried again'),
      onFailure: trouble('fold', 'folding stopped; what is received is kept, restart to go on'),
    },
  )
  onFailure(fold.stop)
  const evidence = readEvidence(join(data, 'evidence.db'))
  onFailure(evidence.close)
  const judge = await startJudging(
    { data, passphrase, origin: settings.ledgerOrigin, version, clockShiftMs },
    trouble('judge', 'judging stopped; windows stay open until a restart'),
  )
  onFailure(judge.stop)
  const documents = createPdfClient()
  onFailure(documents.stop)
  return { fold, judge, documents, evidence }
}
