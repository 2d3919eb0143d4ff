import { parentPort } from 'node:worker_threads'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Report } from '../../../core/model/report.ts'
import type { Seal } from '../../report/html.ts'
import { pdfOf } from './report-pdf.ts'

/** Sets one document after another in pages, where nobody else waits for the processor. */
export type ToPdf = { readonly id: number; readonly report: Report; readonly seal: Seal }
export type FromPdf =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly error: { readonly code: string | null; readonly message: string } }

const port = parentPort
if (port === null) throw new Error('this is a thread of the service')

let last = Promise.resolve()
port.on('message', (asked: ToPdf) => {
  last = last.then(async () => port.postMessage(await answerTo(asked)))
})

async function answerTo({ id, report, seal }: ToPdf): Promise<FromPdf> {
  try {
    return { id, bytes: await pdfOf(report, seal) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { id, error: { code: error instanceof RunproofError ? error.code : null, message } }
  }
}
