import { FRAME_HEADER_BYTES, frameBytes, readFrameHeader } from './frame.ts'

const SECTOR_BYTES = 512
const ZEROS = Buffer.alloc(SECTOR_BYTES)

/**
 * Is `rest`, everything from `offset` to the end of the newest segment, one frame whose writing was interrupted? One frame at most is
 * ever in the making, at the very end, and it was not acknowledged. A kill leaves a piece of it that is too short; a loss of power may
 * leave sectors that were never written, which are zero, while sealed bytes are as good as never zero for 64 bytes. A frame that is
 * whole and holds something else was damaged later and may have been acknowledged: it is never cut.
 */
export function isTorn(rest: Buffer, { segment, offset }: { readonly segment: number; readonly offset: number }): boolean {
  if (rest.length < FRAME_HEADER_BYTES) return true
  const header = readFrameHeader(rest, { segment, offset })
  if (header === null) return startsUnwritten(rest, offset) && !holdsFrame(rest, { segment, offset })
  const whole = frameBytes(header.packedBytes)
  return rest.length < whole || (rest.length === whole && hasUnwrittenSector(rest, offset))
}

/** The header lies within one sector, and a sector is written whole or not at all. */
function startsUnwritten(rest: Buffer, offset: number): boolean {
  return isZero(rest.subarray(0, SECTOR_BYTES - (offset % SECTOR_BYTES)))
}

function hasUnwrittenSector(rest: Buffer, offset: number): boolean {
  for (let from = 0, to = SECTOR_BYTES - (offset % SECTOR_BYTES); from < rest.length; from = to, to += SECTOR_BYTES) {
    if (isZero(rest.subarray(from, to))) return true
  }
  return false
}

/** A later frame would be proof that the one before it had been acknowledged. */
function holdsFrame(rest: Buffer, { segment, offset }: { readonly segment: number; readonly offset: number }): boolean {
  for (let at = 0; at < rest.length; at += FRAME_HEADER_BYTES) {
    if (readFrameHeader(rest.subarray(at), { segment, offset: offset + at }) !== null) return true
  }
  return false
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length))
}
