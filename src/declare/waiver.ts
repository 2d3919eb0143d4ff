import { normalisePath } from '../../core/judge/normalise.ts'
import { samePerson } from '../../core/judge/waive.ts'
import { resolve } from '../../core/judge/resolve.ts'
import { durationForm, durationMs } from '../../core/model/duration.ts'
import { RunproofError } from '../../core/model/errors.ts'
import type { Control, Manifest } from '../../core/model/manifest.ts'
import { instantMs, instantOf, isInstant, type Instant } from '../../core/model/time.ts'
import { MAX_WAIVER_DAYS, WaiverSchema, type Waiver } from '../../core/model/waiver.ts'
import { compilePatterns } from '../../core/patterns/glob.ts'
import { keyHint, spkiFromPem } from '../../core/proof/keys.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { explainIssues } from './explain-issue.ts'
import { pathText } from './problem.ts'
import { nearest } from './suggest.ts'

/** A waiver as it is asked for: times as people write them, the id not chosen yet. */
export type WaiverRequest = {
  readonly id: string | null
  readonly control: string
  readonly scope: Waiver['scope']
  readonly reason: string
  readonly compensatingControl: string
  readonly requestedBy: string
  /** A UTC time, or how long from now: `30d`. */
  readonly expires: string
  readonly notBefore: string | null
}

/** It names a file, too. */
const idForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/**
 * The waiver that `keyId` may sign, and the control that it is about.
 * @throws RunproofError `waiver.invalid` naming everything that stands against it
 */
export function draftWaiver(
  request: WaiverRequest,
  manifest: Manifest,
  keyId: string,
  nowMs: number,
): { readonly waiver: Waiver; readonly control: Control } {
  const control = manifest.controls.find(({ id }) => id === request.control)
  if (!control) throw new RunproofError('waiver.invalid', unknownControl(request.control, manifest))
  const expires = timeOf(request.expires, nowMs)
  const notBefore = request.notBefore === null ? instantOf(nowMs) : timeOf(request.notBefore, nowMs)
  const { application, environment } = manifest.scope
  const { reason, compensatingControl, requestedBy, scope } = request
  const content = {
    application,
    environment,
    control: control.id,
    scope,
    reason,
    compensatingControl,
    requestedBy,
    notBefore,
    expires,
  }
  const draft = { ...content, id: request.id ?? `${control.id.slice(0, 80)}-${sha256Hex(jcs(content as JsonValue)).slice(0, 8)}` }

  const read = WaiverSchema.safeParse(draft)
  const against = [
    ...(idForm.test(draft.id)
      ? []
      : [`the id ${JSON.stringify(draft.id)} cannot name a file: use letters, digits, dots and dashes`]),
    ...(read.success
      ? []
      : explainIssues(WaiverSchema, draft as JsonValue, read.error.issues).map(
          ({ path, message }) => `${pathText(path)} ${message}`,
        )),
    ...blank({ reason, compensatingControl, requestedBy }),
    ...againstTimes(notBefore, expires, nowMs),
    ...againstPeople(requestedBy, keyId, manifest),
    ...againstScope(scope, control, manifest),
  ]
  if (!read.success || against.length > 0)
    throw new RunproofError('waiver.invalid', ['this waiver would not count:', ...against.map((why) => `- ${why}`)].join('\n'))
  return { waiver: read.data, control }
}

function unknownControl(id: string, { controls }: Manifest): string {
  const known = controls.map((control) => control.id)
  const meant = nearest(id, known)
  return `the manifest has no control ${JSON.stringify(id)}${meant === null ? '' : `; did you mean ${meant}?`} It has: ${known.slice(0, 50).join(', ')}`
}

/** What is no time stays as it is: the schema says so. */
function timeOf(text: string, nowMs: number): Instant {
  return durationForm.test(text) ? instantOf(nowMs + durationMs(text)) : text
}

function blank(texts: Readonly<Record<string, string>>): string[] {
  return Object.entries(texts)
    .filter(([, text]) => text !== '' && text.trim() === '')
    .map(([field]) => `${field} is blank: say it in words`)
}

function againstTimes(notBefore: Instant, expires: Instant, nowMs: number): string[] {
  if (!isInstant(notBefore) || !isInstant(expires)) return []
  const end = instantMs(expires)
  if (end <= nowMs) return [`it expires at ${expires}, which is over: choose a later time`]
  if (end <= instantMs(notBefore)) return [`it expires at ${expires}, before it begins at ${notBefore}`]
  const latest = nowMs + MAX_WAIVER_DAYS * 86_400_000
  return end > latest
    ? [
        `it expires at ${expires}, more than ${MAX_WAIVER_DAYS} days from now: ${instantOf(latest)} at the latest; what is to last longer is an exception in the control`,
      ]
    : []
}

function againstPeople(requestedBy: string, keyId: string, { approvers = [] }: Manifest): string[] {
  const known = approvers.map(({ name, key }) => ({ name, keyId: keyHint(spkiFromPem(key)) }))
  const signer = known.find((approver) => approver.keyId === keyId)
  if (!signer) {
    const listed = known.map((approver) => `${approver.name} (${approver.keyId})`).join(', ')
    return [`its key ${keyId} is no approver's; approvers: ${listed === '' ? 'none, the manifest names nobody' : listed}`]
  }
  return samePerson(signer.name, requestedBy)
    ? [`${signer.name} cannot approve their own request: another approver has to sign`]
    : []
}

/** What can never match, or matches nothing of the control. */
export function againstScope(
  { workloads, targets, executables }: Waiver['scope'],
  control: Control,
  manifest: Manifest,
): string[] {
  const concerned = resolve(manifest).controls.find(({ id }) => id === control.id)?.workloads ?? []
  const dead = [...(targets ?? []), ...(executables ?? [])].filter((pattern) => normalisePath(pattern) !== pattern)
  return [
    ...(workloads ?? []).flatMap((pattern) => unmatched(pattern, concerned)),
    ...[...(targets ?? []), ...(executables ?? [])].flatMap((pattern) => refusal(pattern)),
    ...dead.map((pattern) => `${pattern} never matches: write ${normalisePath(pattern)}`),
    ...(executables && control.behaviour === 'exec' ? ['in an exec control the executable is the target: use --target'] : []),
  ]
}

function unmatched(pattern: string, workloads: readonly string[]): string[] {
  const refused = refusal(pattern)
  if (refused.length > 0) return refused
  const matches = compilePatterns([pattern], { separator: null })
  if (workloads.some((key) => matches(key) || matches(key.slice(key.indexOf('/') + 1)))) return []
  return [`no workload of the control fits ${pattern}; it has: ${workloads.slice(0, 20).join(', ')}`]
}

function refusal(pattern: string): string[] {
  try {
    compilePatterns([pattern])
    return []
  } catch (error) {
    if (!(error instanceof RunproofError)) throw error
    return [error.message]
  }
}
