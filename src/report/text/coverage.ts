import type { CoverageState, InstanceCoverage } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import { span } from '../moments.ts'
import { blindRuns, instanceLabel, minutesByState, unlistedWords, worstPerColumn } from '../watching.ts'
import { grouped, moreInReport, percent, plural, stateWords } from '../words.ts'
import { hanging, pad, safe, widthOf, wrap, type Paint, type Style } from './layout.ts'

const mostInstances = 30
const mostBlind = 20
const bar = 24

const blocks: Readonly<Record<CoverageState, { readonly block: string; readonly style: Style }>> = {
  observed: { block: '▇', style: 'green' },
  degraded: { block: '▄', style: 'yellow' },
  silent: { block: '▁', style: 'red' },
  out_of_scope: { block: '·', style: 'dim' },
}

/** A bar per sensor instance, each part in its worst state, then every blind stretch by name. */
export function coverageText({ judgement: { coverage }, window }: Report, columns: number, paint: Paint): readonly string[] {
  const { instances, totals } = coverage
  const left = instances.length - mostInstances
  const unlisted = unlistedWords(coverage)
  const nameWidth = Math.min(
    Math.max(12, ...instances.slice(0, mostInstances).map((one) => widthOf(nameOf(one)))),
    columns - bar - 16,
  )
  const legend = Object.entries(blocks).map(([state, { block }]) => `${block} ${stateWords[state as CoverageState]}`)
  const sum = totals.observed + totals.degraded + totals.silent + totals.outOfScope
  return [
    paint('COVERAGE', 'bold'),
    ...wrap(`  ${legend.join('  ')}  (each part shows its worst minute)`.trim(), columns - 2).map((line) =>
      paint(`  ${line}`, 'dim'),
    ),
    ...instances.slice(0, mostInstances).flatMap((one) => instanceLines(one, window, nameWidth, paint)),
    ...(left > 0 ? [`  ${moreInReport(left)}`] : []),
    ...(unlisted === null ? [] : hanging('  ', unlisted, columns)),
    ...(instances.length === 0 ? ['  no sensor instance: nobody was looking'] : []),
    ...blindLines(coverage, columns),
    ...hanging(
      '  ',
      `of ${plural(totals.population, 'promised minute')}: ${grouped(totals.observed)} observed, ${grouped(totals.degraded)} degraded, ${grouped(totals.silent)} silent, ${grouped(totals.outOfScope)} out of scope${
        sum === totals.population ? '' : `; THEY DO NOT ADD UP (${grouped(sum)})`
      }`,
      columns,
    ),
  ]
}

function instanceLines(one: InstanceCoverage, window: Report['window'], nameWidth: number, paint: Paint): readonly string[] {
  const minutes = minutesByState(one)
  const counted = minutes.observed + minutes.degraded + minutes.silent
  const share = counted === 0 ? '–' : percent(minutes.observed / counted)
  const drawn = worstPerColumn(one.runs, window, bar).map((state) => paint(blocks[state].block, blocks[state].style))
  const names = wrap(nameOf(one), nameWidth)
  return names.map((name, index) => {
    const last = index === names.length - 1
    return last ? `  ${pad(name, nameWidth)}  ${drawn.join('')}  ${pad(share, 9, 'left')}` : `  ${name}`
  })
}

function nameOf(instance: InstanceCoverage): string {
  return `${safe(instanceLabel(instance))}${instance.required ? '' : ' (not required)'}`
}

function blindLines(coverage: Report['judgement']['coverage'], columns: number): readonly string[] {
  const blind = blindRuns(coverage)
  if (blind.length === 0) return ['  no instance was silent or degraded in any minute']
  const longest = blind.length > mostBlind ? [...blind].sort((a, b) => b.minutes - a.minutes) : blind
  const lines = longest.slice(0, mostBlind).flatMap(({ instance, run, minutes }) => {
    const [why = ''] = run.why
    const others = run.why.length > 1 ? ` (and ${plural(run.why.length - 1, 'more reason')})` : ''
    const when = `${span(run.from, run.to)} UTC, ${plural(minutes, 'minute')}`
    return hanging(
      '  - ',
      `${safe(instanceLabel(instance))} ${stateWords[run.state]} ${when}${why === '' ? '' : `: ${safe(why)}`}${others}`,
      columns,
    )
  })
  return blind.length > mostBlind ? [...lines, `  ${moreInReport(blind.length - mostBlind)}; the longest are shown`] : lines
}
