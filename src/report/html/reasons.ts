import type { Reason } from '../../../core/model/judgement.ts'
import { grouped, plural } from '../words.ts'
import { capped, code, data, html, inline, type Html } from './markup.ts'

const mostReasons = 20
const mostNumbers = 20

/** Reasons in the gate's words, each with its rule and the numbers that it compared. */
export function reasonList(reasons: readonly Reason[]): Html | null {
  if (reasons.length === 0) return null
  const { rows, more } = capped(reasons, mostReasons, reasonItem)
  return html`<ul class="reasons">
      ${rows}
    </ul>
    ${more}`
}

function reasonItem({ code: name, message, rule, numbers, findings }: Reason): Html {
  const compared = Object.entries(numbers)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key} = ${typeof value === 'number' ? grouped(value) : value}`)
  return html`<li>
    <span>${data(message)}</span>
    <span class="basis"
      >${data(name, 200)} · rule
      ${code(rule, 200)}${compared.length === 0 ? null : html` · ${inline(compared, mostNumbers)}`}${
        findings.length === 0 ? null : ` · ${plural(findings.length, 'finding')}`
      }</span
    >
  </li> `
}
