const NEWLINE = 0x0a

/** One line of the input without its line break, or the mark that one was too long to be forwarded. */
export type Line = { readonly bytes: Uint8Array; readonly end: number } | { readonly tooLong: number; readonly end: number }

/**
 * Cuts bytes into lines and holds at most one of `limit` bytes. `end` is the offset behind the line, counted from where the cutter
 * started. A longer line becomes one mark; its bytes are let go.
 */
export class LineCutter {
  private readonly limit: number
  private parts: Uint8Array[] = []
  private held = 0
  /** Bytes of the open line that were let go. */
  private skipped = 0
  private at: number

  constructor(limit: number, at = 0) {
    this.limit = limit
    this.at = at
  }

  /** Where the next byte belongs. */
  get position(): number {
    return this.at
  }

  /** Behind the last line that is whole: where to start again. */
  get settled(): number {
    return this.at - this.held - this.skipped
  }

  /** Whether a line is open. */
  get isOpen(): boolean {
    return this.held + this.skipped > 0
  }

  /** The lines that end in these bytes; empty ones are left out, as they say nothing. */
  push(bytes: Uint8Array): readonly Line[] {
    const lines: Line[] = []
    let from = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      this.keep(bytes.subarray(from, end))
      this.at++
      lines.push(...this.closed())
      from = end + 1
    }
    this.keep(bytes.subarray(from))
    return lines
  }

  /** The open line, as the input ends without a line break. */
  end(): readonly Line[] {
    return this.closed()
  }

  private keep(bytes: Uint8Array): void {
    this.at += bytes.length
    if (this.skipped > 0 || this.held + bytes.length > this.limit) {
      this.skipped += this.held + bytes.length
      this.held = 0
      this.parts = []
    } else if (bytes.length > 0) {
      this.parts.push(bytes.slice())
      this.held += bytes.length
    }
  }

  private closed(): readonly Line[] {
    const { skipped, parts, at } = this
    this.parts = []
    this.held = 0
    this.skipped = 0
    if (skipped > 0) return [{ tooLong: skipped, end: at }]
    const [first] = parts
    if (first === undefined) return []
    return [{ bytes: parts.length === 1 ? first : Buffer.concat(parts), end: at }]
  }
}
