import type { BlindSpots } from '../../../core/model/blind-spots.ts'
import type { Manifest } from '../../../core/model/manifest.ts'
import type { Redaction, RedactionUse } from '../../../core/model/redaction.ts'
import type { Signer } from '../../../core/model/waiver.ts'
import type { Envelope } from '../../../core/proof/dsse.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import type { Objects } from '../objects/objects.ts'
import type { ManifestRow } from '../state/manifests.ts'

/** A manifest as it was published, with everything that its windows are judged by. Kept as an object under its digest. */
export type PublishedPromise = {
  readonly manifest: Manifest
  readonly signature: Envelope
  readonly signedBy: Signer
  /** PEM. */
  readonly ownerKey: string
  readonly gate: JsonValue
  readonly blindSpots: BlindSpots
  /** The bundle's own rules of what is a secret; null: none beside those that ship. */
  readonly redaction: Redaction | null
  /** What reports say of them. */
  readonly redactionUse: RedactionUse
}

/** Reads published promises; the few that are in force stay in memory. */
export function promiseReader(objects: Objects): (row: Pick<ManifestRow, 'promise'>) => PublishedPromise {
  const recent = new Map<string, PublishedPromise>()
  return ({ promise }) => {
    const known = recent.get(promise)
    if (known) return known
    // An object is what its digest says; what was published was checked then.
    const read = JSON.parse(new TextDecoder().decode(objects.get(promise))) as PublishedPromise
    if (recent.size >= MOST_RECENT) recent.clear()
    recent.set(promise, read)
    return read
  }
}

const MOST_RECENT = 50
