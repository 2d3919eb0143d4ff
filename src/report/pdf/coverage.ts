import type { Report } from '../../../core/model/report.ts'
import { span } from '../moments.ts'
import { blindRuns, instanceLabel, unlistedWords } from '../watching.ts'
import { grouped, listed, plural, stateWords } from '../words.ts'
import { ink, type Paper } from './paper.ts'
import { more, warn } from './parts.ts'
import { axis, legend, strip } from './strips.ts'

const mostInstances = 60
const mostBlind = 100

/** Who watched when: strips, every blind stretch by name, totals that add up. */
export function coverage(paper: Paper, { judgement: { coverage: watched }, window }: Report): void {
  const { instances, totals } = watched
  paper.heading(2, 'Coverage')
  paper.paragraph(
    `Was anybody looking? Each strip is one sensor instance over the whole window of ${plural(watched.minutes, 'minute')}, ${span(window.start, window.end)} UTC. Gaps too short to see are drawn wider than they were; the table has their minutes.`,
  )
  legend(paper)
  if (instances.length === 0) warn(paper, 'No sensor instance is in the report: nobody was looking.')
  for (const instance of instances.slice(0, mostInstances)) strip(paper, instance, window)
  if (instances.length > 0) axis(paper, window)
  more(paper, instances.length - mostInstances)
  const unlisted = unlistedWords(watched)
  if (unlisted !== null) paper.paragraph(unlisted)
  const blind = blindRuns(watched)
  if (blind.length === 0) paper.paragraph('No sensor instance was silent or degraded in any minute of the window.')
  else {
    const longest = blind.length > mostBlind ? [...blind].sort((a, b) => b.minutes - a.minutes) : blind
    paper.table(
      `Silent and degraded minutes${blind.length > mostBlind ? ', longest first' : ''}`,
      [
        { head: 'Sensor instance', share: 3 },
        { head: 'State', share: 1.7 },
        { head: 'From – to (UTC)', share: 3.2 },
        { head: 'Minutes', share: 1.3, right: true },
        { head: 'Why', share: 6 },
      ],
      longest
        .slice(0, mostBlind)
        .map(({ instance, run, minutes }) => [
          `${instanceLabel(instance)}${instance.required ? '' : ' (not required)'}`,
          { text: stateWords[run.state], face: 'bold', colour: run.state === 'silent' ? ink.warn : '#7a4d00' },
          span(run.from, run.to),
          grouped(minutes),
          listed(run.why.slice(0, 5), 5),
        ]),
    )
    more(paper, blind.length - mostBlind)
  }
  const { population, observed, degraded, silent, outOfScope } = totals
  const sum = observed + degraded + silent + outOfScope
  const words = `Of ${plural(population, 'promised minute')} (control × workload × required sensor): ${grouped(observed)} observed + ${grouped(degraded)} degraded + ${grouped(silent)} silent + ${grouped(outOfScope)} out of scope = ${grouped(sum)}`
  if (sum === population) paper.paragraph(`${words}: the parts add up.`)
  else warn(paper, `${words}, which is not the population. Do not rely on this report.`)
}
