import type { Report } from '../../core/model/report.ts'
import { checkOf } from './html/check.ts'
import { controlsOf } from './html/controls.ts'
import { coverageOf } from './html/coverage.ts'
import { previousOf, tallyOf, unmappedOf } from './html/events.ts'
import { headOf } from './html/head.ts'
import { html } from './html/markup.ts'
import { printFooter, style } from './html/style.ts'
import { waiversOf } from './html/waivers.ts'
import { moment } from './moments.ts'
import { verdictWords } from './words.ts'

/** What was done with the report after it was made: its digest, who signed it and where it was logged (null: it was not). */
export type Seal = {
  readonly reportDigest: string
  readonly ledger: { readonly origin: string; readonly index: number; readonly size: number } | null
  readonly signer: { readonly name: string; readonly keyId: string }
  /** True: made from the sample that ships with Runproof; the page says so. */
  readonly sample?: boolean
}

/**
 * The report as one page for people: no script, nothing fetched, readable on paper. Everything in the report is treated as text that
 * an attacker may have written. The same report and seal give the same bytes. Times are UTC. Long lists are cut with a line that says
 * so; `report.json` has all of them (P1).
 */
export function reportHtml(report: Report, seal: Seal): string {
  const { scope, judgement, window } = report
  const title = `${scope.application} / ${scope.environment}, ${moment(window.start)} UTC: ${verdictWords[judgement.verdict].word}`
  return `${
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="referrer" content="no-referrer" />
          <title>${title} – Runtime Assurance Report</title>
          <style>
            ${style}${printFooter(seal.reportDigest)}
          </style>
        </head>
        <body>
          <a class="skip" href="#controls">Skip to the controls</a>
          <div class="page">
            ${headOf(report, seal)}
            <nav aria-label="Sections">
              <ul>
                ${sections.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}
              </ul>
            </nav>
            <main>
              ${controlsOf(report)} ${coverageOf(report)} ${waiversOf(report)} ${unmappedOf(report)} ${tallyOf(report)}
              ${previousOf(report)} ${checkOf(report, seal)}
            </main>
            <footer>
              <p>
                Runtime Assurance Report of ${scope.application} / ${scope.environment}. Times are UTC. This page fetches nothing
                and runs no script.
              </p>
            </footer>
          </div>
        </body>
      </html>`.markup
  }\n`
}

const sections = [
  ['controls', 'Controls'],
  ['coverage', 'Coverage'],
  ['waivers', 'Waivers'],
  ['unmapped', 'Not mapped'],
  ['events', 'Events'],
  ['previous', 'Previous report'],
  ['check', 'How to check'],
] as const
