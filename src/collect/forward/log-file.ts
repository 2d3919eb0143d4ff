import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { HEAD_BYTES, type Head } from './mark.ts'

/** A log that is read while it is written, truncated and renamed by others. */
export class LogFile {
  readonly path: string
  readonly inode: string
  private readonly descriptor: number
  private head: Buffer

  /** @throws what the file system throws */
  constructor(path: string, seen: number) {
    this.path = path
    this.descriptor = openSync(path, 'r')
    this.inode = this.stat().ino.toString()
    this.head = Buffer.alloc(0)
    this.head = this.readAt(0, Math.min(HEAD_BYTES, seen))
  }

  /** Up to `length` bytes. */
  readAt(offset: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
      const read = readSync(this.descriptor, buffer, filled, length - filled, offset + filled)
      if (read === 0) break
      filled += read
    }
    return buffer.subarray(0, filled)
  }

  /** Remembers the first bytes as they are read. */
  seen(offset: number, bytes: Uint8Array): void {
    if (offset === this.head.length && offset < HEAD_BYTES)
      this.head = Buffer.concat([this.head, bytes.subarray(0, HEAD_BYTES - offset)])
  }

  /** Whether it still begins as it did: a log that was truncated and written again does not. */
  isSame(): boolean {
    return this.readAt(0, this.head.length).equals(this.head)
  }

  fingerprint(): Head {
    return { bytes: this.head.length, sha256: sha256Hex(this.head) }
  }

  stat(): BigIntStats {
    return fstatSync(this.descriptor, { bigint: true })
  }

  close(): void {
    closeSync(this.descriptor)
  }
}

/** Whether the file at `path` begins with what has this fingerprint; false when it cannot be read. */
export function beginsWith(path: string, { bytes, sha256 }: Head): boolean {
  let file: LogFile | null = null
  try {
    file = new LogFile(path, bytes)
    const own = file.fingerprint()
    return own.bytes === bytes && own.sha256 === sha256
  } catch {
    return false
  } finally {
    file?.close()
  }
}
