import { judge } from '../core/judge/judge.ts'
import { openPieces, seal } from '../core/judge/seal.ts'
import { PROCEDURE, type Sealed } from '../core/model/sealed.ts'
import type { Window } from '../core/model/window.ts'
import { assembleReport, statementOf } from './report/assemble.ts'
import type { Batch, Receipt, Shell, Taken } from './shell.ts'

/** From what a sensor sent to what the window holds: read, redact, fold. Durable when it returns. */
export async function take(batch: Batch, { take }: Shell): Promise<Taken> {
  return take(batch)
}

/** At the window's end: everything that the judgement may rest on, sealed line by line into where it is kept. */
export async function close(window: Window, { windowInputs, keepSealed }: Shell): Promise<Sealed> {
  const { promised, intake, facts } = await windowInputs(window)
  const { manifest, gate, blindSpots } = promised
  return keepSealed(seal({ procedure: PROCEDURE, window, manifest, gate, blindSpots, intake, facts }))
}

/** The window's report: judged from the sealed bytes themselves, signed, logged. A later decision or late evidence makes another. */
export async function assure(sealed: Sealed, { caseFileOf, sign, commit, version }: Shell): Promise<Receipt> {
  const caseFile = await caseFileOf(sealed)
  const decisions = caseFile.decisions.map(({ verified }) => verified)
  const judgement = judge({ ...(await openPieces(sealed.pieces())), decisions, evaluatedAt: caseFile.evaluatedAt })
  const report = assembleReport(sealed, judgement, caseFile, version)
  return commit(report, await sign(statementOf(report)), sealed, caseFile)
}
