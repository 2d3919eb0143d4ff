import { effects } from '../../../core/model/act.ts'
import type { Finding } from '../../../core/model/judgement.ts'
import { checkWords } from '../check-words.ts'
import { moment } from '../moments.ts'
import { actWords, becauseWords, grouped, moreInReport, plural, recurrenceWords } from '../words.ts'
import { capped, code, data, digest, facts, html, inline, type Html, type Part } from './markup.ts'

type Sample = Finding['samples'][number]
const mostSamples = 3
const mostNames = 20
const commandLine = 1000

/** Who did what, when, how often, who saw it and what really happened to the act. */
export function findingItem(finding: Finding): Html {
  const { identity, severity, confidence, excepted, waivedBy, confirmedBy = [], awaitsSecondPerson = [], samples } = finding
  const { verb, object } = actWords(finding)
  const partial = identity.target !== null && 'partial' in identity.target && identity.target.partial
  const { rows, more } = capped(samples, mostSamples, sampleItem)
  return html`<li class="finding">
    <p class="act">
      <span class="verb">${verb}</span>
      ${object === null ? null : code(object)}${partial ? quiet(' (only the name is known, not the path)') : null}${
        identity.executable === null ? null : html` by ${code(identity.executable)}`
      }
      in ${where(finding)}
    </p>
    <p class="tags">
      <span class="tag sev">${severity}</span> <span class="tag">confidence ${confidence}</span>
      <span class="tag">${recurrenceWords[finding.recurrence]}</span> <span class="tag">${becauseWords[finding.because]}</span>${
        excepted === null ? null : html` <span class="tag spared">excepted: ${data(excepted)}</span>`
      }${waivedBy.length === 0 ? null : html` <span class="tag spared">waived by ${inline(waivedBy, mostNames)}</span>`}${
        confirmedBy.length === 0 ? null : html` <span class="tag">confirmed by ${inline(confirmedBy, mostNames)}</span>`
      }${
        awaitsSecondPerson.length === 0
          ? null
          : html` <span class="tag">${inline(awaitsSecondPerson, mostNames)} needs a second person</span>`
      }
    </p>
    ${facts(
      [
        ['When', when(finding)],
        ['Effect', effectsOf(finding)],
        ...checkRows(finding),
        ['Seen by', seenBy(finding)],
        ['Fingerprint', digest(finding.fingerprint)],
      ],
      'facts tight',
    )}
    ${
      rows.length === 0
        ? null
        : html`<ul class="samples">
            ${rows}
          </ul>`
    }${more}
  </li> `
}

/** What a state check expected and found, and what to do about it. */
function checkRows(finding: Finding): readonly (readonly [string, Part])[] {
  const words = checkWords(finding)
  return (
    [
      ['Check', words?.title],
      ['Expected', words?.expected],
      ['Found', words?.actual],
      ['Remediation', words?.remediation],
    ] as const
  ).flatMap(([name, text]) => (text === null || text === undefined ? [] : [[name, data(text, 2000)] as const]))
}

function where({ identity, workloads, attributed }: Finding): Part {
  const space = identity.namespace === null ? null : quiet(` namespace ${identity.namespace}`)
  if (attributed) return [inline(workloads, mostNames), space]
  return ['one of ', inline(workloads, mostNames), space, quiet(' (could not be attributed, so it concerns each of them)')]
}

function when({ count, first, last, placed }: Finding): Part {
  const times = placed ? null : ', at a time that cannot be believed'
  if (first === null || last === null) return [plural(count, 'time'), times ?? ', time unknown']
  const range = first === last ? `at ${moment(first)} UTC` : `from ${moment(first)} to ${moment(last)} UTC`
  return [plural(count, 'time'), ', ', data(range), times]
}

function effectsOf({ effects: counts }: Finding): string {
  const seen = effects.filter((effect) => counts[effect] > 0).map((effect) => `${effect} ${grouped(counts[effect])}×`)
  return seen.length === 0 ? 'not told' : seen.join(', ')
}

function seenBy({ sensors }: Finding): Part {
  const left = sensors.length - mostNames
  return [sensors.slice(0, mostNames).map(sensorWords), left > 0 ? ` ${moreInReport(left)}` : null]
}

function sensorWords({ sensor, rules, count }: Finding['sensors'][number], index: number): Part {
  const by =
    rules.length === 0
      ? quiet(' (plain observation)')
      : [' rule ', inline(rules, mostNames, (rule) => html`“${data(rule, 300)}”`)]
  return [index === 0 ? null : '; ', data(sensor), ` ${grouped(count)}×`, by]
}

function sampleItem(sample: Sample): Html {
  const { at, node, pod, container, image, pid, uid, ancestors, tags, redacted } = sample
  const place = (
    [
      ['node', node],
      ['pod', pod],
      ['container', container],
      ['image', image],
      ['pid', pid === null ? null : String(pid)],
      ['uid', uid === null ? null : String(uid)],
    ] as const
  )
    .filter(([, value]) => value !== null)
    .map(([name, value]) => html` <span>${name} ${code(value ?? '', 500)}</span>`)
  return html`<li>
    <p class="sample-head">${at === null ? 'undated' : data(`${moment(at)} UTC`)}${place}</p>
    ${sample.commandLine === null ? null : html`<pre><code>${data(sample.commandLine, commandLine)}</code></pre>`}
    <p class="basis">
      ${ancestors.length === 0 ? null : html`started by ${inline(ancestors, mostNames)} · `}${
        tags.length === 0 ? null : html`tags ${inline(tags, mostNames)} · `
      }${redacted === 0 ? null : `${plural(redacted, 'value')} redacted · `}line
      ${digest(sample.digest)}
    </p>
  </li> `
}

function quiet(text: string): Html {
  return html`<span class="quiet">${text}</span>`
}
