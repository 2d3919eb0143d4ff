import { closeSync, existsSync, fstatSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { readTarHeader, tarPadding } from '../../../core/proof/tar.ts'
import { whyOf } from '../../lib/io/read-text.ts'
import { damaged, inBackup } from './damage.ts'
import { documents } from './names.ts'
import { bytesOf, piecesOf, type FileRange } from './pieces.ts'
import { TAR_BLOCK_BYTES } from './write-members.ts'

/** Reads what a member writer wrote. Whether it is what it should be is for the caller to see. */
export type MemberReader = {
  /** One of the documents behind the files; good until `close`. */
  readonly document: (name: string) => FileRange
  /** The next file, in the order in which they were written; good until the next. */
  readonly next: (name: string) => FileRange
  /** That no file follows. */
  readonly end: () => void
  readonly close: () => void
}

/** @throws RunproofError `file.unreadable`; `backup.invalid`, like all that it answers */
export function memberReader(backup: string): MemberReader {
  const stats = statSync(backup, { throwIfNoEntry: false })
  if (!stats) throw new RunproofError('file.unreadable', `there is no backup at ${backup}`)
  return stats.isDirectory() ? folderReader(backup) : tarReader(backup)
}

function folderReader(backup: string): MemberReader {
  const documentsOpen: number[] = []
  let current: number | null = null
  const open = (name: string): FileRange => {
    const path = join(backup, name)
    if (!existsSync(path)) throw damaged(backup, name, 'it is missing')
    const fd = openSync(path, 'r')
    return { fd, offset: 0, bytes: fstatSync(fd).size }
  }
  const done = (): void => {
    if (current !== null) closeSync(current)
    current = null
  }
  return {
    document(name) {
      const range = open(name)
      documentsOpen.push(range.fd)
      return range
    },
    next(name) {
      done()
      const range = open(name)
      current = range.fd
      return range
    },
    end: () => {},
    close() {
      done()
      for (const fd of documentsOpen.splice(0)) closeSync(fd)
    },
  }
}

type Member = FileRange & { readonly name: string; readonly following: number }

function tarReader(backup: string): MemberReader {
  const fd = opened(backup)
  try {
    const { size } = fstatSync(fd)
    const index = documentsIn(backup, fd, size)
    let at = 0
    const nextMember = (): Member | null => memberAt(backup, fd, at, size)
    return {
      document: (name) => index.get(name) ?? missing(backup, name),
      next(name) {
        const member = nextMember()
        if (member === null || member.name !== name)
          throw damaged(backup, name, `it is not where the list has it, but ${member?.name ?? 'nothing'}`)
        checkPadding(backup, member)
        at = member.following
        return member
      },
      end() {
        const member = nextMember()
        if (member?.name !== documents.list)
          throw damaged(backup, member?.name ?? 'its end', 'it is not in the list of its files')
      },
      close: () => closeSync(fd),
    }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** Finds the documents by going from header to header; also that the archive ends as one does. */
function documentsIn(backup: string, fd: number, size: number): ReadonlyMap<string, Member> {
  const wanted: ReadonlySet<string> = new Set(Object.values(documents))
  const found = new Map<string, Member>()
  let at = 0
  for (let member = memberAt(backup, fd, at, size); member !== null; member = memberAt(backup, fd, at, size)) {
    at = member.following
    if (!wanted.has(member.name)) continue
    if (found.has(member.name)) throw damaged(backup, member.name, 'it is there twice')
    checkPadding(backup, member)
    found.set(member.name, member)
  }
  if (at + 2 * TAR_BLOCK_BYTES !== size)
    throw damaged(backup, 'the end of the archive', 'there is something behind it, or half of it is missing')
  if (!isZero({ fd, offset: at, bytes: size - at })) throw damaged(backup, 'the end of the archive', 'it is not what was written')
  return found
}

/** Null at the end of the archive. */
function memberAt(backup: string, fd: number, at: number, size: number): Member | null {
  const place = `byte ${at} of the archive`
  if (at + TAR_BLOCK_BYTES > size) throw damaged(backup, place, 'it ends here, and not as an archive does: it is cut')
  const block = bytesOf({ fd, offset: at, bytes: TAR_BLOCK_BYTES })
  if (block.every((byte) => byte === 0)) return null
  const { name, size: bytes } = inBackup(backup, place, () => readTarHeader(block))
  const offset = at + TAR_BLOCK_BYTES
  const following = offset + bytes + tarPadding(bytes)
  if (following > size) throw damaged(backup, name, `it is cut: it has ${bytes} bytes, the archive ends before`)
  return { name, fd, offset, bytes, following }
}

function checkPadding(backup: string, { name, fd, offset, bytes, following }: Member): void {
  if (!isZero({ fd, offset: offset + bytes, bytes: following - offset - bytes }))
    throw damaged(backup, name, 'there are bytes behind it that were not written')
}

function isZero(range: FileRange): boolean {
  for (const piece of piecesOf(range)) if (!piece.every((byte) => byte === 0)) return false
  return true
}

function missing(backup: string, name: string): never {
  throw damaged(backup, name, 'it is missing')
}

function opened(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw new RunproofError('file.unreadable', `cannot read ${path}: ${whyOf(error)}`, { cause: error })
  }
}
