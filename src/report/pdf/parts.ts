import type { ControlResult, ControlVerdict } from '../../../core/model/judgement.ts'
import { clip } from '../visible.ts'
import { moreInReport, verdictWords } from '../words.ts'
import { ink, type Cell, type Paper } from './paper.ts'

const mostReasons = 20

/** Why, in the gate's words, each with its rule. */
export function reasons(paper: Paper, all: ControlResult['reasons']): void {
  for (const { message, rule } of all.slice(0, mostReasons)) paper.paragraph(`– ${clip(message, 900).kept} (${rule})`, { gap: 2 })
  more(paper, all.length - mostReasons)
}

/** Says how many were cut, where any were. */
export function more(paper: Paper, left: number): void {
  if (left > 0) paper.paragraph(moreInReport(left), { face: 'bold', colour: '#8a4b00' })
}

/** What a reader must not miss. */
export function warn(paper: Paper, text: string): void {
  paper.paragraph(text, { face: 'bold', colour: ink.warn })
}

/** A verdict as a mark and a word, so that nothing depends on colour. */
export function verdictText(verdict: ControlVerdict): string {
  return `${verdictWords[verdict].mark} ${verdictWords[verdict].word}`
}

/** The same as the cell of a table. */
export function verdictCell(verdict: ControlVerdict): Cell {
  return { text: verdictText(verdict), face: 'bold', colour: colours[verdict] }
}

export const colours: Readonly<Record<ControlVerdict, string>> = {
  pass: '#17693a',
  fail: '#b01e1e',
  review: '#8a4b00',
  inconclusive: '#5b3fa6',
  waived: '#0a6170',
  not_applicable: '#585d66',
}
