import type { Intake } from '../model/intake.ts'
import type { ConfirmationUse, Finding, WaiverUse } from '../model/judgement.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { createSha256, sha256Hex, type Sha256 } from '../proof/sha256.ts'
import { FindingWriter } from './finding-text.ts'

/** SHA-256 of a step's output in canonical form, hex. */
export function digestOf(output: unknown): string {
  return sha256Hex(jcs(output as JsonValue))
}

/** In UTF-16 units; what is hashed at once. */
const BATCH = 65_536

/**
 * The digests of the steps `match` (what was found) and `waive` (the same with what people decided, the waivers, and what was confirmed
 * if anything was): `digestOf` of both, but no finding is written twice and no text holds them all.
 */
export function digestsOfFindings(
  found: readonly Finding[],
  findings: readonly Finding[],
  waivers: readonly WaiverUse[],
  behaviours: Intake['behaviours'],
  confirmations: readonly ConfirmationUse[] = [],
): { readonly match: string; readonly waive: string } {
  const digests: Digests = { match: createSha256(), waive: createSha256() }
  digests.match.update('[')
  digests.waive.update('[[')
  const writer = new FindingWriter()
  let batch = ''
  found.forEach((finding, index) => {
    const comma = index === 0 ? '' : ','
    const waived = findings[index]
    const written = behaviours.get(finding.fingerprint)?.written
    if (waived === finding || waived === undefined) {
      batch += comma + writer.text(finding, written)
      if (batch.length < BATCH) return
      updateBoth(digests, batch)
    } else {
      updateBoth(digests, batch + comma)
      digests.match.update(writer.text(finding, written))
      digests.waive.update(writer.text(waived, written))
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

/** The digest of the step `waive` when the findings are there as canonical JSON: a list, as bytes. */
export function waiveDigest(
  findings: Uint8Array,
  waivers: readonly WaiverUse[],
  confirmations: readonly ConfirmationUse[] = [],
): string {
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
