import type { ControlVerdict, CoverageState } from '../../../core/model/judgement.ts'
import { verdictWords } from '../words.ts'
import { html, Html } from './markup.ts'

/** A verdict as a shape of its own and a word: it reads the same in grey and to a screen reader. */
export function verdictBadge(verdict: ControlVerdict, kind = 'badge'): Html {
  return html`<span class="${kind} v-${verdict}">${verdictShape(verdict)}<span>${verdictWords[verdict].word}</span></span>`
}

/** Only the shape; hidden from screen readers, so that it must stand beside its word. */
export function verdictShape(verdict: ControlVerdict): Html {
  const { outline, glyph } = shapes[verdict]
  return new Html(
    `<svg class="shape" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${outline}<path class="glyph" d="${glyph}"/></svg>`,
  )
}

/** How a state looks in a coverage strip, for the legend. */
export function stateSwatch(state: CoverageState): Html {
  return html`<svg class="swatch" aria-hidden="true" focusable="false">
    <rect class="s-${state}" width="100%" height="100%" />
  </svg>`
}

const shapes: Readonly<Record<ControlVerdict, { readonly outline: string; readonly glyph: string }>> = {
  pass: { outline: '<circle class="solid" cx="12" cy="12" r="11"/>', glyph: 'M6.5 12.5l4 4 7-8.5' },
  fail: { outline: '<path class="solid" d="M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z"/>', glyph: 'M8 8l8 8M16 8l-8 8' },
  review: {
    outline: '<path class="solid" d="M12 .5L23.5 12 12 23.5.5 12z"/>',
    glyph: 'M9.3 9.4a2.8 2.8 0 1 1 3.9 2.6c-.8.4-1.2 1-1.2 2M12 17v.2',
  },
  inconclusive: { outline: '<path class="solid" d="M12 1.2L23.6 22H.4z"/>', glyph: 'M12 9v6M12 18.4v.2' },
  waived: {
    outline: '<rect class="solid" x="1.5" y="1.5" width="21" height="21" rx="4"/>',
    glyph: 'M6 13.5c2-4 4-4 6-1.500s4 2.500 6-1.500',
  },
  not_applicable: { outline: '<circle class="hollow" cx="12" cy="12" r="10"/>', glyph: 'M7.500 12h9' },
}
