import { createHash } from 'node:crypto'
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { OnProgress } from './back-up.ts'
import { damaged, inBackup } from './damage.ts'
import { MAX_MANIFEST_BYTES, readManifest, type BackupManifest } from './manifest.ts'
import { documents, memberNameOf } from './names.ts'
import { bytesOf, fsyncFolder, linesOf, piecesOf, writeAll, type FileRange } from './pieces.ts'
import { memberReader, type MemberReader } from './read-members.ts'

export type StageOptions = {
  /** False for what is only looked at. */
  readonly durable: boolean
  readonly onProgress: OnProgress
}

/**
 * Unpacks a backup into a folder that is there and empty, and checks every byte on the way. Returns what the backup says of itself.
 * @throws RunproofError `backup.invalid` naming the file, `file.unreadable`; what the file system throws
 */
export function stage(backup: string, folder: string, { durable, onProgress }: StageOptions): BackupManifest {
  const members = memberReader(backup)
  const folders = new Set([folder])
  const target = fileMaker(backup, { folder, folders, durable })
  try {
    const manifest = sealedManifest(backup, members)
    const list = members.document(documents.list)
    checkList(backup, list, manifest)
    let read = 0
    for (const line of linesOf(list)) {
      const { digest, name, file, part } = listed(backup, line)
      const hash = createHash('sha256')
      const range = members.next(name)
      const fd = target.fd(file, part)
      for (const piece of piecesOf(range)) {
        hash.update(piece)
        writeAll(fd, piece)
        read += piece.length
        onProgress(`checking ${name}`, { read, total: manifest.files.bytes })
      }
      if (hash.digest('hex') !== digest)
        throw damaged(backup, name, 'it does not have the digest that was written down: it was changed or damaged since')
    }
    members.end()
    target.end()
    if (durable) for (const each of folders) fsyncFolder(each)
    return manifest
  } finally {
    target.end()
    members.close()
  }
}

function sealedManifest(backup: string, members: MemberReader): BackupManifest {
  const range = members.document(documents.manifest)
  if (range.bytes > MAX_MANIFEST_BYTES) throw damaged(backup, documents.manifest, `it has ${range.bytes} bytes`)
  const bytes = bytesOf(range)
  const seal = members.document(documents.seal)
  const expected = `${sha256(bytes)}  ${documents.manifest}\n`
  if (seal.bytes !== expected.length || bytesOf(seal).toString('latin1') !== expected)
    throw damaged(
      backup,
      documents.manifest,
      `it does not have the digest in ${documents.seal}: one of the two was changed or damaged`,
    )
  return inBackup(backup, documents.manifest, () => readManifest(bytes))
}

function checkList(backup: string, list: FileRange, { files }: BackupManifest): void {
  const hash = createHash('sha256')
  for (const piece of piecesOf(list)) hash.update(piece)
  if (hash.digest('hex') !== files.sha256)
    throw damaged(backup, documents.list, `it does not have the digest in ${documents.manifest}: it was changed or damaged`)
}

function listed(backup: string, line: string): { digest: string; name: string; file: string; part: number | null } {
  const [, digest = '', name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? []
  const member = memberNameOf(name)
  if (member === null) throw damaged(backup, documents.list, `no backup of ours holds ${JSON.stringify(line.slice(0, 200))}`)
  return { digest, name, ...member }
}

type FileMaker = {
  /** Where to write a file, or the next part of one. */
  readonly fd: (file: string, part: number | null) => number
  readonly end: () => void
}

type Made = { readonly folder: string; readonly folders: Set<string>; readonly durable: boolean }

/** One file after the other. */
function fileMaker(backup: string, { folder, folders, durable }: Made): FileMaker {
  let current: { readonly file: string; readonly part: number; readonly fd: number } | null = null
  const end = (): void => {
    if (current === null) return
    if (durable) fsyncSync(current.fd)
    closeSync(current.fd)
    if (current.file.startsWith('objects/')) chmodSync(join(folder, current.file), 0o400)
    current = null
  }
  return {
    fd(file, part) {
      const follows = part !== null && current?.file === file ? current.part + 1 : 1
      if ((part ?? 1) !== follows) throw damaged(backup, file, `part ${follows} of it is missing`)
      if (follows > 1 && current !== null) current = { ...current, part: follows }
      else {
        end()
        current = { file, part: part === null ? 0 : 1, fd: made(backup, folder, file, folders) }
      }
      return current.fd
    },
    end,
  }
}

function made(backup: string, folder: string, file: string, folders: Set<string>): number {
  const [path, parent] = [join(folder, file), dirname(join(folder, file))]
  if (!folders.has(parent)) {
    mkdirSync(parent, { recursive: true, mode: 0o700 })
    folders.add(parent).add(dirname(parent))
  }
  try {
    return openSync(path, 'wx', 0o600)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')
      throw damaged(backup, file, 'it is in the list twice', cause)
    throw cause
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
