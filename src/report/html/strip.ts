import { coverageStates, type CoverageState, type Run } from '../../../core/model/judgement.ts'
import { MINUTE_MS } from '../../../core/model/time.ts'
import { worstPerColumn } from '../watching.ts'
import { html, Html, type Part } from './markup.ts'

type Edges = { readonly start: string; readonly end: string }

/** More runs than this are drawn as this many columns, each in its worst state. */
const mostRuns = 600

/** The patterns that strips are filled with; once per page. Each state differs in pattern as well as in colour. */
export const stripPatterns = new Html(`<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="p-degraded" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="f-degraded" width="6" height="6"/><rect class="f-degraded-ink" width="2" height="6"/></pattern>
<pattern id="p-silent" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="f-silent" width="5" height="5"/><path class="f-silent-ink" d="M0 0L5 5M5 0L0 5"/></pattern>
<pattern id="p-out" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="f-out" width="6" height="6"/><circle class="f-out-ink" cx="3" cy="3" r="1"/></pattern>
</defs></svg>`)

/**
 * One sensor instance over the whole window, as wide as its place. Blind runs are drawn last and at least two pixels wide, so that
 * the shortest gap shows. `label` is its text alternative.
 */
export function strip(runs: readonly Run[], window: Edges, label: string): Html {
  const blocks = runs.length > mostRuns ? columnBlocks(runs, window) : runs.map((run) => runBlock(run, window))
  const order = (state: CoverageState) => ['out_of_scope', 'observed', 'degraded', 'silent'].indexOf(state)
  const drawn = [...blocks].sort((a, b) => order(a.state) - order(b.state))
  const rects = drawn.map(
    ({ state, x, width }) => html`<rect class="s-${state}" x="${percentOf(x)}" width="${percentOf(width)}" height="100%" />`,
  )
  const lines = ticks(window).map(
    ({ x }) => html`<line class="grid" x1="${percentOf(x)}" x2="${percentOf(x)}" y1="0" y2="100%" />`,
  )
  return html`<svg class="strip" role="img" aria-label="${label}">${rects}${lines}</svg>`
}

/** The hours (or days) under the strips, UTC. Every second label is left out on a narrow screen. */
export function axis(window: Edges): Html {
  const labels = ticks(window).map(({ x, label }, index) => {
    const anchor = x < 0.02 ? 'start' : x > 0.98 ? 'end' : 'middle'
    return html`<text x="${percentOf(x)}" y="13" text-anchor="${anchor}" ${index % 2 === 1 ? html` class="minor"` : null}
      >${label}</text
    >`
  })
  return html`<svg class="axis" aria-hidden="true" focusable="false">${labels}</svg>`
}

/** What each fill means. */
export function legend(swatch: (state: CoverageState) => Part, words: (state: CoverageState) => string): Html {
  return html`<ul class="legend">
    ${coverageStates.map((state) => html`<li>${swatch(state)} ${words(state)}</li>`)}
  </ul>`
}

type Block = { readonly state: CoverageState; readonly x: number; readonly width: number }

function runBlock({ state, from, to }: Run, window: Edges): Block {
  const x = position(Date.parse(from), window)
  return { state, x, width: Math.max(0, position(Date.parse(to), window) - x) }
}

function columnBlocks(runs: readonly Run[], window: Edges): readonly Block[] {
  return worstPerColumn(runs, window, mostRuns).map((state, column) => ({ state, x: column / mostRuns, width: 1 / mostRuns }))
}

function position(ms: number, { start, end }: Edges): number {
  const [from, to] = [Date.parse(start), Date.parse(end)]
  return Math.min(1, Math.max(0, (ms - from) / (to - from)))
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 5760, 10_080]
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** At most nine moments on round UTC times. */
function ticks(window: Edges): readonly { readonly x: number; readonly label: string }[] {
  const [from, to] = [Date.parse(window.start), Date.parse(window.end)]
  const step = (steps.find((minutes) => (to - from) / (minutes * MINUTE_MS) <= 8) ?? 10_080) * MINUTE_MS
  const marks = []
  for (let ms = Math.ceil(from / step) * step; ms <= to; ms += step) marks.push(ms)
  const days = to - from > 1440 * MINUTE_MS
  return marks.map((ms) => ({ x: position(ms, window), label: tickLabel(new Date(ms), days) }))
}

function tickLabel(date: Date, days: boolean): string {
  const time = date.toISOString().slice(11, 16)
  return days && time === '00:00' ? `${date.getUTCDate()} ${months[date.getUTCMonth()] ?? ''}` : time
}

function percentOf(part: number): string {
  return `${Number((part * 100).toFixed(4))}%`
}
