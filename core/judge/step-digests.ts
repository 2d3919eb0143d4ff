import type { ConfirmationUse, WaiverUse } from '../model/judgement.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { createSha256, sha256Hex, type Sha256 } from '../proof/sha256.ts'
import { Utf8Text } from '../proof/utf8-text.ts'
import { FindingWriter } from './finding-text.ts'
import type { Found } from './found.ts'

/** SHA-256 of a step's output in canonical form, hex. */
export function digestOf(output: unknown): string {
  return sha256Hex(jcs(output as JsonValue))
}

/** In UTF-16 units; what is hashed at once. */
const BATCH = 65_536

/** What the steps `match` and `waive` are digested from. Without confirmations there were none. */
export type FindingSteps = {
  /** What was found. */
  readonly found: readonly Found[]
  /** The same with what people decided. */
  readonly findings: readonly Found[]
  readonly waivers: readonly WaiverUse[]
  readonly confirmations?: readonly ConfirmationUse[]
}
export type FindingDigests = { readonly match: string; readonly waive: string }

/**
 * The digests of the steps `match` (what was found) and `waive` (the same with what people decided, the waivers, and what was confirmed
 * if anything was): `digestOf` of both, but no finding is written twice and no text holds them all.
 */
export function digestsOfFindings({ found, findings, waivers, confirmations = [] }: FindingSteps): FindingDigests {
  const digests: Digests = { match: createSha256(), waive: createSha256() }
  digests.match.update('[')
  digests.waive.update('[[')
  const writer = new FindingWriter()
  let batch = ''
  found.forEach((finding, index) => {
    const comma = index === 0 ? '' : ','
    const waived = findings[index]
    if (waived === finding || waived === undefined) {
      const [start, identity, middle, samples, end] = writer.text(finding)
      batch += comma + start + identity + middle + samples + end
      if (batch.length < BATCH) return
      updateBoth(digests, batch)
    } else {
      updateBoth(digests, batch + comma)
      digests.match.update(writer.text(finding).join(''))
      digests.waive.update(writer.text(waived).join(''))
    }
    batch = ''
  })
  updateBoth(digests, batch)
  digests.match.update(']')
  digests.waive.update(waiveEnd(waivers, confirmations))
  return { match: digests.match.hex(), waive: digests.waive.hex() }
}

type Digests = { readonly match: Sha256; readonly waive: Sha256 }

const encoder = new TextEncoder()
let scratch = new Uint8Array(0)

/** Both digest the same bytes, which are made once and in one place. */
function updateBoth({ match, waive }: Digests, text: string): void {
  if (scratch.length < 3 * text.length) scratch = new Uint8Array(4 * text.length)
  const bytes = scratch.subarray(0, encoder.encodeInto(text, scratch).written)
  match.update(bytes)
  waive.update(bytes)
}

/**
 * The same where these bytes are the findings in canonical JSON: each is compared with what would be written of it, and the bytes are
 * digested as they lie there. Null when they are anything else, or hold a sum that a double holds only nearly, which no report may have.
 * @throws RunproofError `format.malformed` for bytes that are not UTF-8
 */
export function digestsOfWritten(steps: FindingSteps, bytes: Uint8Array): FindingDigests | null {
  const { found, findings, waivers, confirmations = [] } = steps
  const [text, writer, match] = [new Utf8Text(bytes), new FindingWriter(), createSha256()]
  let digested = 0
  for (const [index, finding] of findings.entries()) {
    if (!text.takes(index === 0 ? '[' : ',') || !Number.isSafeInteger(finding.count)) return null
    const before = found[index] ?? finding
    if (before !== finding) {
      match.update(bytes.subarray(digested, text.at()))
      match.update(writer.text(before).join(''))
    }
    const [start, identity, middle, samples, end] = writer.text(finding)
    const isSame = text.takes(start) && text.takes(identity) && text.takes(middle) && text.takes(samples) && text.takes(end)
    if (!isSame) return null
    if (before !== finding) digested = text.at()
  }
  if (!text.takes(findings.length === 0 ? '[]' : ']') || text.at() !== bytes.length) return null
  match.update(bytes.subarray(digested))
  return { match: match.hex(), waive: waiveDigest(bytes, waivers, confirmations) }
}

/** The digest of the step `waive` when the findings are there as canonical JSON: a list, as bytes. */
function waiveDigest(findings: Uint8Array, waivers: readonly WaiverUse[], confirmations: readonly ConfirmationUse[]): string {
  const digest = createSha256()
  digest.update('[')
  digest.update(findings)
  digest.update(waiveEnd(waivers, confirmations).slice(1))
  return digest.hex()
}

/** What follows the last finding. */
function waiveEnd(waivers: readonly WaiverUse[], confirmations: readonly ConfirmationUse[]): string {
  return `],${jcs(waivers)}${confirmations.length === 0 ? '' : `,${jcs(confirmations)}`}]`
}
