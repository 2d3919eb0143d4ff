import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { ed25519Spki, keyHint } from '../../../core/proof/keys.ts'
import { parseVkey } from '../../../core/proof/note.ts'
import type { OnProgress } from './back-up.ts'
import { checkStaged, type Checked } from './check-staged.ts'
import type { BackupManifest, KeyFile } from './manifest.ts'
import { fsyncFolder, writeAll } from './pieces.ts'
import { stage } from './stage.ts'
import { workFolder } from './work-folder.ts'

/** Keys that were kept elsewhere: what is known of them, and those that are needed to read what was received. */
export type GivenKeys = {
  readonly folder: string
  readonly files: readonly KeyFile[]
  /** Names of files with earlier keys, of which only what was received knows. */
  readonly earlier: readonly string[]
  readonly segments: readonly Uint8Array[] | null
}

export type CheckOptions = {
  /** The backup: file or folder. */
  readonly from: string
  readonly keys: GivenKeys | null
  /** A file with a checkpoint of the ledger that the backup must not be older than; null: none is known. */
  readonly headPath: string | null
  readonly onProgress?: OnProgress
}

export type RestoreOptions = CheckOptions & {
  /** The new data folder: nothing may be there, or an empty folder. */
  readonly data: string
}

export type Restored = { readonly manifest: BackupManifest; readonly checked: Checked }

/**
 * Checks a backup as a restore does, in a folder beside `scratch` that is taken away again.
 * @throws RunproofError as `restore`
 */
export async function checkBackup(options: CheckOptions & { readonly scratch: string }): Promise<Restored> {
  const work = workFolder(options.scratch)
  try {
    return await staged(options, join(work.path, 'data'), false)
  } finally {
    work.remove()
  }
}

/**
 * Makes a data folder of a backup. It is unpacked beside its place, checked from the first byte to the last signature (docs/formats/backup.md),
 * and only then moved there: it is whole, checked and durable, or not there.
 * @throws RunproofError `backup.invalid` naming the file; `file.unwritable` when something is in its place; `key.unreadable` for keys of
 * another data folder; `ledger.contradiction` when `headPath` is newer; `file.unreadable`
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { data, keys } = options
  refuseFull(data)
  const work = workFolder(data)
  try {
    const folder = join(work.path, 'data')
    const restored = await staged(options, folder, true)
    if (keys !== null) copyKeys(keys, join(folder, 'keys'))
    fsyncFolder(folder)
    moveFolder(folder, data)
    return restored
  } finally {
    work.remove()
  }
}

async function staged(
  { from, keys, headPath, onProgress = () => {} }: CheckOptions,
  folder: string,
  durable: boolean,
): Promise<Restored> {
  if (headPath !== null && statSync(headPath, { throwIfNoEntry: false }) === undefined)
    throw new RunproofError('file.unreadable', `there is no checkpoint at ${headPath}`)
  mkdirSync(folder, { mode: 0o700 })
  const manifest = stage(from, folder, { durable, onProgress })
  if (keys !== null) checkKeys(manifest, keys)
  const segmentsKey = keys?.segments ?? null
  const checked = await checkStaged({ backup: from, folder, manifest, segmentsKey, headPath, onProgress })
  return { manifest, checked }
}

/** Where nothing is known of a key, only its use can show whether it is the right one. The ledger knows its own. */
function checkKeys({ keys, ledger }: BackupManifest, { folder, files }: GivenKeys): void {
  const ids = new Map(keys.files.map(({ file, id }) => [file, id]))
  ids.set('log.pem', keyHint(ed25519Spki(parseVkey(ledger.vkey).publicKey)))
  for (const [file, id] of ids) {
    const given = files.find((each) => each.file === file)
    if (!given) throw wrongKey(join(folder, file), 'it is missing; the data folder that was backed up had it')
    if (id !== null && given.id !== id) {
      const why = `it is another key than the one of the data folder that was backed up: its id is ${given.id}, that was ${id}`
      throw wrongKey(join(folder, file), why)
    }
  }
}

function wrongKey(path: string, why: string): RunproofError {
  return new RunproofError('key.unreadable', `cannot use ${path}: ${why}`)
}

function copyKeys({ folder, files, earlier }: GivenKeys, to: string): void {
  mkdirSync(to, { mode: 0o700 })
  for (const file of [...files.map(({ file }) => file), ...earlier]) {
    const fd = openSync(join(to, file), 'wx', 0o600)
    try {
      writeAll(fd, readFileSync(join(folder, file)))
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  }
  chmodSync(to, 0o700)
  fsyncFolder(to)
}

function refuseFull(data: string): void {
  const stats = statSync(data, { throwIfNoEntry: false })
  if (stats === undefined || (stats.isDirectory() && readdirSync(data).length === 0)) return
  const why = `${data} is not empty, and nothing is restored over what is there: name a new folder with --data, or move that one away`
  throw new RunproofError('file.unwritable', why)
}

function moveFolder(from: string, data: string): void {
  try {
    renameSync(from, data)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (code === 'ENOTEMPTY' || code === 'EEXIST') refuseFull(data)
    if (code !== 'EBUSY' && code !== 'EXDEV') throw cause
    const why = `${data} is the root of a mounted disk, and no folder can be moved to its place; restore into a folder on it: --data ${join(data, 'data')}`
    throw new RunproofError('file.unwritable', why, { cause })
  }
  fsyncFolder(dirname(data))
}
