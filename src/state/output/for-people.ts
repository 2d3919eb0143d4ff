import type { Result } from '../model/result.ts'
import { failures, header, humanize, summary } from './human.ts'
import { paint, type Style } from './options.ts'
import { groupsOf, isFailed, seconds, tallyOf, type Output } from './run.ts'

/** A sentence per result, then what failed or was skipped, then the counts. */
export function documentation(results: readonly Result[], style: Style): Output {
  const groups = groupsOf(results, style.sort)
  const tally = tallyOf(results)
  const lines = groups.map((group) => header(group) + group.map((result) => `${humanize(result, false, style)}\n`).join(''))
  return { text: `${lines.join('')}\n\n${failures(groups, style)}${summary(tally, style)}`, exit: tally.failed > 0 ? 1 : 0 }
}

/** A dot, S or F per result, then as `documentation`. The format by default. */
export function rspecish(results: readonly Result[], style: Style): Output {
  const groups = groupsOf(results, style.sort)
  const tally = tallyOf(results)
  const marks = groups.flat().map((result) => mark(result, style))
  return { text: `${marks.join('')}\n\n${failures(groups, style)}${summary(tally, style)}`, exit: tally.failed > 0 ? 1 : 0 }
}

function mark(result: Result, style: Style): string {
  if (result.outcome === 'skip') return paint('S', 'yellow', style)
  return isFailed(result) ? paint('F', 'red', style) : paint('.', 'green', style)
}

/** Test Anything Protocol. */
export function tap(results: readonly Result[], style: Style): Output {
  const all = groupsOf(results, style.sort).flat()
  const lines = all.map((result, at) => {
    const skip = result.outcome === 'skip' ? '# SKIP ' : ''
    return `${isFailed(result) ? 'not ok' : 'ok'} ${at + 1} - ${skip}${humanize(result, true, style)}\n`
  })
  return { text: `1..${all.length}\n${lines.join('')}`, exit: all.some(isFailed) ? 1 : 0 }
}

/** One line for Nagios, `perfdata` behind a bar, each failure on a line of its own if `verbose`. Exit code 2: critical. */
export function nagios(results: readonly Result[], style: Style): Output {
  const { count, failed, skipped, nanos } = tallyOf(results)
  const state = failed > 0 ? 'CRITICAL' : 'OK'
  const line = `GOSS ${state} - Count: ${count}, Failed: ${failed}, Skipped: ${skipped}, Duration: ${seconds(nanos)}s`
  const data = style.perfdata ? `|total=${count} failed=${failed} skipped=${skipped} duration=${seconds(nanos)}s` : ''
  const details = style.verbose ? groupsOf(results, style.sort).flat().filter(isFailed) : []
  const lines = details.map((result, at) => `Fail ${at + 1} - ${humanize(result, true, style)}\n`)
  return { text: `${line}${data}\n${lines.join('')}`, exit: failed > 0 ? 2 : 0 }
}
