import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { equalBytes, fromHex, hex } from '../../../core/proof/bytes.ts'
import { parseVkey } from '../../../core/proof/note.ts'
import { writeHeadFile, defaultHeadPath } from '../ledger/head-file.ts'
import { openLedger, readLedger } from '../ledger/ledger.ts'
import { openEvidence } from '../evidence/evidence.ts'
import { segmentNumbers } from '../segments/folder.ts'
import { comparePositions, readSegments, type Position } from '../segments/segments.ts'
import { SEGMENT_HEADER_BYTES } from '../segments/header.ts'
import { guarded } from '../sqlite.ts'
import type { OnProgress } from './back-up.ts'
import { checkReports } from './check-reports.ts'
import { evidenceCopy, openLedgerCopy } from './contents.ts'
import { asDamage, damaged, inBackup } from './damage.ts'
import type { BackupManifest } from './manifest.ts'
import { EVIDENCE, LEDGER } from './names.ts'

export type StagedOptions = {
  /** Where the backup lies, for messages. */
  readonly backup: string
  /** What was unpacked of it. */
  readonly folder: string
  readonly manifest: BackupManifest
  /** The keys that the segments were written with; null when they are not at hand. */
  readonly segmentsKey: readonly Uint8Array[] | null
  /** A file with a checkpoint of the ledger that must not be newer than the backup; null: there is none. */
  readonly headPath: string | null
  readonly onProgress: OnProgress
}

/** What was looked at. `records`: null when the segments could not be opened for want of their key. */
export type Checked = { readonly entries: number; readonly reports: number; readonly records: number | null }

/**
 * Everything that must hold before a service may go on from a data folder; migrates its databases to this version on the way.
 * @throws RunproofError `backup.invalid` naming the file and what does not hold; `ledger.contradiction` when `headPath` is newer
 */
export async function checkStaged(options: StagedOptions): Promise<Checked> {
  const checked = await check(options)
  for (const name of [LEDGER, EVIDENCE]) settle(join(options.folder, name))
  return checked
}

async function check(options: StagedOptions): Promise<Checked> {
  const { backup, folder, manifest, onProgress } = options
  onProgress('checking the databases')
  checkDatabase(options, LEDGER)
  if (manifest.evidence !== null) checkDatabase(options, EVIDENCE)
  onProgress('rehashing the ledger')
  checkLedger(options)
  const ledger = inBackup(backup, LEDGER, () => openLedgerCopy(join(folder, LEDGER)))
  try {
    const evidence = manifest.evidence === null ? null : inBackup(backup, EVIDENCE, () => migratedEvidence(folder))
    const lost = evidence?.forgotten.find((window) => !ledger.isSealed(window))
    if (lost !== undefined)
      throw damaged(
        backup,
        EVIDENCE,
        `it let go of window ${lost}, which ledger.db never saw sealed: they are of different moments`,
      )
    const reports = await checkReports({ ...options, ledger }).catch((error: unknown) => {
      throw asDamage(backup, LEDGER, error)
    })
    onProgress('reading the segments')
    return { entries: manifest.ledger.size, reports, records: checkSegments(options, evidence?.place ?? null) }
  } finally {
    ledger.close()
  }
}

/** A reader that closes last leaves its write-ahead log behind; a writer takes it away. */
function settle(path: string): void {
  if (!existsSync(path)) return
  const db = new DatabaseSync(path)
  db.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}

function checkDatabase({ backup, folder }: StagedOptions, name: string): void {
  const path = join(folder, name)
  if (!existsSync(path)) throw damaged(backup, name, 'it is missing, and the manifest says that it is there')
  inBackup(backup, name, () =>
    guarded(path, () => {
      const db = new DatabaseSync(path, { readOnly: true })
      try {
        const wrong = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']
        if (wrong !== 'ok') throw damaged(backup, name, `SQLite finds it damaged: ${String(wrong)}`)
        const row = db.prepare('PRAGMA foreign_key_check').get()
        if (row)
          throw damaged(backup, name, `a row of ${String(row['table'])} names one of ${String(row['parent'])} that is not there`)
      } finally {
        db.close()
      }
    }),
  )
}

/** Start-up's own checks, every hash, and that it is the tree that the manifest says. Nothing is signed, so no private key is needed. */
function checkLedger({ backup, folder, manifest, headPath }: StagedOptions): void {
  const path = join(folder, LEDGER)
  const { name: origin, publicKey } = inBackup(backup, 'manifest.json', () => parseVkey(manifest.ledger.vkey))
  inBackup(backup, LEDGER, () => {
    writeHeadFile(defaultHeadPath(path), manifest.ledger.checkpoint)
    // The clock of this machine is not what is asked here: start-up will.
    const ledger = openLedger({ path, logKey: { publicKey, sign: signsNothing }, origin, now: () => Number.MAX_SAFE_INTEGER })
    try {
      const { size, root, checkpoint } = ledger.verify()
      const same =
        size === manifest.ledger.size &&
        equalBytes(root, fromHex(manifest.ledger.root)) &&
        checkpoint === manifest.ledger.checkpoint
      if (!same)
        throw damaged(
          backup,
          LEDGER,
          `it has ${size} entries with the root ${hex(root)}, the manifest says ${manifest.ledger.size} and ${manifest.ledger.root}`,
        )
    } finally {
      ledger.close()
    }
  })
  // Not the backup's fault: it is older than what its owner already has.
  if (headPath !== null) readLedger({ path, headPath }).close()
}

function signsNothing(): never {
  throw new Error('a restore signs nothing')
}

function migratedEvidence(folder: string): ReturnType<typeof evidenceCopy> {
  openEvidence(join(folder, EVIDENCE)).close()
  return evidenceCopy(join(folder, EVIDENCE))
}

/** How many records there are, when there is a key to count them with. */
function checkSegments({ backup, folder, manifest, segmentsKey: key }: StagedOptions, place: Position | null): number | null {
  const segments = join(folder, 'segments')
  const numbers = existsSync(segments) ? inBackup(backup, 'segments', () => segmentNumbers(segments)) : []
  const [first, last] = [numbers[0], numbers.at(-1)]
  if (first !== manifest.segments?.first || last !== manifest.segments?.last)
    throw damaged(backup, 'segments', `${first ?? 'none'} to ${last ?? 'none'} are there, the manifest says otherwise`)
  const { end } = manifest.segments ?? { end: null }
  if (place !== null && (first === undefined || end === null || place.segment < first || comparePositions(place, end) > 0))
    throw damaged(
      backup,
      EVIDENCE,
      `it was folded up to segment ${place.segment}, byte ${place.offset}, which the segments do not reach or no longer have`,
    )
  if (first === undefined || key === null) return key === null ? null : 0
  return inBackup(backup, 'segments', () => {
    let [records, reached] = [0, place === null || (place.segment === first && place.offset <= SEGMENT_HEADER_BYTES)]
    for (const frame of readSegments({ folder: segments, key, from: { segment: first, offset: 0 } })) {
      records += frame.records.length
      reached ||= place !== null && comparePositions(frame.next, place) === 0
    }
    if (!reached)
      throw damaged(backup, EVIDENCE, `its place, segment ${place?.segment}, byte ${place?.offset}, is not where a frame ends`)
    return records
  })
}
