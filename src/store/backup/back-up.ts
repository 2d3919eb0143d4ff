import { existsSync, readdirSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { keyHint, spkiFromPem } from '../../../core/proof/keys.ts'
import type { KeptReceipt } from '../kept/reports.ts'
import { kept } from '../objects/files.ts'
import type { Position } from '../segments/segments.ts'
import { Again } from './again.ts'
import { evidenceCopy, openLedgerCopy, type LedgerCopy } from './contents.ts'
import { BACKUP_TYPE, manifestBytes, readManifest, type BackupManifest, type KeyFile } from './manifest.ts'
import { documents, EVIDENCE, LEDGER, PART_BYTES, segmentName, SETTINGS } from './names.ts'
import { objectNames, readObject } from './object-files.ts'
import { fileWriter, type FileWriter } from './file-writer.ts'
import { CutShort } from './pieces.ts'
import { planSegments, type SegmentPlan } from './segment-files.ts'
import { takeSnapshots, type Snapshots } from './snapshot.ts'
import { workFolder } from './work-folder.ts'
import { memberWriter, refuseExisting, type MemberWriter } from './write-members.ts'

/** What is being done; `bytes` of how many, where that is known. */
export type OnProgress = (what: string, bytes?: { readonly read: number; readonly total: number | null }) => void

export type BackUpOptions = {
  /** The data folder; a service may be using it. */
  readonly data: string
  /** A file when it ends in `.tar`, else a folder; nothing may be there. */
  readonly out: string
  /** Version of Runproof. */
  readonly version: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** What is known of the files in `keys/`; they themselves stay where they are. */
  readonly keys: readonly KeyFile[]
  readonly onProgress?: OnProgress
  /** Longer files are kept in parts; tests cut earlier. */
  readonly partBytes?: number
}

/** `left`: what lies in the data folder and is not in the backup, keys and temporary files aside. */
export type BackedUp = { readonly manifest: BackupManifest; readonly left: readonly string[] }

/**
 * Copies a data folder to `out`, whole or not at all, durable when it resolves: docs/formats/backup.md. Everything that was acknowledged before
 * it began is in it. Databases come first, as they were at one moment; objects and segments only grow, so that what the databases name is there
 * when they are copied after them.
 * @throws RunproofError `ledger.missing`, `store.unreadable` (also when an object is missing that a report rests on), `store.busy`,
 * `store.full`, `store.out_of_step`, `file.unwritable`
 */
export async function backUp(options: BackUpOptions): Promise<BackedUp> {
  refuseExisting(options.out)
  for (let attempt = 1; ; attempt++) {
    const work = workFolder(options.out)
    try {
      return await attempted(options, work.path)
    } catch (error) {
      if (!(error instanceof Again || error instanceof CutShort)) throw error
      if (attempt === ATTEMPTS) throw neverStill(options.data, error)
    } finally {
      work.remove()
    }
  }
}

const ATTEMPTS = 5

async function attempted(options: BackUpOptions, work: string): Promise<BackedUp> {
  const { data, onProgress = () => {} } = options
  const createdAt = new Date(options.now()).toISOString()
  let segments: SegmentPlan | null = null
  const atMoment = (place: Position | null): void => {
    segments = planSegments(data, place)
  }
  try {
    const copies = await takeSnapshots({ data, work, onProgress, atMoment })
    return write(options, { work, createdAt, copies, segments })
  } finally {
    closePlan(segments)
  }
}

/** Apart, because the compiler does not see that `atMoment` was called. */
function closePlan(plan: SegmentPlan | null): void {
  plan?.close()
}

type Parts = {
  readonly work: string
  readonly createdAt: string
  readonly copies: Snapshots
  readonly segments: SegmentPlan | null
}

function write(options: BackUpOptions, { work, createdAt, copies, segments: plan }: Parts): BackedUp {
  const { data, onProgress = () => {} } = options
  const ledger = openLedgerCopy(copies.ledger)
  const members = memberWriter(options.out, work)
  const files = fileWriter(members, {
    listPath: join(work, documents.list),
    onProgress,
    partBytes: options.partBytes ?? PART_BYTES,
  })
  try {
    files.add(LEDGER, copies.ledger)
    if (copies.evidence !== null) files.add(EVIDENCE, copies.evidence)
    if (existsSync(join(data, SETTINGS))) files.add(SETTINGS, join(data, SETTINGS))
    const segments = plan === null ? null : addSegments(files, plan)
    const objects = addObjects(files, data)
    const signers = reportSigners(ledger, data, options.keys)
    const manifest = manifestBytes({
      type: BACKUP_TYPE,
      createdAt,
      runproof: options.version,
      ledger: { schema: ledger.schema, ...ledger.log },
      evidence: copies.evidence === null ? null : evidenceIn(copies.evidence),
      segments,
      objects,
      reports: signers.reports,
      keys: { files: [...options.keys], reportSigners: [...signers.keys] },
      files: files.finish(),
    })
    addDocument(members, documents.manifest, manifest)
    addDocument(members, documents.seal, Buffer.from(`${sha256(manifest)}  ${documents.manifest}\n`))
    onProgress('making it durable')
    members.place()
    return { manifest: readManifest(manifest), left: leftOut(data) }
  } finally {
    files.end()
    members.end()
    ledger.close()
  }
}

function evidenceIn(copy: string): BackupManifest['evidence'] {
  const { schema, place } = evidenceCopy(copy)
  return { schema, place }
}

function addSegments(files: FileWriter, { numbers, end, take }: SegmentPlan): BackupManifest['segments'] {
  let first = end.segment
  for (const segment of numbers) {
    const open = take(segment)
    // Older ones are gone too.
    if (open === null) break
    files.add(segmentName(segment), '', open)
    first = segment
  }
  return { first, last: end.segment, end }
}

function addObjects(files: FileWriter, data: string): number {
  let count = 0
  for (const { name } of objectNames(data)) {
    files.add(name, join(data, name))
    count++
  }
  return count
}

/**
 * Everybody who signed a report, and who would sign the next; on the way, that everything is there which the ledger's database names.
 * @throws RunproofError `store.unreadable` when it is not: then the data folder is damaged already
 */
function reportSigners(
  ledger: LedgerCopy,
  data: string,
  keys: readonly KeyFile[],
): { readonly reports: number; readonly keys: readonly string[] } {
  const present = keys.find(({ file }) => file === 'report.pem')?.publicKey ?? null
  const signers = new Map(present === null ? [] : [[keyHint(spkiFromPem(present)), present]])
  const folder = join(data, 'objects')
  for (const { digest, of } of ledger.references()) {
    if (kept({ folder }, digest) !== null) continue
    const why = `${of} is missing: there is no object ${digest} in ${folder}; put it back from an earlier backup first`
    throw new RunproofError('store.unreadable', why)
  }
  let reports = 0
  for (const { receipt } of ledger.reports()) {
    const { signer } = JSON.parse(Buffer.from(readObject(folder, receipt)).toString()) as KeptReceipt
    signers.set(keyHint(spkiFromPem(signer.key)), signer.key)
    reports++
  }
  return { reports, keys: [...signers.values()] }
}

/** What nobody told us how to copy, so that its owner knows. */
function leftOut(data: string): readonly string[] {
  const known = /^(?:keys|objects|segments|runproof\.yaml|(?:ledger|evidence)\.db(?:-wal|-shm)?|ledger\.head|\..*tmp)$/
  return readdirSync(data).filter((name) => !known.test(name))
}

function addDocument(members: MemberWriter, name: string, bytes: Uint8Array): void {
  members.add(name, bytes.length, [bytes])
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function neverStill(data: string, cause: Error): RunproofError {
  const why = `${data} changed faster than it could be copied, ${ATTEMPTS} times: ${cause.message}; keep raw evidence for longer (retention.raw), or see whether segments are missing`
  return new RunproofError('store.out_of_step', why, { cause })
}
