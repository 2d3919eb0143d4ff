import { blindSpotsBefore, type BlindSpots } from '../../core/model/blind-spots.ts'
import type { Trust } from '../../core/model/trust.ts'
import { jcs } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'

/** Digests of the canonical JSON of every `catalogue/blind-spots.json` that a version of Runproof ships. */
const shipped: ReadonlySet<string> = new Set([
  'baf8ae20d45ce0d25cfd7da565e6d93419a502c811e0bc6bfe48b59c582ecbeb',
  'f95aef12f58059f8e2264acfd8c7b831ba8a4056f44a6fe478508957efe281e1',
])

/**
 * Whether what the evidence says that the sensors cannot see is known: it ships with Runproof, or the trust root names it. Not a claim of
 * the report, so nothing fails by it; but whoever may describe a sensor freely can make a control pass that nobody could watch.
 */
export function blindSpotsNote(blindSpots: BlindSpots, trust: Trust): string {
  // Sensors of a family (`state-cis`) are described as their family is: that changes nothing of the list.
  const digest = sha256Hex(jcs(blindSpotsBefore(blindSpots)))
  const whole = sha256Hex(jcs(blindSpots))
  const trusted = trust.blindSpots?.find((known) => known.digest === digest || known.digest === whole)
  if (trusted) return `what the sensors cannot see is described by ${trusted.name}, which the trust root knows (sha256 ${digest})`
  if (shipped.has(digest))
    return `what the sensors cannot see is described by the list that ships with Runproof (sha256 ${digest})`
  return `what the sensors cannot see is described by a list that is unknown (sha256 ${digest}): one that leaves something out would replay too`
}
