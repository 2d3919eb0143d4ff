import { realpathSync } from 'node:fs'
import { LineCutter, type Line } from './line-cutter.ts'
import { beginsWith, LogFile } from './log-file.ts'
import { HEAD_BYTES, MAX_DONE, type DoneFile, type Mark } from './mark.ts'
import { packedSince, rotatedSiblings, statOf, type Sibling } from './siblings.ts'

export type TailOptions = {
  readonly path: string
  /** Where to go on; null: never read before. */
  readonly mark: Mark | null
  /** Where to begin a log that was never read. */
  readonly from: 'start' | 'end'
  /** Bytes of the longest line. */
  readonly lineLimit: number
  /** How long a log that was rotated away must be quiet before the next one is read: its writer may still be at it. */
  readonly graceMs: number
  readonly now: () => number
}

/** Lines that may be missing, how many nobody knows. */
export type Missing = { readonly sinceMs: number; readonly why: string }

/** What was new, and how far that goes. The first one ever has no lines: it tells where the log begins, to be remembered before all else. */
export type Taken = { readonly lines: readonly Line[]; readonly mark: Mark; readonly missing: Missing | null }

/**
 * Follows one log through rotation (renamed and made anew, or copied and truncated), also when that happened while nobody read, and any
 * number of times: the files are read to their end in the order in which they were written. What is gone, or was packed, before it was
 * read is reported as missing. Synchronous; it never waits: ask again later.
 */
export class Tail {
  private readonly options: TailOptions
  private file: LogFile | null = null
  private cutter: LineCutter
  private done: readonly DoneFile[]
  private resume: Mark | null
  private hasBegun: boolean
  private quietSince: number
  private readAt: number
  private missing: Missing | null = null
  /** The log was opened for the first time ever, and nobody was told yet where that is. */
  private isFirst = false
  /** When the log before was last written, and which it was; null: this is the first. */
  private after: { readonly since: bigint; readonly inode: string } | null = null

  constructor(options: TailOptions) {
    this.options = options
    this.resume = options.mark
    this.hasBegun = options.mark !== null
    this.done = options.mark?.done ?? []
    this.cutter = new LineCutter(options.lineLimit)
    this.quietSince = options.now()
    this.readAt = options.mark?.readAt ?? options.now()
    if (options.mark === null) this.leaveHistory(rotatedSiblings(this.current() ?? options.path))
  }

  /** What was rotated away before the first start is nobody's business. */
  private leaveHistory(history: readonly Sibling[]): void {
    this.done = history.slice(-MAX_DONE).flatMap(doneFile)
    this.after = { since: history.at(-1)?.stat.mtimeNs ?? 0n, inode: '' }
  }

  /**
   * Up to `most` bytes of what is new; null when nothing is.
   * @throws what the file system throws for a log that is there and cannot be read
   */
  take(most: number): Taken | null {
    for (;;) {
      const taken = this.step(most)
      if (taken !== 'again') return taken
    }
  }

  private step(most: number): Taken | null | 'again' {
    this.file ??= this.opened()
    const { file, cutter } = this
    if (file === null) return null
    if (this.missing !== null || this.isFirst) return this.told(file, [])
    const now = this.options.now()
    const at = cutter.position
    const bytes = file.readAt(at, most)
    // Looked at after reading: bytes of a log that was begun anew in between must not be taken for its continuation.
    if (!file.isSame() || file.stat().size < BigInt(at)) return this.begunAnew(file)
    // Copied and truncated before anything of it was seen: only the copy shows that.
    if (at === 0 && !this.isRotatedAway(file) && this.unread() !== null) return this.leave()
    if (bytes.length > 0) {
      file.seen(at, bytes)
      this.quietSince = now
      return this.told(file, cutter.push(bytes))
    }
    this.readAt = now
    if (!this.isRotatedAway(file) || !this.isQuiet(file, now)) return null
    // A last line without its line break is all there will be of it.
    if (cutter.isOpen) return this.told(file, cutter.end())
    this.goOn(file)
    return 'again'
  }

  close(): void {
    this.file?.close()
    this.file = null
  }

  private told(file: LogFile, lines: readonly Line[]): Taken | 'again' {
    const { missing, isFirst } = this
    this.missing = null
    this.isFirst = false
    if (lines.length === 0 && missing === null && !isFirst) return 'again'
    const head = file.fingerprint()
    const mark = {
      file: file.path,
      inode: file.inode,
      offset: this.cutter.settled,
      head,
      readAt: this.readAt,
      done: [...this.done],
    }
    return { lines, mark, missing }
  }

  private opened(): LogFile | null {
    try {
      return this.resume === null ? this.openedNext() : this.openedAgain(this.resume)
    } catch (error) {
      // Renamed between the look and the opening.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw error
    }
  }

  private openedAgain(resume: Mark): LogFile | null {
    const found = this.found(resume)
    this.after = { since: BigInt(resume.readAt - CLOCK_SLACK_MS) * 1_000_000n, inode: '' }
    if (found !== null) {
      const file = this.begin(found, resume.offset)
      this.resume = null
      return file
    }
    if (this.current() === null) return null
    this.resume = null
    this.missing = { sinceMs: resume.readAt, why: 'the log that was read last is gone' }
    return this.openedNext()
  }

  private openedNext(): LogFile | null {
    const next = this.next()
    if (next === null) return null
    this.isFirst = !this.hasBegun
    return this.begin(next, this.hasBegun || this.options.from === 'start' ? 0 : lastLineBreak(next))
  }

  private begin(path: string, offset: number): LogFile {
    const file = new LogFile(path, offset)
    this.hasBegun = true
    this.cutter = new LineCutter(this.options.lineLimit, offset)
    this.quietSince = this.options.now()
    return file
  }

  /** The log that was read, under whatever name; or, when it was truncated since, the copy that was made before. */
  private found({ file, inode, offset, head }: Mark): string | null {
    const current = this.current()
    const names = [current, file, ...rotatedSiblings(file), ...(current === null ? [] : rotatedSiblings(current))]
    const paths = [...new Set(names.flatMap((name) => (name === null ? [] : typeof name === 'string' ? name : name.path)))]
    const fitting = paths.filter((path) => (statOf(path)?.size ?? -1n) >= BigInt(offset) && beginsWith(path, head))
    const own = fitting.find((path) => statOf(path)?.ino.toString() === inode)
    if (own !== undefined || head.bytes === 0) return own ?? null
    return fitting.findLast((path) => !this.isDone(path)) ?? null
  }

  /** Somebody truncated the log. What was not read of it yet is in the copy, if one was made. */
  private begunAnew(file: LogFile): 'again' {
    const offset = this.cutter.settled
    const head = file.fingerprint()
    const copy = rotatedSiblings(file.path).findLast(
      ({ path, stat }) =>
        stat.ino.toString() !== file.inode && stat.size >= BigInt(offset) && beginsWith(path, head) && !this.isDone(path),
    )
    if (copy !== undefined) {
      file.close()
      this.file = this.begin(copy.path, offset)
      return 'again'
    }
    this.missing = { sinceMs: this.readAt, why: 'the log was truncated and no copy of it is there' }
    return this.leave()
  }

  /** Nobody wrote for as long as a writer may need to notice; what was rotated away long ago need not be waited for. */
  private isQuiet(file: LogFile, now: number): boolean {
    const writtenMs = Number(file.stat().mtimeNs / 1_000_000n)
    return now - Math.min(this.quietSince, writtenMs) >= this.options.graceMs
  }

  private isRotatedAway({ inode }: LogFile): boolean {
    const current = this.current()
    return current !== null && statOf(current)?.ino.toString() !== inode
  }

  /** On to the log that was written after this one. */
  private goOn(file: LogFile): void {
    const { mtimeNs } = file.stat()
    this.done = [...this.done, { inode: file.inode, head: file.fingerprint() }].slice(-MAX_DONE)
    const packed = packedSince(file.path, mtimeNs)
    if (packed !== null) this.missing = { sinceMs: this.readAt, why: `${packed} was packed before it was read` }
    file.close()
    this.file = null
    this.after = { since: mtimeNs, inode: file.inode }
  }

  private leave(): 'again' {
    this.file?.close()
    this.file = null
    return 'again'
  }

  /** The eldest log that was written since and is not done; else the one of this name. */
  private next(): string | null {
    return this.unread() ?? this.current()
  }

  private unread(): string | null {
    const [current, after] = [this.current(), this.after]
    if (current === null || after === null) return null
    const isUnread = ({ path, stat }: Sibling): boolean =>
      stat.size > 0n && stat.mtimeNs >= after.since && stat.ino.toString() !== after.inode && !this.isDone(path)
    return rotatedSiblings(current).find(isUnread)?.path ?? null
  }

  private isDone(path: string): boolean {
    const inode = statOf(path)?.ino.toString()
    return this.done.some((file) => file.inode === inode && beginsWith(path, file.head))
  }

  private current(): string | null {
    try {
      return realpathSync(this.options.path)
    } catch {
      return null
    }
  }
}

function doneFile({ path }: Sibling): DoneFile[] {
  try {
    const file = new LogFile(path, HEAD_BYTES)
    file.close()
    return [{ inode: file.inode, head: file.fingerprint() }]
  } catch {
    return []
  }
}

const LOOK_BACK = 1024 * 1024
/** A file's times lag behind the clock. */
const CLOCK_SLACK_MS = 1000

/** Behind the last line break of a log; its end when there is none near it. */
function lastLineBreak(path: string): number {
  const file = new LogFile(path, 0)
  try {
    const size = Number(file.stat().size)
    const from = Math.max(0, size - LOOK_BACK)
    const found = file.readAt(from, size - from).lastIndexOf(0x0a)
    return found >= 0 ? from + found + 1 : from === 0 ? 0 : size
  } finally {
    file.close()
  }
}
