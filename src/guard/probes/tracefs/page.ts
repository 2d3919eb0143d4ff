import type { Field, PageFormat } from './format.ts'

/** One event of a page: nanoseconds of the trace clock, and where its record lies. Valid until the page is read into again. */
export type Taken = (ns: number, page: Buffer, start: number, bytes: number) => void

const [PADDING, TIME_EXTEND, TIME_STAMP] = [29, 30, 31]
const [LENGTH_MASK, MISSED] = [0x3fff_ffff, 0x8000_0000]

/**
 * Hands over the events of one page of the kernel's ring buffer (`trace_pipe_raw`): binary, because in the text form a file's name with a
 * line break in it writes lines of its own. True when the kernel marks that events before this page were lost.
 */
export function readPage(page: Buffer, { commitOffset, dataOffset, bytes }: PageFormat, take: Taken): boolean {
  const commit = page.readUInt32LE(commitOffset)
  const end = Math.min(dataOffset + (commit & LENGTH_MASK), bytes, page.length)
  let ns = Number(page.readBigUInt64LE(0))
  for (let at = dataOffset; at + 4 <= end;) {
    const header = page.readUInt32LE(at)
    const [type, delta] = [header & 31, header >>> 5]
    const next = type >= 1 && type < PADDING ? 0 : at + 8 <= end ? page.readUInt32LE(at + 4) : 0
    if (type === PADDING) {
      if (delta === 0) break
      ns += delta
      at += 4 + next
    } else if (type === TIME_EXTEND) {
      ns += delta + next * 2 ** 27
      at += 8
    } else if (type === TIME_STAMP) {
      // 59 bits of an absolute time; what is above them stays.
      ns = Math.floor(ns / 2 ** 59) * 2 ** 59 + delta + next * 2 ** 27
      at += 8
    } else {
      ns += delta
      const [start, size] = type === 0 ? [at + 8, next - 4] : [at + 4, type * 4]
      if (size < 0 || start + size > end) break
      take(ns, page, start, size)
      at = start + size
    }
  }
  return (commit & MISSED) !== 0
}

/** A number of a record; 8-byte ones beyond 2^53 are rounded. */
export function numberAt(page: Buffer, start: number, { offset, size, signed }: Field): number {
  const at = start + offset
  switch (size) {
    case 1:
      return signed ? page.readInt8(at) : page.readUInt8(at)
    case 2:
      return signed ? page.readInt16LE(at) : page.readUInt16LE(at)
    case 4:
      return signed ? page.readInt32LE(at) : page.readUInt32LE(at)
    default:
      return Number(signed ? page.readBigInt64LE(at) : page.readBigUInt64LE(at))
  }
}

/** Characters up to the first NUL; null when the kernel could not read them, or says that they lie outside of the record. */
export function textAt(page: Buffer, start: number, bytes: number, field: Field): string | null {
  const [offset, length] = field.isText ? locationOf(page.readUInt32LE(start + field.offset)) : [field.offset, field.size]
  if (length === 0 || offset + length > bytes) return null
  const text = page.subarray(start + offset, start + offset + length)
  const end = text.indexOf(0)
  return text.toString('utf8', 0, end === -1 ? length : end)
}

function locationOf(word: number): readonly [number, number] {
  return [word & 0xffff, word >>> 16]
}
