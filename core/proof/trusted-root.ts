import { RunproofError } from '../model/errors.ts'
import { base64 } from './bytes.ts'
import type { Log } from './checkpoint.ts'
import { ed25519Spki } from './keys.ts'
import type { JsonValue } from './jcs.ts'
import { noteKeyId } from './note.ts'

export const TRUSTED_ROOT_MEDIA_TYPE = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1'

/** RFC 3339 UTC; `validUntil` null while the key is in use. */
export type Validity = { readonly validFrom: string; readonly validUntil: string | null }
/** Certificates in DER, from leaf to root and the leaf among them: sigstore-js asks for it. */
export type TimestampAuthority = Validity & { readonly uri: string; readonly certificates: readonly Uint8Array[] }

/**
 * What Sigstore tools need to check our bundles offline (`--trusted-root`). A retired log key stays listed with its end. The
 * report keys are not in it, as the format has no place for keys without certificates: they go beside it (`--key report.pub`).
 * @throws RunproofError `key.malformed` when an origin is no bare host name (sigstore-go takes the note's name from the host of
 * `baseUrl`) or a time is no RFC 3339 UTC (it refuses a root without a start).
 */
export function trustedRoot({
  logs,
  timestampAuthorities = [],
}: {
  readonly logs: readonly (Log & Validity)[]
  readonly timestampAuthorities?: readonly TimestampAuthority[]
}): JsonValue {
  return {
    mediaType: TRUSTED_ROOT_MEDIA_TYPE,
    tlogs: logs.map(logJson),
    certificateAuthorities: [],
    ctlogs: [],
    timestampAuthorities: timestampAuthorities.map(authorityJson),
  }
}

function logJson({ origin, publicKey, ...validity }: Log & Validity): JsonValue {
  if (!HOST_NAME.test(origin)) throw new RunproofError('key.malformed', `the log's origin ${origin} is not a bare host name`)
  return {
    baseUrl: `https://${origin}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(ed25519Spki(publicKey)), keyDetails: 'PKIX_ED25519', validFor: validFor(validity) },
    logId: { keyId: base64(noteKeyId(origin, publicKey)) },
  }
}

function authorityJson({ uri, certificates, ...validity }: TimestampAuthority): JsonValue {
  return {
    uri,
    certChain: { certificates: certificates.map((der) => ({ rawBytes: base64(der) })) },
    validFor: validFor(validity),
  }
}

function validFor({ validFrom, validUntil }: Validity): JsonValue {
  for (const time of [validFrom, validUntil]) {
    if (time !== null && !RFC3339_UTC.test(time)) throw new RunproofError('key.malformed', `${time} is not a time in UTC`)
  }
  return validUntil === null ? { start: validFrom } : { start: validFrom, end: validUntil }
}

/** RFC 1123 labels in lower case; no port, no path. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
const RFC3339_UTC = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/
