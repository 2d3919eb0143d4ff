const NEWLINE = 0x0a

/** Strings under 128 KiB are made on the engine's nursery; larger ones cost ten times as much a byte. */
const WINDOW = 32 * 1024

// ignoreBOM: a byte order mark must not make text and bytes differ in length.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Bytes as text, a stretch at a time, as long as they are ASCII: then an index in one is an index in the other. Decoding many lines at
 * once and looking for line breaks in text is several times faster than line by line in bytes.
 */
export class AsciiWindow {
  private bytes: Uint8Array = new Uint8Array(0)
  private start = 0
  private end = 0
  /** Null: something in the stretch is not ASCII, and a fault must stay in the line that has it. */
  private text: string | null = null

  reset(bytes: Uint8Array): void {
    this.bytes = bytes
    this.start = 0
    this.end = 0
    this.text = null
  }

  /** Index of the next line break at or after `from`; -1 when there is none. */
  newlineFrom(from: number): number {
    if (from >= this.end || from < this.start) this.moveTo(from)
    let found = this.find(from)
    // The line may go on behind the window; a window that starts with it holds all of it or is no help.
    if (found < 0 && this.text !== null && this.end < this.bytes.length && from > this.start) {
      this.moveTo(from)
      found = this.find(from)
    }
    return found < 0 ? this.bytes.indexOf(NEWLINE, from) : found
  }

  /** The text from `from` to `to`; null where it is not at hand. */
  slice(from: number, to: number): string | null {
    if (this.text === null || from < this.start || to > this.end) return null
    return this.text.slice(from - this.start, to - this.start)
  }

  private find(from: number): number {
    if (this.text === null) return -1
    const found = this.text.indexOf('\n', from - this.start)
    return found < 0 ? -1 : found + this.start
  }

  private moveTo(from: number): void {
    this.start = from
    this.end = Math.min(from + WINDOW, this.bytes.length)
    this.text = asciiText(this.bytes.subarray(from, this.end))
  }
}

function asciiText(bytes: Uint8Array): string | null {
  try {
    const text = decoder.decode(bytes)
    return text.length === bytes.length ? text : null
  } catch {
    return null
  }
}
