/** So many texts are at hand; a power of two. */
const PLACES = 16_384
/** Bytes kept to compare with; when they are used up, everything is forgotten. */
const KEPT = 1024 * 1024
/** Longer texts hardly ever come twice. */
const LONGEST = 256

const ascii = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * ASCII bytes as strings, the same string for the same bytes as long as it is remembered. Events repeat most of their texts: a string
 * that is made once has its hash, equals itself at a glance, and holds on to nothing of the chunk that it was read from.
 */
export class TextPool {
  /** Made with the first text. */
  private texts: (string | undefined)[] = []
  private hashes = new Int32Array(0)
  /** The hash that was last seen in a place, of a text that is not kept yet. */
  private once = new Int32Array(0)
  private offsets = new Int32Array(0)
  private kept = new Uint8Array(0)
  private keptView = new DataView(this.kept.buffer)
  private used = 0

  /** The text from `start` to `end`, which must be ASCII; `view` is of the same bytes. */
  text(bytes: Uint8Array, view: DataView, start: number, end: number): string {
    const length = end - start
    if (length > LONGEST || length < 4) return length === 0 ? '' : ascii.decode(bytes.subarray(start, end))
    if (this.texts.length === 0) this.begin()
    const hash = hashOf(view, start, end)
    const place = hash & (PLACES - 1)
    const known = this.texts[place]
    if (known !== undefined && this.hashes[place] === hash && known.length === length) {
      if (isSame(view, start, this.keptView, this.offsets[place] ?? 0, length)) return known
    }
    // What comes once, as times do, is not worth a place; most of it would only push out what comes again.
    if (this.once[place] === hash) return this.keep(bytes, start, end, hash)
    this.once[place] = hash
    return ascii.decode(bytes.subarray(start, end))
  }

  private begin(): void {
    this.texts = Array.from({ length: PLACES }, () => undefined)
    this.hashes = new Int32Array(PLACES)
    this.once = new Int32Array(PLACES)
    this.offsets = new Int32Array(PLACES)
    this.kept = new Uint8Array(KEPT)
    this.keptView = new DataView(this.kept.buffer)
  }

  private keep(bytes: Uint8Array, start: number, end: number, hash: number): string {
    const place = hash & (PLACES - 1)
    const source = bytes.subarray(start, end)
    if (this.used + source.length > KEPT) {
      this.texts.fill(undefined)
      this.used = 0
    }
    const text = ascii.decode(source)
    this.kept.set(source, this.used)
    this.texts[place] = text
    this.hashes[place] = hash
    this.offsets[place] = this.used
    this.used += source.length
    return text
  }
}

/** Four bytes at a time; the last four overlap those before them where the length is no multiple of four. */
function hashOf(view: DataView, start: number, end: number): number {
  let hash = end - start
  const last = end - 4
  for (let at = start; at < last; at += 4) hash = mixed(hash, view.getInt32(at, true))
  hash = mixed(hash, view.getInt32(last, true))
  return hash ^ (hash >>> 15)
}

function mixed(hash: number, word: number): number {
  const next = Math.imul(hash ^ word, 0x9e37_79b1)
  return next ^ (next >>> 13)
}

/** Whether at least four bytes here are those there. */
export function isSame(here: DataView, start: number, there: DataView, offset: number, length: number): boolean {
  const last = length - 4
  for (let at = 0; at < last; at += 4) if (here.getInt32(start + at, true) !== there.getInt32(offset + at, true)) return false
  return here.getInt32(start + last, true) === there.getInt32(offset + last, true)
}
