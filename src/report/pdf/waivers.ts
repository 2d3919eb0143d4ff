import type { WaiverUse } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import { moment, remaining, startsIn } from '../moments.ts'
import { plural, waiverStateWords } from '../words.ts'
import type { Paper } from './paper.ts'
import { more } from './parts.ts'

const mostWaivers = 100

/** What people accepted, who signed it and when it ends; and what was refused. */
export function waivers(paper: Paper, report: Report): void {
  const { judgement, refusedWaivers, evaluatedAt } = report
  paper.heading(2, 'Waivers')
  if (judgement.waivers.length === 0) paper.paragraph('No waiver was given to the judgement.')
  else
    paper.paragraph(`States are as of the evaluation, ${moment(evaluatedAt)} UTC. A waiver changes the score after waivers only.`)
  for (const waiver of judgement.waivers.slice(0, mostWaivers)) oneWaiver(paper, waiver, report)
  more(paper, judgement.waivers.length - mostWaivers)
  if (refusedWaivers.length === 0) return
  paper.table(
    'Refused: these waivers were given and do not count',
    [
      { head: 'Waiver', share: 2 },
      { head: 'File', share: 3 },
      { head: 'Why', share: 6 },
    ],
    refusedWaivers
      .slice(0, mostWaivers)
      .map(({ source, id, why }) => [id ?? 'no id', { text: source, face: 'mono' as const }, why]),
  )
  more(paper, refusedWaivers.length - mostWaivers)
}

function oneWaiver(paper: Paper, waiver: WaiverUse, { evaluatedAt, decisions }: Report): void {
  const { id, state, notBefore, expires } = waiver
  const logged = decisions.find(({ digest }) => digest === waiver.digest)
  const left = state === 'not_yet' ? startsIn(evaluatedAt, notBefore) : remaining(evaluatedAt, expires)
  paper.heading(3, `${id}: ${waiverStateWords[state]}, ${left}`)
  paper.facts([
    ['Control', waiver.control],
    ['Covers', waiver.findings.length === 0 ? 'nothing that was seen in this window' : plural(waiver.findings.length, 'finding')],
    ['Reason', waiver.reason],
    ['Compensating control', waiver.compensatingControl],
    ['Requested by', waiver.requestedBy],
    ['Signed by', `${waiver.signedBy.name}, key ${waiver.signedBy.keyId}`],
    ['Holds', `from ${moment(notBefore)} until ${moment(expires)} UTC`],
    ['Digest', `${waiver.digest}${logged ? `, ledger entry ${logged.ledgerIndex}` : ''}`, 'mono'],
  ])
}
