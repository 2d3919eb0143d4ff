import { effects } from '../../../core/model/act.ts'
import type { ControlResult, Finding, Watched } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import { controlsInOrder, findingsInOrder } from '../order.ts'
import { effectMeans, grouped, moreInReport, percent, plural } from '../words.ts'
import { findingItem } from './finding.ts'
import { verdictBadge } from './icons.ts'
import { capped, data, disclosure, facts, html, inline, table, type Html } from './markup.ts'
import { reasonList } from './reasons.ts'

const mostFindings = 200
/** Over the whole page; a page with more is slow to open and nobody reads it to the end. */
const mostOnPage = 2000
const mostWatched = 100
const mostNames = 30
/** So few that they are shown without being asked for. */
const fewFindings = 5

/** Every control as a row, then every control in words; worst first, otherwise in the order of the manifest. */
export function controlsOf({ judgement }: Report): Html {
  const controls = controlsInOrder(judgement.controls)
  const findings = Map.groupBy(judgement.findings, ({ control }) => control)
  const most = Math.max(10, Math.min(mostFindings, Math.floor(mostOnPage / Math.max(1, findings.size))))
  return html`<section id="controls" aria-labelledby="controls-head">
    <h2 id="controls-head">Controls</h2>
    ${controls.length === 0 ? html`<p>The report has no control.</p>` : overview(controls)}
    ${controls.map((control, index) => controlCard(control, index, findings.get(control.id) ?? [], most))}
    <h3>What the effects mean</h3>
    ${facts(
      effects.map((effect) => [effect, effectMeans[effect]]),
      'facts tight',
    )}
  </section>`
}

function overview(controls: readonly ControlResult[]): Html {
  const heads = [
    'Control',
    'Verdict',
    'As observed',
    'Violations',
    'Waived',
    'Excepted',
    'Thresholds',
    'Coverage',
    'Stage',
    'Frameworks',
  ]
  return table(html`${plural(controls.length, 'control')}, worst first`, heads, controls.map(overviewRow), 'overview')
}

function overviewRow(control: ControlResult, index: number): Html {
  const { counts, thresholds } = control
  return html`<tr>
    <th scope="row">
      <a href="#control-${String(index + 1)}">${data(control.title)}</a><br /><span class="id">${data(control.id)}</span>
    </th>
    <td>${verdictBadge(control.verdict)}</td>
    <td>${verdictBadge(control.verdictBeforeWaivers)}</td>
    <td class="n">${counts.violations}</td>
    <td class="n">${counts.waived}</td>
    <td class="n">${counts.excepted}</td>
    <td class="small keep">fail ${thresholdShort(thresholds.fail)}<br />review ${thresholdShort(thresholds.review)}</td>
    <td class="small keep">${coverageShort(control.watched)}</td>
    <td class="keep">${control.stage}</td>
    <td class="small">${frameworksOf(control, html`<br />`)}</td>
  </tr> `
}

function controlCard(control: ControlResult, index: number, findings: readonly Finding[], most: number): Html {
  const { verdict, verdictBeforeWaivers: before, watched } = control
  const anchor = `control-${index + 1}`
  const quiet = (verdict === 'pass' || verdict === 'not_applicable') && before === verdict
  // Of a control that holds people want one line; of any other its terms are part of the answer.
  const terms = quiet
    ? disclosure(
        `${anchor}-terms`,
        html`Terms, and who watched: ${coverageWords(watched)}`,
        html`${termsOf(control)}${watchedTable(watched)}`,
      )
    : html`${termsOf(control)}${disclosure(`${anchor}-watched`, html`Who watched: ${coverageWords(watched)}${lackingWords(watched)}`, watchedTable(watched))}`
  return html`<article class="card${quiet ? ' holds' : null}" id="${anchor}" aria-labelledby="${anchor}-head">
    <h3 id="${anchor}-head">${verdictBadge(verdict)} <span>${data(control.title)}</span></h3>
    <p class="id">${data(control.id)}</p>
    ${before === verdict ? null : html`<p>As observed, before waivers: ${verdictBadge(before)}</p>`}
    ${reasonList(control.reasons)} ${findingsOf(anchor, control, findings, most)} ${terms}
  </article> `
}

function termsOf(control: ControlResult): Html {
  const { counts, thresholds, workloads, frameworks, waivedBy } = control
  return facts(
    [
      [
        'Counts',
        `${plural(counts.violations, 'violation')} (${grouped(counts.waived)} waived), ${grouped(counts.excepted)} excepted, ${plural(counts.occurrences, 'occurrence')}`,
      ],
      ['Fails at', thresholdWords(thresholds.fail)],
      ['Review at', thresholdWords(thresholds.review)],
      ['Behaviour', html`${control.behaviour} <span class="quiet">·</span> stage ${control.stage}`],
      ['Applies to', workloads.length === 0 ? 'no declared workload' : inline(workloads, mostNames)],
      Object.keys(frameworks).length === 0 ? null : ['Frameworks', frameworksOf(control)],
      waivedBy.length === 0 ? null : ['Waived by', inline(waivedBy, mostNames)],
    ],
    'facts tight',
  )
}

function findingsOf(
  anchor: string,
  { verdict, findings: named }: ControlResult,
  findings: readonly Finding[],
  most: number,
): Html {
  const missing = named.length - findings.length
  // A report that names findings which it does not carry says so here.
  const lost =
    missing > 0
      ? html`<p class="warn">
          ${plural(missing, 'finding')} named by this control ${missing === 1 ? 'is' : 'are'} not in the report.
        </p>`
      : null
  if (findings.length === 0) return html`${lost}`
  const { rows, more } = capped(findingsInOrder(findings), most, findingItem)
  const open = findings.length <= fewFindings && verdict !== 'pass'
  return html`${disclosure(
    `${anchor}-findings`,
    html`${plural(findings.length, 'finding')}`,
    html`<ol class="findings">
        ${rows}
      </ol>
      ${more}`,
    open,
  )}${lost}`
}

function watchedTable(watched: readonly Watched[]): Html {
  if (watched.length === 0) return html`<p class="quiet">No sensor was required to watch.</p>`
  const worst = [...watched].sort((a, b) => Number(a.sufficient) - Number(b.sufficient) || a.ratio - b.ratio)
  const { rows, more } = capped(worst, mostWatched, watchedRow)
  const heads = ['Workload', 'Sensor', 'Observed', 'Degraded', 'Silent', 'Out of scope', 'Watched', 'Required', 'Enough']
  return html`${table(html`Minutes watched, per workload and required sensor`, heads, rows)}${more}`
}

function lackingWords(watched: readonly Watched[]): Html | null {
  const lacking = watched.filter(({ sufficient }) => !sufficient).length
  return lacking === 0
    ? null
    : html`, <strong>not enough for ${grouped(lacking)} of ${plural(watched.length, 'pair')} of workload and sensor</strong>`
}

function watchedRow(one: Watched): Html {
  return html`<tr>
    <th scope="row">${data(one.workload)}</th>
    <td>${data(one.sensor)}</td>
    <td class="n">${one.observed}</td>
    <td class="n">${one.degraded}</td>
    <td class="n">${one.silent}</td>
    <td class="n">${one.outOfScope}</td>
    <td class="n">${percent(one.ratio)}</td>
    <td class="n">${percent(one.minCoverage)}</td>
    <td>${one.sufficient ? 'yes' : html`<strong>no</strong>`}</td>
  </tr> `
}

function coverageShort(watched: readonly Watched[]): Html {
  const worst = leastWatched(watched)
  if (!worst) return html`none required`
  const mark = watched.every(({ sufficient }) => sufficient) ? null : html`<br /><strong>not enough,</strong>`
  return html`${percent(worst.ratio)}${mark}<br /><span class="quiet">of ${percent(worst.minCoverage)} required</span>`
}

function coverageWords(watched: readonly Watched[]): string {
  if (watched.length === 0) return 'no sensor was required'
  const least = watched.reduce((low, { ratio }) => Math.min(low, ratio), Number.POSITIVE_INFINITY)
  return `at least ${percent(least)} of every workload`
}

function leastWatched(watched: readonly Watched[]): Watched | undefined {
  const [first, ...rest] = watched
  if (!first) return undefined
  // What is missing most against what was required, not the smallest number.
  return rest.reduce((least, one) => (one.ratio - one.minCoverage < least.ratio - least.minCoverage ? one : least), first)
}

type Threshold = ControlResult['thresholds']['fail']

function thresholdWords({ count, severity, confidence }: Threshold): string {
  return `${plural(count, 'violation')} of severity ${severity} or more with confidence ${confidence} or more`
}

function thresholdShort({ count, severity, confidence }: Threshold): string {
  return `≥ ${grouped(count)}, ${severity}, ${confidence}`
}

function frameworksOf({ frameworks }: ControlResult, between = html`; `): Html {
  const entries = Object.entries(frameworks).sort(([a], [b]) => (a < b ? -1 : 1))
  const shown = entries
    .slice(0, mostNames)
    .map(
      ([name, ids], index) =>
        html`${index === 0 ? null : between}${data(name, 200)} ${inline(ids, mostNames, (id) => data(id, 200))}`,
    )
  return html`${shown}${entries.length > mostNames ? ` ${moreInReport(entries.length - mostNames)}` : null}`
}
