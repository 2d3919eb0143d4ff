import type { Report } from '../../core/model/report.ts'

/** The claims of a report, in the order in which they rest on each other. */
export const checkNames = [
  'format',
  'signature',
  'statement',
  'ledger',
  'evidence',
  'manifest',
  'gate',
  'decisions',
  'replay',
] as const
export type CheckName = (typeof checkNames)[number]

/** One claim, whether it holds, and what that means for the reader. */
export type Check = { readonly name: CheckName; readonly ok: boolean; readonly why: string }

/** The report is reachable only through `ok: true`: what was not verified has no name to read it by. `notes` are for the reader. */
export type Verification =
  | { readonly ok: true; readonly report: Report; readonly checks: readonly Check[]; readonly notes: readonly string[] }
  | { readonly ok: false; readonly checks: readonly Check[]; readonly notes: readonly string[] }

/** What each claim is, said when it does not hold. */
export const meanings: Readonly<Record<CheckName, string>> = {
  format: 'the file is not a complete audit file, so it proves nothing',
  signature: 'nobody whom you trust vouches for this statement',
  statement: 'the signed statement does not speak of this report',
  ledger: 'the statement is not in the log: it could be one of several that were shown to different people',
  evidence: 'the evidence is not the evidence that the report rests on',
  manifest: 'what was promised is not what the report was judged by, or nobody whom you trust promised it',
  gate: 'the rules that decided are not the ones that the report names',
  decisions: 'an exception is not signed by a person who may grant it, or was added or left out',
  replay: 'judging the same evidence by the same rules gives another result than the report says',
}

/** Runs one check; what it throws is its refusal, so that one broken part never hides the others. */
export async function checking(name: CheckName, check: () => Promise<string> | string): Promise<Check> {
  try {
    return { name, ok: true, why: await check() }
  } catch (error) {
    return { name, ok: false, why: `${error instanceof Error ? error.message : String(error)}; ${meanings[name]}` }
  }
}

/** Thrown by a check that does not hold. */
export class NotVerified extends Error {}

export function insist(holds: boolean, why: string): asserts holds {
  if (!holds) throw new NotVerified(why)
}
