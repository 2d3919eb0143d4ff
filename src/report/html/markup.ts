import { clip, visible, visiblePieces } from '../visible.ts'
import { grouped, moreInReport } from '../words.ts'

/** Markup that is safe to put on the page. Only this file makes it from text. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

export type Part = Html | string | number | null | readonly Part[]

/**
 * A template whose parts are data unless they are {@link Html}: they are escaped so that they can end neither a text nor a
 * double-quoted attribute, and characters that could mislead a reader are written out. Null writes nothing.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = flush(strings[0])
  for (const [index, part] of parts.entries()) markup += written(part) + flush(strings[index + 1])
  return new Html(markup)
}

/** Text of the report in running text: written-out characters are set apart, and past `max` it says how much was left out. */
export function data(text: string, max = 2000): Html {
  const { kept, left } = clip(text, max)
  const pieces = visiblePieces(kept).map((piece) => (piece.deceptive ? html`<span class="ctl">${piece.text}</span>` : piece.text))
  return html`${pieces}${left === 0 ? null : html`<span class="cut"> … ${grouped(left)} more characters in report.json</span>`}`
}

/** Text of a machine: paths, command lines, names. Never reordered by the letters in it. */
export function code(text: string, max = 2000): Html {
  return html`<code>${data(text, max)}</code>`
}

/** A digest or fingerprint: its beginning on a screen, all of it on hover and on paper. */
export function digest(text: string): Html {
  const colon = text.indexOf(':') + 1
  const [head, tail] = [text.slice(0, colon + 12), text.slice(colon + 12)]
  if (tail === '') return code(text)
  return html`<code class="digest" title="${text}">${data(head)}<span class="tail">${data(tail)}</span></code>`
}

/** The first `max` rows, and a line that says how many there are besides. */
export function capped<T>(
  rows: readonly T[],
  max: number,
  row: (value: T) => Html,
): { readonly rows: Html[]; readonly more: Html | null } {
  const left = rows.length - max
  const more = left > 0 ? html`<p class="more-rows">${moreInReport(left)}</p>` : null
  return { rows: rows.slice(0, max).map(row), more }
}

/** Names with commas between them, at most `max`. */
export function inline(names: readonly string[], max: number, show: (name: string) => Html = (name) => code(name, 300)): Html {
  const shown = names.slice(0, max).flatMap((name, index) => (index === 0 ? [show(name)] : [', ', show(name)]))
  return html`${shown}${names.length > max ? ` ${moreInReport(names.length - max)}` : null}`
}

/**
 * Something to open. The content stands after the `details`, not in it: a style sheet can hide it on a screen while the details are
 * closed and show it on paper in every browser, which no style sheet can do for what is inside closed details.
 */
export function disclosure(id: string, summary: Html, content: Html, open = false): Html {
  const state = open ? html`open` : null
  return html`<details class="more" id="${id}" ${state}><summary aria-controls="${id}-content">${summary}</summary></details>
    <div class="more-content" id="${id}-content">${content}</div>`
}

/** A table with a caption; on a narrow screen it scrolls inside its own frame, which the keyboard can reach. */
export function table(caption: Html, heads: readonly (string | Html)[], rows: readonly Html[], kind = ''): Html {
  const cells = heads.map((head) => html`<th scope="col">${head}</th>`)
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${plainText(caption)}, scrolls sideways">
    <table class="${kind}">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${cells}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

/** Terms and what they are. */
export function facts(pairs: readonly (readonly [string, Part] | null)[], kind = 'facts'): Html {
  const rows = pairs
    .filter((pair) => pair !== null)
    .map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div> `,
    )
  return html`<dl class="${kind}">${rows}</dl>`
}

/** Without the indentation of our own source, so that formatting a file does not change a page's size. */
function flush(literal = ''): string {
  return literal.replaceAll(/\n\s*/g, '\n')
}

function written(part: Part): string {
  if (part === null) return ''
  if (part instanceof Html) return part.markup
  if (typeof part === 'number') return grouped(part)
  if (typeof part === 'string') return escaped(visible(part))
  let markup = ''
  for (const one of part) markup += written(one)
  return markup
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
  ['`', '&#96;'],
])

function escaped(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => entities.get(character) ?? '')
}

/** The words of a piece of our own markup, for an attribute. */
function plainText({ markup }: Html): Html {
  return new Html(markup.replaceAll(/<[^>]*>/g, ''))
}
