import { coverageStates, type CoverageState, type Run } from '../../../core/model/judgement.ts'
import { blocksOf, ticks, type Edges } from '../timeline.ts'
import { html, Html, type Part } from './markup.ts'

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
  const rects = blocksOf(runs, window).map(
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

function percentOf(part: number): string {
  return `${Number((part * 100).toFixed(4))}%`
}
