import { decisionKind, type Confirmation, type Decision, type Revocation } from '../model/decision.ts'
import type { WaiverState, WaiverUse } from '../model/judgement.ts'
import type { Manifest } from '../model/manifest.ts'
import { severityRank } from '../model/severity.ts'
import type { Instant } from '../model/time.ts'
import type { Signer, Verified, Waiver } from '../model/waiver.ts'
import { compilePatterns } from '../patterns/glob.ts'
import type { Found } from './found.ts'
import { controlDigest } from './resolve.ts'
import { targetWords } from './words.ts'

/** As of when, and for which window; null: for none in particular, as when somebody asks what holds now. */
export type Moment = { readonly evaluatedAt: Instant; readonly window: string | null }

/** Decisions by their kind. */
export type Sorted = {
  readonly waivers: readonly Verified<Waiver>[]
  readonly revocations: readonly Verified<Revocation>[]
  readonly confirmations: readonly Verified<Confirmation>[]
}

export function sorted(decisions: readonly Verified<Decision>[]): Sorted {
  const of = (kind: ReturnType<typeof decisionKind>) => decisions.filter(({ value }) => decisionKind(value) === kind)
  return {
    waivers: of('waiver') as readonly Verified<Waiver>[],
    revocations: of('revocation') as readonly Verified<Revocation>[],
    confirmations: of('confirmation') as readonly Verified<Confirmation>[],
  }
}

/**
 * The one place where it is decided whether a waiver holds and what it covers: a pure function of the waiver, the manifest and the
 * evaluation time. Nothing is hidden by it: findings stay, and say which waivers cover them.
 */
export function waive(
  manifest: Manifest,
  findings: readonly Found[],
  { waivers, revocations }: Omit<Sorted, 'confirmations'>,
  moment: Moment,
): { readonly findings: readonly Found[]; readonly waivers: readonly WaiverUse[] } {
  const covers = signedWaivers(waivers, revocations, moment).map((signed): Cover => {
    const state = waiverState(signed, manifest, moment)
    return { signed, state, covered: coveredBy(signed.value), needsSecond: needsSecond(signed, manifest) }
  })
  const active = Map.groupBy(
    covers.filter(({ state }) => state === 'active'),
    ({ signed }) => signed.value.control,
  )
  const waived = findings.map((finding) => waivedFinding(finding, active.get(finding.control ?? '') ?? []))
  const ofControl = active.size === 0 ? new Map<string, Found[]>() : Map.groupBy(waived, ({ control }) => control ?? '')
  const uses = covers.map((cover) => {
    const { signed, state, covered, needsSecond } = cover
    const open = state === 'active' ? (ofControl.get(signed.value.control) ?? []) : []
    const concerned = open.filter((finding) => finding.excepted === null && covered(finding))
    const held = concerned.filter((finding) => !needsSecond(finding))
    return useOf(signed, held.length < concerned.length ? 'needs_second_person' : state, held)
  })
  return { findings: waived, waivers: uses }
}

/** A waiver's statement with everybody who signed just that, by key, and who took it back if anybody did. */
export type SignedWaiver = Pick<Verified<Waiver>, 'value' | 'digest' | 'subject'> & {
  readonly signers: readonly [Signer, ...Signer[]]
  readonly revoked: Verified<Revocation> | null
}

/** Signatures over the same statement are one waiver; in the order of digests. A revocation counts from its own time on. */
export function signedWaivers(
  waivers: readonly Verified<Waiver>[],
  revocations: readonly Verified<Revocation>[],
  { evaluatedAt }: Pick<Moment, 'evaluatedAt'>,
): readonly SignedWaiver[] {
  const known = [...revocations].sort(inOrder).filter(({ value }) => value.revokedAt <= evaluatedAt)
  const groups = Map.groupBy([...waivers].sort(inOrder), ({ digest }) => digest)
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return []
    const { value, digest, subject } = first
    const revoked = known.find(
      (one) =>
        one.subject.includes(digest) &&
        one.value.application === value.application &&
        one.value.environment === value.environment,
    )
    const signers = new Map([first, ...others].map(({ signedBy }) => [signedBy.keyId, signedBy]))
    const [one = first.signedBy, ...more] = signers.values()
    return { value, digest, subject, signers: [one, ...more] as const, revoked: revoked ?? null }
  })
}

/** Why a signed waiver does or does not hold: `notBefore <= time < expires`, and everything else that may stand against it. */
export function waiverState(
  { value, subject, signers, revoked }: SignedWaiver,
  { scope, controls }: Manifest,
  { evaluatedAt, window }: Moment,
): WaiverState {
  const control = controls.find(({ id }) => id === value.control)
  if (value.application !== scope.application || value.environment !== scope.environment) return 'other_scope'
  if (!control) return 'unknown_control'
  if (!subject.includes(controlDigest(control))) return 'control_changed'
  if (signers.every(({ name }) => samePerson(value.requestedBy, name))) return 'self_approved'
  if (value.window !== undefined && window !== null && value.window !== window) return 'other_window'
  if (revoked !== null) return 'revoked'
  if (evaluatedAt < value.notBefore) return 'not_yet'
  return evaluatedAt < value.expires ? 'active' : 'expired'
}

/** As {@link waiverState}, for one signature alone and no window in particular. */
export function stateOf(waiver: Verified<Waiver>, manifest: Manifest, evaluatedAt: Instant): WaiverState {
  const { value, digest, subject, signedBy } = waiver
  return waiverState({ value, digest, subject, signers: [signedBy], revoked: null }, manifest, { evaluatedAt, window: null })
}

/** Which findings a waiver leaves uncovered because it takes two people to accept them, and they did not both sign. */
export function needsSecond(
  { value, signers }: Pick<SignedWaiver, 'value' | 'signers'>,
  { review }: Pick<Manifest, 'review'>,
): (finding: Pick<Found, 'severity'>) => boolean {
  const from = review?.twoPeopleFrom
  if (from === undefined || peopleAmong(value, signers) >= 2) return () => false
  return ({ severity }) => severityRank(severity) >= severityRank(from)
}

/** How many different people signed, the requester not among them. One name is one person, however many keys it has. */
export function peopleAmong({ requestedBy }: Pick<Waiver, 'requestedBy'>, signers: readonly Signer[]): number {
  return new Set(signers.map(({ name }) => plainName(name)).filter((name) => name !== plainName(requestedBy))).size
}

/** Names are typed by people: case and spaces do not make another person. */
export function samePerson(a: string, b: string): boolean {
  return plainName(a) === plainName(b)
}

/** By statement, then by key: whatever the order in which they came. */
export function inOrder(
  a: Pick<Verified<unknown>, 'digest' | 'signedBy'>,
  b: Pick<Verified<unknown>, 'digest' | 'signedBy'>,
): number {
  return compare(a.digest, b.digest) || compare(a.signedBy.keyId, b.signedBy.keyId)
}

type Covering = { readonly signed: SignedWaiver; readonly covered: Covers; readonly needsSecond: Covers }
type Covers = (finding: Found) => boolean
type Cover = Covering & { readonly state: WaiverState }

/** The finding with the waivers that cover it, or would if somebody else signed too; itself where there are none. */
function waivedFinding(finding: Found, waivers: readonly Covering[]): Found {
  if (waivers.length === 0 && finding.waivedBy.length === 0) return finding
  // An excepted finding needs no waiver; one that no control speaks about cannot have one.
  const concerned = finding.excepted === null ? waivers.filter(({ covered }) => covered(finding)) : []
  const waivedBy = namesOf(concerned.filter(({ needsSecond }) => !needsSecond(finding)))
  const waiting = waivedBy.length > 0 ? [] : namesOf(concerned)
  if (waivedBy.length === 0 && finding.waivedBy.length === 0 && waiting.length === 0) return finding
  return { ...finding, waivedBy, ...(waiting.length > 0 && { awaitsSecondPerson: waiting }) }
}

function coveredBy({ control, scope }: Waiver): Covers {
  const { fingerprints, workloads, targets, executables } = scope
  const named = fingerprints && new Set(fingerprints)
  const ofWorkload = workloads && compilePatterns(workloads)
  const ofTarget = targets && compilePatterns(targets)
  const ofExecutable = executables && compilePatterns(executables)
  return (finding) =>
    finding.control === control &&
    (!named || named.has(finding.fingerprint)) &&
    (!ofWorkload ||
      finding.workloads.every((workload) => ofWorkload(workload) || ofWorkload(workload.slice(workload.indexOf('/') + 1)))) &&
    (!ofTarget || (finding.identity.target !== null && ofTarget(targetWords(finding.identity.target)))) &&
    (!ofExecutable || (finding.identity.executable !== null && ofExecutable(finding.identity.executable)))
}

function useOf({ value, digest, signers, revoked }: SignedWaiver, state: WaiverState, covered: readonly Found[]): WaiverUse {
  const { id, control, reason, compensatingControl, requestedBy, window, notBefore, expires } = value
  return {
    ...{ id, control, digest, state, reason, compensatingControl, requestedBy, signedBy: { ...signers[0] }, notBefore, expires },
    ...(signers.length > 1 && { signers: signers.map((signer) => ({ ...signer })) }),
    ...(window !== undefined && { window }),
    ...(revoked && { revoked: { by: { ...revoked.signedBy }, at: revoked.value.revokedAt, reason: revoked.value.reason } }),
    findings: covered.map(({ fingerprint }) => fingerprint),
  }
}

function namesOf(covering: readonly Covering[]): string[] {
  return [...new Set(covering.map(({ signed }) => signed.value.id))]
}

function plainName(name: string): string {
  return name.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
