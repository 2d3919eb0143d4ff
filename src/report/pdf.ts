import type { Report } from '../../core/model/report.ts'
import type { Seal } from './html.ts'
import { moment } from './moments.ts'
import { check } from './pdf/check.ts'
import { controls } from './pdf/controls.ts'
import { coverage } from './pdf/coverage.ts'
import { previous, tally, unmapped } from './pdf/events.ts'
import { head } from './pdf/head.ts'
import { createPaper, type Fonts } from './pdf/paper.ts'
import { waivers } from './pdf/waivers.ts'
import { visible } from './visible.ts'
import { verdictWords } from './words.ts'

export type { Fonts } from './pdf/paper.ts'

/**
 * The report as an A4 document for people, in the order of the page: tagged, with bookmarks, the report's digest on every page. What
 * an attacker may have written is only ever text; characters that could mislead, and those that the fonts have no picture of, are
 * written out. The same report, seal and fonts give the same bytes. Long lists are cut with a line that says so (P1).
 */
export function reportPdf(report: Report, seal: Seal, fonts: Fonts): Uint8Array {
  const { scope, window, judgement } = report
  const title = `${scope.application} / ${scope.environment}, ${moment(window.start)} UTC: ${verdictWords[judgement.verdict].word}`
  const paper = createPaper(fonts, {
    title: visible(`${title} – Runtime Assurance Report`),
    subject: `Report digest sha256 ${seal.reportDigest}`,
    madeAt: report.evaluatedAt,
    footerLine: `report sha256 ${seal.reportDigest}`,
  })
  head(paper, report, seal)
  controls(paper, report)
  coverage(paper, report)
  waivers(paper, report)
  unmapped(paper, report)
  tally(paper, report)
  previous(paper, report)
  check(paper, report, seal)
  return paper.finish()
}
