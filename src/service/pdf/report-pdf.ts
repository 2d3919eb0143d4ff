import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Report } from '../../../core/model/report.ts'
import type { Seal } from '../../report/html.ts'

/** The report as a PDF, with the fonts that come with Runproof, so that it is the same bytes on every machine. */
export async function pdfOf(report: Report, seal: Seal): Promise<Uint8Array> {
  const [{ reportPdf }, regular, bold, mono] = await Promise.all([
    // Read only here: most commands make no document.
    import('../../report/pdf.ts'),
    font('DejaVuSans'),
    font('DejaVuSans-Bold'),
    font('DejaVuSansMono'),
  ])
  return reportPdf(report, seal, { regular, bold, mono })
}

async function font(name: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`))))
}
