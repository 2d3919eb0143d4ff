import type { Finding, WaiverUse } from '../model/judgement.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Instant } from '../model/time.ts'
import type { Verified, Waiver } from '../model/waiver.ts'
import { compilePatterns } from '../patterns/glob.ts'
import { controlDigest } from './resolve.ts'
import { targetWords } from './words.ts'

/**
 * The one place where it is decided whether a waiver holds and what it covers: a pure function of the waiver, the manifest and the
 * evaluation time. Nothing is hidden by it: findings stay, and say which waivers cover them.
 */
export function waive(
  manifest: Manifest,
  findings: readonly Finding[],
  waivers: readonly Verified<Waiver>[],
  evaluatedAt: Instant,
): { readonly findings: readonly Finding[]; readonly waivers: readonly WaiverUse[] } {
  const inOrder = [...waivers].sort((a, b) => compare(a.digest, b.digest) || compare(a.signedBy.keyId, b.signedBy.keyId))
  const covers = inOrder.map((waiver) => ({
    waiver,
    state: stateOf(waiver, manifest, evaluatedAt),
    covered: coveredBy(waiver.value),
  }))
  const active = covers.filter(({ state }) => state === 'active')
  const waivedFindings = findings.map((finding) => ({
    ...finding,
    // An excepted finding needs no waiver; one that no control speaks about cannot have one.
    waivedBy: finding.excepted === null ? namesOf(active.filter(({ covered }) => covered(finding))) : [],
  }))
  const uses = covers.map(({ waiver, state, covered }) =>
    useOf(waiver, state, state === 'active' ? waivedFindings.filter(({ excepted }) => excepted === null).filter(covered) : []),
  )
  return { findings: waivedFindings, waivers: uses }
}

/** Why a signed waiver does or does not hold at the evaluation time: `notBefore <= time < expires`. */
export function stateOf(
  { value, subject, signedBy }: Verified<Waiver>,
  { scope, controls }: Manifest,
  evaluatedAt: Instant,
): WaiverUse['state'] {
  const control = controls.find(({ id }) => id === value.control)
  if (value.application !== scope.application || value.environment !== scope.environment) return 'other_scope'
  if (!control) return 'unknown_control'
  if (!subject.includes(controlDigest(control))) return 'control_changed'
  if (samePerson(value.requestedBy, signedBy.name)) return 'self_approved'
  if (evaluatedAt < value.notBefore) return 'not_yet'
  return evaluatedAt < value.expires ? 'active' : 'expired'
}

/** Names are typed by people: case and spaces do not make another person. */
export function samePerson(a: string, b: string): boolean {
  const plain = (name: string): string => name.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()
  return plain(a) === plain(b)
}

function coveredBy({ control, scope }: Waiver): (finding: Finding) => boolean {
  const { fingerprints, workloads, targets, executables } = scope
  const ofWorkload = workloads && compilePatterns(workloads)
  const ofTarget = targets && compilePatterns(targets)
  const ofExecutable = executables && compilePatterns(executables)
  return (finding) =>
    finding.control === control &&
    (!fingerprints || fingerprints.includes(finding.fingerprint)) &&
    (!ofWorkload ||
      finding.workloads.every((workload) => ofWorkload(workload) || ofWorkload(workload.slice(workload.indexOf('/') + 1)))) &&
    (!ofTarget || (finding.identity.target !== null && ofTarget(targetWords(finding.identity.target)))) &&
    (!ofExecutable || (finding.identity.executable !== null && ofExecutable(finding.identity.executable)))
}

function useOf({ value, digest, signedBy }: Verified<Waiver>, state: WaiverUse['state'], covered: readonly Finding[]): WaiverUse {
  const { id, control, reason, compensatingControl, requestedBy, notBefore, expires } = value
  const findings = covered.map(({ fingerprint }) => fingerprint)
  return {
    id,
    control,
    digest,
    state,
    reason,
    compensatingControl,
    requestedBy,
    signedBy: { ...signedBy },
    notBefore,
    expires,
    findings,
  }
}

function namesOf(covering: readonly { readonly waiver: Verified<Waiver> }[]): string[] {
  return [...new Set(covering.map(({ waiver }) => waiver.value.id))]
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
