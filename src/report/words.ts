import type { Effect } from '../../core/model/act.ts'
import type { ConfirmationUse, ControlVerdict, CoverageState, Finding, WaiverUse } from '../../core/model/judgement.ts'

/** One verdict in words and as a mark, so that no reader depends on colour. */
export const verdictWords: Readonly<Record<ControlVerdict, { readonly word: string; readonly mark: string }>> = {
  pass: { word: 'Pass', mark: '✓' },
  fail: { word: 'Fail', mark: '✗' },
  waived: { word: 'Waived', mark: '~' },
  review: { word: 'Review', mark: '?' },
  inconclusive: { word: 'Inconclusive', mark: '!' },
  not_applicable: { word: 'Not applicable', mark: '–' },
}

/** What needs a person first comes first. */
export const worstFirst = ['fail', 'review', 'inconclusive', 'waived', 'pass', 'not_applicable'] as const

/** An effect claims no more than was proven; "blocked" is not among these words on purpose. */
export const effectMeans: Readonly<Record<Effect, string>> = {
  prevented: 'the kernel refused the act',
  terminated: 'the process was killed, the act may have completed',
  observed: 'the act happened',
  unknown: 'a sensor was told to stop it and nothing proves that it did',
}

export const becauseWords: Readonly<Record<Finding['because'], string>> = {
  evidence: 'detected by a rule that this control names',
  denied: 'on the control’s deny list',
  not_allowed: 'not on the control’s allow list',
  unmapped: 'no control speaks about it',
}

export const recurrenceWords: Readonly<Record<Finding['recurrence'], string>> = {
  new: 'new in this window',
  recurring: 'also seen in the window before',
  returned: 'returned after an absence',
}

export const waiverStateWords: Readonly<Record<WaiverUse['state'], string>> = {
  active: 'in force',
  not_yet: 'not yet in force',
  expired: 'expired',
  revoked: 'taken back',
  control_changed: 'void: the control has changed since it was signed',
  other_scope: 'void: made for another application or environment',
  unknown_control: 'void: the manifest has no such control',
  self_approved: 'void: requested and signed by the same person',
  other_window: 'void: made for another window',
  needs_second_person: 'in force, but not for every finding: this severity takes a second person, and one alone signed',
}

export const confirmationStateWords: Readonly<Record<ConfirmationUse['state'], string>> = {
  counted: 'confirmed as a violation',
  not_yet: 'not yet decided then',
  control_changed: 'void: the control has changed since it was signed',
  other_scope: 'void: made for another application or environment',
  other_window: 'void: made for another window',
  unknown_control: 'void: the manifest has no such control',
  self_approved: 'void: requested and signed by the same person',
}

/** Everybody who signed it: one person in most cases. */
export function signersOf({ signedBy, signers }: Pick<WaiverUse, 'signedBy' | 'signers'>): readonly WaiverUse['signedBy'][] {
  return signers ?? [signedBy]
}

export const stateWords: Readonly<Record<CoverageState, string>> = {
  observed: 'observed',
  degraded: 'degraded',
  silent: 'silent',
  out_of_scope: 'out of scope',
}

/** The outcomes of `Tally` in words; a name that is not here is shown as it is. */
export const tallyWords: ReadonlyMap<string, string> = new Map([
  ['detection', 'a sensor’s rule fired'],
  ['observation', 'a plain act was seen'],
  ['observation_without_act', 'telemetry that is no act, counted as activity of its sensor'],
  ['health', 'a sensor’s own sign of life'],
  ['health_undated', 'sign of life without a time, proves nothing'],
  ['ignored', 'known and of no use for assurance'],
  ['malformed', 'could not be read, quarantined'],
  ['out_of_window', 'belongs to another window'],
  ['out_of_scope', 'belongs to no declared workload'],
  ['unplaced', 'carries no believable time'],
  ['unattributed', 'could belong to more than one workload'],
  ['redacted', 'held a secret that was taken out'],
  ['overflow', 'past the row limit; such a window cannot pass'],
])

/** `1,440`; a fraction keeps its digits. */
export function grouped(value: number): string {
  const [whole = '', fraction] = String(value).split('.')
  const thousands = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? thousands : `${thousands}.${fraction}`
}

/** `1 control`, `2 controls`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** Two decimals, rounded down: 0.99999 is not 100 %. */
export function percent(ratio: number): string {
  return `${(Math.floor(ratio * 10_000 + 1e-7) / 100).toFixed(2).replace(/\.00$/, '')} %`
}

/** `a, b and 3 more`. */
export function listed(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${grouped(names.length - most)} more` : shown
}

/** Adds `and N more` to rows that a page must cut; `report.json` has them all. */
export function moreInReport(left: number): string {
  return `… and ${grouped(left)} more in report.json`
}

/** An event in the fewest words that tell it from others: `exec /bin/sh`, `connect out to 203.0.113.7:4444/tcp`. */
export function actWords({ identity: { action, target } }: Finding): { readonly verb: string; readonly object: string | null } {
  // A state check that holds is no act; what was looked at is told all the same.
  const verb = action ?? (target?.type === 'state' ? 'state' : 'detection')
  if (target === null) return { verb, object: null }
  if (target.type === 'address') {
    const host = [target.name, target.address].filter((part) => part !== null).join(' = ') || 'an unknown address'
    const where = { out: 'out to', in: 'in from', listen: 'listen on' }[target.direction]
    const port = target.port === null ? '' : ` port ${target.port}`
    return { verb: `${verb} ${where}`, object: `${host}${port}${target.protocol === null ? '' : `/${target.protocol}`}` }
  }
  return { verb, object: 'path' in target ? target.path : target.name }
}
