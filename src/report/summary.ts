import type { ControlResult, ControlVerdict, WindowVerdict } from '../../core/model/judgement.ts'
import type { Report } from '../../core/model/report.ts'
import { moment, spelled } from './moments.ts'
import { instanceName, minutesByState } from './watching.ts'
import { clip } from './visible.ts'
import { listed, percent, plural, verdictWords, worstFirst } from './words.ts'

/** A window's verdict and how many controls had each: the same once as observed and once after waivers. */
export type Score = {
  readonly name: string
  readonly verdict: WindowVerdict
  readonly total: number
  readonly passed: number
  /** Verdicts other than pass, worst first, only those that occur. */
  readonly others: readonly { readonly verdict: ControlVerdict; readonly count: number }[]
}

/** As observed first, then after waivers. Every control is in the total: a waived or unjudged one is never dropped from it. */
export function scores({ judgement }: Report): readonly [Score, Score] {
  const { controls, verdict, verdictBeforeWaivers } = judgement
  const before = controls.map((control) => control.verdictBeforeWaivers)
  const after = controls.map((control) => control.verdict)
  return [score('As observed', verdictBeforeWaivers, before), score('After waivers', verdict, after)]
}

/** `7 of 10 controls passed`. */
export function scoreWords({ passed, total }: Score): string {
  return total === 0 ? 'no controls' : `${passed} of ${plural(total, 'control')} passed`
}

/** `2 fail, 1 inconclusive`. */
export function otherWords({ others }: Score): string {
  return others.map(({ verdict, count }) => `${count} ${verdictWords[verdict].word.toLowerCase()}`).join(', ')
}

/** One sentence that says why the window has its verdict. Plain text: the names in it are data, whoever writes it out escapes it. */
export function summarySentence(report: Report): string {
  const { controls } = report.judgement
  if (controls.length === 0) return `Nothing was judged: the report has no control.${unmappedWords(report)}`
  const of = (verdict: ControlVerdict) => controls.filter((control) => control.verdict === verdict)
  const total = controls.length
  const clauses = [
    clause(of('fail'), (n) => `failed: ${names(n)}`),
    clause(of('review'), (n) => `${n.length === 1 ? 'needs' : 'need'} a person’s decision: ${names(n)}`),
    clause(of('inconclusive'), (n) => `could not be judged because ${whyNotJudged(report, n)}`),
    clause(of('waived'), (n) => `${n.length === 1 ? 'is' : 'are'} waived: ${names(n)}${until(report, n)}`),
    clause(of('not_applicable'), (n) => `${n.length === 1 ? 'applies' : 'apply'} to nothing here`),
    clause(of('pass'), () => 'passed'),
  ].filter((text) => text !== null)
  const [first = '', ...rest] = clauses
  if (of('pass').length === total)
    return `All ${plural(total, 'control')} passed; ${watchedWords(report)}.${unmappedWords(report)}`
  const opening = first.replace(/^\d+/, (count) => `${count} of ${plural(total, 'control')}`)
  return `${[opening, ...rest].join('; ')}.${unmappedWords(report)}`
}

function score(name: string, verdict: WindowVerdict, verdicts: readonly ControlVerdict[]): Score {
  const count = (wanted: ControlVerdict) => verdicts.filter((one) => one === wanted).length
  const others = worstFirst
    .filter((one) => one !== 'pass')
    .map((one) => ({ verdict: one, count: count(one) }))
    .filter((one) => one.count > 0)
  return { name, verdict, total: verdicts.length, passed: count('pass'), others }
}

function clause(controls: readonly ControlResult[], words: (controls: readonly ControlResult[]) => string): string | null {
  return controls.length === 0 ? null : `${controls.length} ${words(controls)}`
}

function names(controls: readonly ControlResult[]): string {
  return listed(
    controls.map(({ title }) => `“${clip(title, 100).kept}”`),
    3,
  )
}

function until({ judgement: { waivers } }: Report, controls: readonly ControlResult[]): string {
  const ids = new Set(controls.flatMap(({ waivedBy }) => waivedBy))
  const ends = waivers.filter((waiver) => ids.has(waiver.id)).map(({ expires }) => expires)
  const [soonest] = ends.sort()
  return soonest === undefined ? '' : ` (until ${moment(soonest).slice(0, 10)})`
}

/** The blind instance that explains most, else what the gate said. */
function whyNotJudged({ scope, judgement }: Report, controls: readonly ControlResult[]): string {
  const lacking = controls.flatMap(({ watched }) => watched.filter(({ sufficient }) => !sufficient))
  const sensors = new Set(lacking.map(({ sensor }) => sensor))
  const workloads = new Set(lacking.map(({ workload }) => workload))
  const concerned = scope.workloads.filter(({ name }) => workloads.has(name))
  const nodes = new Set(concerned.flatMap((workload) => workload.nodes))
  // A workload that names no node may run on any.
  const anywhere = concerned.some((workload) => workload.nodes.length === 0)
  const blind = judgement.coverage.instances
    .filter(({ sensor, node }) => sensors.has(sensor) && (anywhere || node === null || nodes.has(node)))
    .map((instance) => ({ instance, ...minutesByState(instance) }))
    .filter(({ silent, degraded }) => silent + degraded > 0)
    .sort((a, b) => b.silent - a.silent || b.degraded - a.degraded)
  const [worst] = blind
  if (worst) {
    const { minutes } = judgement.coverage
    const [state, long] = worst.silent > 0 ? ['silent', worst.silent] : ['degraded', worst.degraded]
    const others = blind.length > 1 ? ` (and ${plural(blind.length - 1, 'other instance')} had gaps)` : ''
    return `${instanceName(worst.instance)} was ${state} for ${long === minutes ? 'the whole window' : spelled(long)}${others}`
  }
  const [first] = lacking
  if (first) return `${first.sensor} watched only ${percent(first.ratio)} of ${first.workload}`
  const message = controls.flatMap(({ reasons }) => reasons).at(0)?.message
  return message === undefined ? 'the gate gave no reason' : clip(message.replace(/\.$/, ''), 300).kept
}

function watchedWords({ judgement: { coverage } }: Report): string {
  const { population, observed, silent, degraded } = coverage.totals
  if (population === 0) return 'no sensor was required to watch'
  if (silent + degraded === 0) return `every required sensor watched ${spelled(coverage.minutes)} without a gap`
  return `required sensors fully observed ${percent(observed / population)} of what was promised`
}

function unmappedWords({ judgement: { findings } }: Report): string {
  const count = findings.filter(({ control }) => control === null).length
  if (count === 0) return ''
  return ` ${plural(count, 'detection')} ${count === 1 ? 'is' : 'are'} mapped by no control.`
}
