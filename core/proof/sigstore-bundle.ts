import { z } from 'zod/mini'
import { RunproofError } from '../model/errors.ts'
import { base64, fromBase64 } from './bytes.ts'
import { type Envelope, readEnvelope } from './dsse.ts'
import type { JsonValue } from './jcs.ts'
import { HASH_BYTES } from './merkle.ts'
import { HASHEDREKORD } from './rekor.ts'
import { list, orElse, shaped, text } from './shape.ts'

export { checkLogEntry } from './log-entry.ts'
export type { LogEntryCheck } from './log-entry.ts'

export const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

export type LogEntry = {
  readonly index: bigint
  /** The log's full key id, 32 bytes (`noteKeyId`). */
  readonly logKeyId: Uint8Array
  /** The leaf as the log holds it. */
  readonly body: Uint8Array
  readonly inclusionProof: {
    readonly index: bigint
    readonly size: bigint
    readonly root: Uint8Array
    readonly hashes: readonly Uint8Array[]
    /** The whole signed note. */
    readonly checkpoint: string
  }
}

/** `hint` names the key, as does the envelope's `keyid`; `entry` is null when the envelope was not logged. */
export type Bundle = {
  readonly envelope: Envelope
  readonly hint: string
  readonly entry: LogEntry | null
  /** RFC 3161 time-stamp responses over the signature, DER. */
  readonly timestamps: readonly Uint8Array[]
}

/** A tree of 2^64 leaves has proofs of 64 hashes. */
export const MAX_PROOF_HASHES = 64
/** A leaf of a tlog-tiles log has at most 65,535 bytes; in base64. */
export const MAX_BODY_LENGTH = 87_380
/** A checkpoint with 32 witness signatures of the largest kind. */
export const MAX_CHECKPOINT_LENGTH = 512 * 1024
/** Time stamps of several authorities; one with its certificates has about 2 kB, in base64 under 3 kB. */
export const MAX_TIMESTAMPS = 8
export const MAX_TIMESTAMP_LENGTH = 64 * 1024

/**
 * The JSON of a Sigstore bundle v0.3, in protobuf's spelling: unmodified Sigstore verifiers take it. As in cosign's own bundles, only
 * the hint names the key: sigstore-go refuses a signature whose `keyid` is there and is not the key's OpenSSH fingerprint.
 */
export function buildBundle({ envelope, hint, entry, timestamps = [] }: Omit<Bundle, 'timestamps'> & Partial<Bundle>): JsonValue {
  const [{ sig }] = envelope.signatures
  return {
    mediaType: BUNDLE_MEDIA_TYPE,
    verificationMaterial: {
      publicKey: { hint },
      tlogEntries: entry === null ? [] : [entryJson(entry)],
      ...(timestamps.length > 0 && {
        timestampVerificationData: { rfc3161Timestamps: timestamps.map((der) => ({ signedTimestamp: base64(der) })) },
      }),
    },
    dsseEnvelope: { payload: envelope.payload, payloadType: envelope.payloadType, signatures: [{ sig }] },
  }
}

/**
 * A bundle of ours: DSSE, one signature, a public key's hint, at most one log entry. Nothing is verified yet.
 * @throws RunproofError `format.malformed` naming the field: among others another media type, a certificate, a log time (our log
 * vouches for order, not for time; others would believe it), or a key id in the envelope that is not the hint.
 */
export function readBundle(value: unknown): Bundle {
  const { verificationMaterial: material, dsseEnvelope } = shaped(BundleJson, value, 'a Sigstore bundle v0.3 with a public key')
  const envelope = readEnvelope(dsseEnvelope)
  const { hint } = material.publicKey
  const [{ keyid, sig }] = envelope.signatures
  if (keyid !== '' && keyid !== hint)
    throw new RunproofError('format.malformed', 'the key hint is not the key id of the signature')
  const [entry = null] = material.tlogEntries
  return {
    envelope: { ...envelope, signatures: [{ keyid: hint, sig }] },
    hint,
    entry: entry && readEntry(entry),
    timestamps: material.timestampVerificationData.rfc3161Timestamps.map(({ signedTimestamp }) => fromBase64(signedTimestamp)),
  }
}

const uint64 = text(20, 1).check(z.regex(/^(?:0|[1-9][0-9]*)$/, 'a decimal number in quotes was expected'))
const base64Hash = text(44, 44)
const absent = z.optional(z.undefined('must be absent'))

const EntryJson = z.object({
  logIndex: uint64,
  logId: z.object({ keyId: base64Hash }),
  kindVersion: z.object({
    kind: z.literal(HASHEDREKORD.kind, `only ${HASHEDREKORD.kind}`),
    version: z.literal(HASHEDREKORD.version, `only ${HASHEDREKORD.version}`),
  }),
  integratedTime: orElse(z.literal('0', 'only 0'), '0'),
  inclusionPromise: absent,
  inclusionProof: z.object({
    logIndex: uint64,
    treeSize: uint64,
    rootHash: base64Hash,
    hashes: orElse(list(base64Hash, MAX_PROOF_HASHES), []),
    checkpoint: z.object({ envelope: text(MAX_CHECKPOINT_LENGTH, 1) }),
  }),
  canonicalizedBody: text(MAX_BODY_LENGTH, 1),
})

const BundleJson = z.object(
  {
    mediaType: z.literal(BUNDLE_MEDIA_TYPE, `only ${BUNDLE_MEDIA_TYPE}`),
    verificationMaterial: z.object({
      publicKey: z.object({ hint: text(256, 1) }),
      certificate: absent,
      x509CertificateChain: absent,
      tlogEntries: orElse(list(EntryJson, 1), []),
      timestampVerificationData: orElse(
        z.object({
          rfc3161Timestamps: orElse(list(z.object({ signedTimestamp: text(MAX_TIMESTAMP_LENGTH, 1) }), MAX_TIMESTAMPS), []),
        }),
        { rfc3161Timestamps: [] },
      ),
    }),
    dsseEnvelope: z.unknown(),
    messageSignature: absent,
  },
  'an object was expected',
)

function readEntry({ logIndex, logId, inclusionProof, canonicalizedBody }: z.output<typeof EntryJson>): LogEntry {
  const { treeSize, rootHash, hashes, checkpoint } = inclusionProof
  return {
    index: BigInt(logIndex),
    logKeyId: hashOf(logId.keyId),
    body: fromBase64(canonicalizedBody),
    inclusionProof: {
      index: BigInt(inclusionProof.logIndex),
      size: BigInt(treeSize),
      root: hashOf(rootHash),
      hashes: hashes.map(hashOf),
      checkpoint: checkpoint.envelope,
    },
  }
}

function hashOf(encoded: string): Uint8Array {
  const hash = fromBase64(encoded)
  if (hash.length !== HASH_BYTES) throw new RunproofError('format.malformed', `a hash of ${hash.length} bytes in the log entry`)
  return hash
}

function entryJson({ index, logKeyId, body, inclusionProof }: LogEntry): JsonValue {
  const { size, root, hashes, checkpoint } = inclusionProof
  return {
    logIndex: String(index),
    logId: { keyId: base64(logKeyId) },
    kindVersion: { kind: HASHEDREKORD.kind, version: HASHEDREKORD.version },
    integratedTime: '0',
    inclusionProof: {
      logIndex: String(inclusionProof.index),
      rootHash: base64(root),
      treeSize: String(size),
      hashes: hashes.map(base64),
      checkpoint: { envelope: checkpoint },
    },
    canonicalizedBody: base64(body),
  }
}
