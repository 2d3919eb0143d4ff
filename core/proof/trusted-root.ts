import { z } from 'zod/mini'
import { RunproofError } from '../model/errors.ts'
import { base64, fromBase64 } from './bytes.ts'
import type { Log } from './checkpoint.ts'
import { ed25519Spki } from './keys.ts'
import type { JsonValue } from './jcs.ts'
import { HASH_BYTES } from './merkle.ts'
import { noteKeyId } from './note.ts'
import { list, shaped, text } from './shape.ts'

export const TRUSTED_ROOT_MEDIA_TYPE = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1'

/** RFC 3339 UTC; `validUntil` null while the key is in use. */
export type Validity = { readonly validFrom: string; readonly validUntil: string | null }
/** Certificates in DER, from leaf to root and the leaf among them: sigstore-js asks for it. */
export type TimestampAuthority = Validity & { readonly uri: string; readonly certificates: readonly Uint8Array[] }
/** A log of anybody's: `publicKey` is the DER SubjectPublicKeyInfo, `keyDetails` Sigstore's name for its kind. */
export type TrustedLog = Validity & {
  readonly baseUrl: string
  readonly keyId: Uint8Array
  readonly publicKey: Uint8Array
  readonly keyDetails: string
}
/** `authorities` issue signing certificates, `certificateLogs` witness those. */
export type TrustedRoot = {
  readonly logs: readonly TrustedLog[]
  readonly authorities: readonly TimestampAuthority[]
  readonly certificateLogs: readonly TrustedLog[]
  readonly timestampAuthorities: readonly TimestampAuthority[]
}

export const MAX_TRUSTED = 64
export const MAX_CERTIFICATES = 16
/** In base64: an RSA-16384 key has under 3 kB. */
export const MAX_TRUSTED_KEY_LENGTH = 4096
/** In base64; certificates that people issue stay under 4 kB. */
export const MAX_CERTIFICATE_LENGTH = 32 * 1024

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

/**
 * A trusted root as any Sigstore instance publishes it. Everything in it must say since when it counts: readers that take a missing
 * start for "always" would let a key vouch for what was signed before it existed. Keys and certificates are not looked into.
 * @throws RunproofError `format.malformed` naming the field: a start that is missing or an end before it, a time that is not UTC,
 * another media type, digest or length of a log id, a chain without certificates, or more than the limits.
 */
export function readTrustedRoot(value: unknown): TrustedRoot {
  const read = shaped(RootJson, value, 'a Sigstore trusted root')
  return {
    logs: (read.tlogs ?? []).map(readLog),
    authorities: (read.certificateAuthorities ?? []).map(readAuthority),
    certificateLogs: (read.ctlogs ?? []).map(readLog),
    timestampAuthorities: (read.timestampAuthorities ?? []).map(readAuthority),
  }
}

function readLog({ baseUrl, publicKey, logId }: z.output<typeof LogJson>): TrustedLog {
  const keyId = fromBase64(logId.keyId)
  if (keyId.length !== HASH_BYTES)
    throw new RunproofError('format.malformed', `the id of the log ${baseUrl} is not ${HASH_BYTES} bytes`)
  const { rawBytes, keyDetails, validFor } = publicKey
  return { baseUrl, keyId, publicKey: fromBase64(rawBytes), keyDetails, ...readValidity(validFor, baseUrl) }
}

function readAuthority({ uri, certChain, validFor }: z.output<typeof AuthorityJson>): TimestampAuthority {
  const certificates = certChain.certificates.map(({ rawBytes }) => fromBase64(rawBytes))
  return { uri: uri ?? '', certificates, ...readValidity(validFor, uri ?? 'an authority') }
}

function readValidity({ start, end }: z.output<typeof ValidForJson>, whose: string): Validity {
  if (typeof end === 'string' && nanoseconds(end) < nanoseconds(start))
    throw new RunproofError('format.malformed', `${whose} ends at ${end}, before it starts at ${start}`)
  return { validFrom: start, validUntil: end ?? null }
}

/** Since 1970; a Date would drop what is below a millisecond. */
function nanoseconds(time: string): bigint {
  const [, seconds = '', fraction = ''] = /^(.{19})(?:\.(\d+))?Z$/.exec(time) ?? []
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
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

const instant = text(30, 20).check(
  z.regex(RFC3339_UTC, 'not a time in UTC'),
  // 30 February is a date by its digits only.
  z.refine((time) => new Date(`${time.slice(0, 10)}T00:00:00Z`).toJSON()?.startsWith(time.slice(0, 10)) ?? false, 'no such day'),
)
const url = text(2048)
const ValidForJson = z.object({ start: instant, end: z.nullish(instant) }, 'a period with a start was expected')
const LogJson = z.object({
  baseUrl: url,
  hashAlgorithm: z.literal('SHA2_256', 'only SHA2_256'),
  publicKey: z.object({
    rawBytes: text(MAX_TRUSTED_KEY_LENGTH, 1),
    keyDetails: text(64, 1),
    validFor: ValidForJson,
  }),
  logId: z.object({ keyId: text(44, 44) }),
  // Some readers would take it for the log's id, others would not.
  checkpointKeyId: z.nullish(z.undefined('must be absent')),
})
const AuthorityJson = z.object({
  uri: z.nullish(url),
  certChain: z.object({
    certificates: list(z.object({ rawBytes: text(MAX_CERTIFICATE_LENGTH, 1) }), MAX_CERTIFICATES, 1),
  }),
  validFor: ValidForJson,
})
/** protobuf's JSON writes an empty list as `[]`, as null, or not at all. */
const RootJson = z.object(
  {
    mediaType: z.literal(TRUSTED_ROOT_MEDIA_TYPE, `only ${TRUSTED_ROOT_MEDIA_TYPE}`),
    tlogs: z.nullish(list(LogJson, MAX_TRUSTED)),
    certificateAuthorities: z.nullish(list(AuthorityJson, MAX_TRUSTED)),
    ctlogs: z.nullish(list(LogJson, MAX_TRUSTED)),
    timestampAuthorities: z.nullish(list(AuthorityJson, MAX_TRUSTED)),
  },
  'an object was expected',
)
