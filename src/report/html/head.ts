import type { Report } from '../../../core/model/report.ts'
import type { Seal } from '../html.ts'
import { minutesBetween, moment, span, spelled } from '../moments.ts'
import { otherWords, scores, scoreWords, summarySentence, type Score } from '../summary.ts'
import { verdictWords } from '../words.ts'
import { verdictBadge } from './icons.ts'
import { data, digest, facts, html, type Html, type Part } from './markup.ts'
import { reasonList } from './reasons.ts'

/** What a hurried reader needs: whose report, which time, the verdict, why, and both scores. */
export function headOf(report: Report, seal: Seal): Html {
  const { scope, window, judgement, manifest, producer } = report
  return html`<header class="page-head">
    <p class="eyebrow">Runtime Assurance Report</p>
    <h1>${data(scope.application)} <span class="slash">/</span> ${data(scope.environment)}</h1>
    <p class="window">
      <time datetime="${window.start}">${span(window.start, window.end)}</time> UTC
      <span class="quiet"
        >(${spelled(minutesBetween(window.start, window.end))}${scope.cluster === null ? null : html`, cluster ${data(scope.cluster)}`})</span
      >
    </p>
    ${seal.sample === true ? sampleNote : null}
    <section class="verdict v-${judgement.verdict}" aria-labelledby="verdict">
      <h2 id="verdict" class="verdict-word"><span class="unseen">Verdict: </span>${verdictBadge(judgement.verdict, 'big')}</h2>
      <p class="why">${unbroken(summarySentence(report))}</p>
      ${reasonList(judgement.reasons)}
      <div class="scores">${scores(report).map(scoreBox)}</div>
      <p class="formula">
        Score = controls that passed ÷ all controls. A control that was waived, not judged or not applicable is never counted as
        passed and never left out of the total.
      </p>
    </section>
    ${facts([
      ['Evaluated at', html`${moment(report.evaluatedAt)} UTC`],
      ['Manifest', html`${data(manifest.name)} ${data(manifest.version)}, owner ${data(manifest.owner)}`],
      ['Signed by', html`${data(seal.signer.name)} <span class="quiet">key</span> ${digest(seal.signer.keyId)}`],
      ['Report digest', html`<span class="quiet">SHA-256</span> ${digest(seal.reportDigest)}`],
      ['Made by', html`${producer.name} ${data(producer.version)}`],
    ])}
  </header>`
}

/** A date is not broken over two lines. */
function unbroken(sentence: string): Part {
  return sentence
    .split(/(\d{4}-\d\d-\d\d)/)
    .map((piece, index) => (index % 2 === 1 ? html`<span class="nowrap">${piece}</span>` : data(piece)))
}

const sampleNote = html`<p class="sample">
  <strong>Sample.</strong> This report was made from sample data. It says nothing about a real system.
</p>`

function scoreBox(score: Score): Html {
  const others = otherWords(score)
  return html`<div class="score">
    <h3>${score.name}</h3>
    <p class="score-verdict">${verdictBadge(score.verdict)}</p>
    <p><strong>${scoreWords(score)}</strong>${others === '' ? null : html`<br /><span class="quiet">${others}</span>`}</p>
    ${ratioBar(score)}
  </div> `
}

/** The share of each verdict; the words beside it say the same. */
function ratioBar({ passed, others, total }: Score): Html | null {
  if (total === 0) return null
  const parts = [{ verdict: 'pass' as const, count: passed }, ...others].filter(({ count }) => count > 0)
  const label = parts.map(({ verdict, count }) => `${count} ${verdictWords[verdict].word.toLowerCase()}`).join(', ')
  let x = 0
  const rects = parts.map(({ verdict, count }) => {
    const rect = html`<rect class="b-${verdict}" x="${share(x, total)}" width="${share(count, total)}" height="100%" />`
    x += count
    return rect
  })
  return html`<svg class="ratio" role="img" aria-label="${label}">${rects}</svg>`
}

function share(count: number, total: number): string {
  return `${Number(((count / total) * 100).toFixed(4))}%`
}
