import { z } from 'zod/mini'
import { fromUtf8, utf8 } from '../../../core/proof/bytes.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { list, shaped, text } from '../../../core/proof/shape.ts'

export const BACKUP_TYPE = 'runproof.dev/backup/v1'

const count = z.number().check(z.int(), z.gte(0), z.lte(Number.MAX_SAFE_INTEGER))
const digest = text(64).check(z.regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits were expected'))
const place = z.object({ segment: count, offset: count })

/** One of the files in `keys/` when the backup was made. The file itself is never in it. */
const KeyFileSchema = z.object({
  file: z.enum(['report.pem', 'owner.pem', 'log.pem', 'redaction.key', 'segments.key']),
  /** Public keys: base64 of SHA-256 over the SubjectPublicKeyInfo; secrets: see docs/formats/backup.md. Null: it could not be read then. */
  id: z.nullable(text(64, 1)),
  /** PEM; null for secrets, and for what could not be read. */
  publicKey: z.nullable(text(1024, 1)),
})

/** docs/formats/backup.md */
const ManifestSchema = z.object({
  type: z.literal(BACKUP_TYPE),
  /** Instant. */
  createdAt: text(40, 1),
  /** Version of the Runproof that made it. */
  runproof: text(100, 1),
  ledger: z.object({
    schema: count,
    origin: text(253, 1),
    vkey: text(512, 1),
    size: count,
    root: digest,
    checkpoint: text(1024 * 1024, 1),
  }),
  /** Null: there was none. `place`: up to where the segments had been folded. */
  evidence: z.nullable(z.object({ schema: count, place: z.nullable(place) })),
  /** Null: nothing was ever received. `end`: what was acknowledged before the backup began lies before. */
  segments: z.nullable(z.object({ first: count, last: count, end: place })),
  objects: count,
  reports: count,
  keys: z.object({
    files: list(KeyFileSchema, 5),
    /** PEM of every key that signed one of the reports. */
    reportSigners: list(text(1024, 1), 10_000),
  }),
  /** Of the list, files.sha256. `bytes` is the sum over the files that it names. */
  files: z.object({ count, bytes: count, sha256: digest }),
})

export type KeyFile = Readonly<z.infer<typeof KeyFileSchema>>
export type BackupManifest = Readonly<z.infer<typeof ManifestSchema>>

export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024

/** For people too: two spaces, a newline at the end. */
export function manifestBytes(manifest: BackupManifest): Uint8Array {
  return utf8(`${JSON.stringify(manifest, null, 2)}\n`)
}

/** @throws RunproofError `format.malformed` naming each field, also for one of a later version */
export function readManifest(bytes: Uint8Array): BackupManifest {
  const json: JsonValue = parseJson(fromUtf8(bytes))
  return shaped(ManifestSchema, json, 'the manifest of a backup that this version of Runproof reads') as BackupManifest
}
