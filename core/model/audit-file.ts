/**
 * The audit file: an uncompressed tar (POSIX ustar) with these members, all that `verify` needs beside the trust root. A folder with
 * the same members is read alike.
 */
export const auditMembers = {
  /** Sigstore bundle v0.3: the signed statement and its place in the ledger. */
  bundle: 'report.sigstore.json',
  /** The full report, canonical JSON; `subject[0]` of the statement. */
  report: 'report.json',
  /** The sealed evidence, one canonical JSON line per Merkle leaf, gzip (readable in a browser without a dependency). */
  evidence: 'evidence.ndjson.gz',
  /** The manifest's signature: a DSSE envelope. Absent when the manifest was not signed. */
  manifest: 'manifest.dsse.json',
  /** The same signature as a Sigstore bundle with its place in the ledger. Absent where nobody logged it or nobody kept the place. */
  manifestEntry: 'manifest.sigstore.json',
  /** Folder of Sigstore bundles, one per signature of a decision, named by the digest of its payload and of its key. */
  decisions: 'decisions/',
  /** The page for people. It is not evidence and not checked. */
  page: 'report.html',
} as const

/** A reader refuses more than this: a hostile file must not fill a machine. */
export const auditLimits = {
  members: 10_000,
  memberBytes: 512 * 1024 * 1024,
  totalBytes: 1024 * 1024 * 1024,
  evidenceBytes: 500 * 1024 * 1024,
  evidenceLines: 2_000_000,
} as const
