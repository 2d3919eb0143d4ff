import type { InstanceCoverage } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import { span } from '../moments.ts'
import { blindRuns, instanceLabel, instanceName, minutesByState, unlistedWords, type Blind } from '../watching.ts'
import { grouped, percent, plural, stateWords } from '../words.ts'
import { stateSwatch } from './icons.ts'
import { capped, data, disclosure, html, inline, table, type Html } from './markup.ts'
import { axis, legend, strip, stripPatterns } from './strip.ts'

const mostInstances = 200
const mostBlind = 200
const mostWhy = 5
const mostPolicies = 30

/** Who watched when: a strip per sensor instance, every blind stretch by name, and totals that add up. */
export function coverageOf({ judgement: { coverage }, window }: Report): Html {
  const { instances } = coverage
  const shown = instances.length > mostInstances ? blindestFirst(instances) : instances
  const { rows, more } = capped(shown, mostInstances, (instance) => instanceRow(instance, window))
  const unlisted = unlistedWords(coverage)
  return html`<section id="coverage" aria-labelledby="coverage-head">
    <h2 id="coverage-head">Coverage</h2>
    <p>
      Was anybody looking? Each strip is one sensor instance over the whole window of ${plural(coverage.minutes, 'minute')},
      ${span(window.start, window.end)} UTC. Gaps too short to see are drawn wider than they were; the table has their minutes.
    </p>
    ${stripPatterns} ${legend(stateSwatch, (state) => stateWords[state])}
    ${instances.length === 0 ? html`<p class="warn">No sensor instance is in the report: nobody was looking.</p>` : null}
    <div class="strips">
      ${rows}
      <div class="instance axis-row">
        <p class="quiet">UTC</p>
        ${axis(window)}
      </div>
    </div>
    ${
      more === null
        ? null
        : html`${more}
            <p class="quiet">Those with the most blind minutes are shown.</p>`
    }
    ${unlisted === null ? null : html`<p>${unlisted}</p>`} ${blindTable(blindRuns(coverage))} ${totalsOf(coverage.totals)}
    ${disclosure('instances', html`Versions, signs of life and policies of ${plural(instances.length, 'sensor instance')}`, instanceTable(shown))}
  </section>`
}

function instanceRow(instance: InstanceCoverage, window: Report['window']): Html {
  const minutes = minutesByState(instance)
  const told = (['observed', 'degraded', 'silent', 'out_of_scope'] as const)
    .filter((state) => minutes[state] > 0)
    .map((state) => `${stateWords[state]} ${grouped(minutes[state])}`)
  const label = `${instanceName(instance)}: ${told.join(', ')} minutes`
  return html`<div class="instance">
    <p>
      ${data(instanceLabel(instance))}${instance.required ? null : html` <span class="tag">not required</span>`}
      <span class="told">${told.join(' · ')} min</span>
    </p>
    ${strip(instance.runs, window, label)}
  </div> `
}

function blindTable(blind: readonly Blind[]): Html {
  if (blind.length === 0) return html`<p>No sensor instance was silent or degraded in any minute of the window.</p>`
  const longest = blind.length > mostBlind ? [...blind].sort((a, b) => b.minutes - a.minutes) : blind
  const { rows, more } = capped(longest, mostBlind, blindRow)
  const caption = html`Silent and degraded minutes${more === null ? null : ', longest first'}`
  return html`${table(caption, ['Sensor instance', 'State', 'From – to (UTC)', 'Minutes', 'Why'], rows)}${more}`
}

function blindRow({ instance, run, minutes }: Blind): Html {
  const why = run.why.slice(0, mostWhy).map((text, index) => html`${index === 0 ? null : '; '}${data(text, 500)}`)
  return html`<tr>
    <th scope="row">${data(instanceLabel(instance))}${instance.required ? null : ' (not required)'}</th>
    <td class="state">${stateSwatch(run.state)} ${stateWords[run.state]}</td>
    <td class="nowrap">${span(run.from, run.to)}</td>
    <td class="n">${minutes}</td>
    <td>${why}${run.why.length > mostWhy ? ` and ${plural(run.why.length - mostWhy, 'more reason')} in report.json` : null}</td>
  </tr> `
}

function totalsOf({ population, observed, degraded, silent, outOfScope }: Report['judgement']['coverage']['totals']): Html {
  const sum = observed + degraded + silent + outOfScope
  const part = (minutes: number) => (population === 0 ? '–' : percent(minutes / population))
  const row = (name: string, minutes: number) =>
    html`<tr>
      <th scope="row">${name}</th>
      <td class="n">${minutes}</td>
      <td class="n">${part(minutes)}</td>
    </tr> `
  const adds =
    sum === population
      ? html`<p>
          ${grouped(observed)} + ${grouped(degraded)} + ${grouped(silent)} + ${grouped(outOfScope)} = ${grouped(population)}: the
          parts add up to what was promised.
        </p>`
      : html`<p class="warn">
          The parts add up to ${grouped(sum)}, not to the population of ${grouped(population)}. Do not rely on this report.
        </p>`
  return html`${table(
    html`Minutes promised, over every control × workload × required sensor`,
    ['State', 'Minutes', 'Share, rounded down'],
    [
      row('Observed', observed),
      row('Degraded', degraded),
      row('Silent', silent),
      row('Out of scope', outOfScope),
      row('Population', population),
    ],
    'totals',
  )}${adds}`
}

function instanceTable(instances: readonly InstanceCoverage[]): Html {
  const { rows, more } = capped(instances, mostInstances, (one) => {
    const policies = Object.entries(one.policies).sort(([a], [b]) => (a < b ? -1 : 1))
    return html`<tr>
      <th scope="row">${data(instanceLabel(one))}</th>
      <td>${one.required ? 'yes' : 'no'}</td>
      <td>${one.version === null ? 'not told' : data(one.version)}</td>
      <td class="n">${one.beats}</td>
      <td class="n">${one.dropped}</td>
      <td class="n">${one.restarts}</td>
      <td class="small">
        ${
          policies.length === 0
            ? 'not told'
            : inline(
                policies.map(([name, value]) => `${name} ${value}`),
                mostPolicies,
              )
        }
      </td>
    </tr> `
  })
  const heads = ['Sensor instance', 'Required', 'Version', 'Signs of life', 'Events dropped', 'Restarts', 'Policies loaded']
  return html`${table(html`Sensor instances`, heads, rows)}${more}`
}

function blindestFirst(instances: readonly InstanceCoverage[]): readonly InstanceCoverage[] {
  const blindness = new Map(instances.map((one) => [one, minutesByState(one)]))
  const of = (one: InstanceCoverage, state: 'silent' | 'degraded') => blindness.get(one)?.[state] ?? 0
  return [...instances].sort(
    (a, b) =>
      Number(b.required) - Number(a.required) || of(b, 'silent') - of(a, 'silent') || of(b, 'degraded') - of(a, 'degraded'),
  )
}
