import { judged, type Judged } from '../../core/judge/judge.ts'
import type { Digests } from '../../core/judge/line-digest.ts'
import type { Judgement } from '../../core/model/judgement.ts'
import type { Report } from '../../core/model/report.ts'
import type { SealedInputs } from '../../core/model/sealed.ts'
import type { Trust } from '../../core/model/trust.ts'
import type { Bundle } from '../../core/proof/sigstore-bundle.ts'
import { checking, insist, type Check } from './check.ts'
import { decisionsOf, type Decided } from './decided.ts'
import { readReport, readReportBundle, readSealed, type Members, type SealedEvidence } from './members.ts'
import { completed, outlineOf } from './outline.ts'

export type EvidenceDigests = Digests & { readonly lines: number }

/** `said`: what judging again must give; without the findings when these were compared already, and replayed without them too. */
export type ReadReport = { readonly report: Report; readonly bytes: Uint8Array; readonly said: Report }

/** What the checks are about; undefined where it could not be read. What was made of it is asked for by a call, which may throw. */
export type Parts = {
  readonly bundle: Bundle | undefined
  readonly report: ReadReport | undefined
  readonly evidence: EvidenceDigests | undefined
  readonly inputs: SealedInputs | undefined
  readonly decided: (() => Decided) | undefined
  readonly replayed: (() => Judgement) | undefined
}

/** Reads each part by itself: a broken one is named and must not keep the others from being checked. */
export async function readParts(members: Members, trust: Trust): Promise<{ readonly parts: Parts; readonly check: Check }> {
  const broken: string[] = []
  const attempt = async <T>(read: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await read()
    } catch (error) {
      broken.push(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  const bundle = await attempt(() => readReportBundle(members))
  const sealed = await attempt(() => readSealed(members))
  const inputs = sealed && (await attempt(() => inputsOf(sealed)))
  const quick = inputs && (await judgedReport(members, inputs, trust))
  const report = quick?.report ?? (await attempt(() => wholeReport(members)))
  const made = quick ?? (report && inputs && (await replayedWhole(members, report.report, inputs, trust)))
  const check = await checking('format', () => {
    insist(broken.length === 0, broken.join('; '))
    return `${members.size} members, every one readable and in canonical form`
  })
  const evidence = sealed && { ...sealed.digests, lines: sealed.lines }
  return { parts: { bundle, report, evidence, inputs, decided: made?.decided, replayed: made?.replayed }, check }
}

type Made = { readonly decided: () => Decided; readonly replayed: () => Judgement }

/** The report, when judging again gives the very findings that lie in it: they need not be read then. */
async function judgedReport(
  members: Members,
  inputs: SealedInputs,
  trust: Trust,
): Promise<(Made & { readonly report: ReadReport }) | null> {
  const outline = outlineOf(members)
  if (outline === null) return null
  const { decided, judged } = await judgedAgain(members, outline.report, inputs, trust, outline.findings)
  try {
    const again = judged()
    const report = completed(outline, again)
    const replayed = (): Judgement => ({ ...again.rest, findings: [] })
    return report && { decided, replayed, report: { report, bytes: outline.bytes, said: outline.report } }
  } catch {
    return null
  }
}

function wholeReport(members: Members): ReadReport {
  const { report, bytes } = readReport(members)
  return { report, bytes, said: report }
}

async function replayedWhole(members: Members, report: Report, inputs: SealedInputs, trust: Trust): Promise<Made> {
  const { decided, judged } = await judgedAgain(members, report, inputs, trust, null)
  const replayed = (): Judgement => {
    const { rest, findings } = judged()
    return { ...rest, findings: findings() }
  }
  return { decided, replayed }
}

type JudgedAgain = { readonly decided: () => Decided; readonly judged: () => Judged }

/** Judged again with the decisions that hold, also where others do not: so the first thing that differs is named. */
async function judgedAgain(
  members: Members,
  report: Report,
  inputs: SealedInputs,
  trust: Trust,
  findings: Uint8Array | null,
): Promise<JudgedAgain> {
  const found = await outcome(() => decisionsOf(members, report, inputs, trust))
  const decisions = 'value' in found ? found.value.verified : []
  const again = await outcome(() => judged({ ...inputs, decisions, evaluatedAt: report.evaluatedAt }, findings))
  return { decided: () => valueOf(found), judged: () => valueOf(again) }
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

async function outcome<T>(act: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await act() }
  } catch (error) {
    return { error }
  }
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

function inputsOf({ opened }: SealedEvidence): SealedInputs {
  if ('refusal' in opened) throw opened.refusal
  return opened.inputs
}
