import { AsciiWindow } from './ascii-window.ts'
import type { FrameSink } from './frames.ts'
import type { Limits, Malformation } from './limits.ts'
import { REPORT_HEAD } from './report.ts'

const NEWLINE = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN = 0x7b
const CLOSE = 0x7d

const nothing = new Uint8Array(0)

/** The state behind `createFrames`: where in the stream it is, and what it is inside of. */
export class Cutter {
  private readonly sink: FrameSink
  private readonly limits: Limits

  private chunk: Uint8Array = nothing
  /** A stretch of the chunk as text, where it is ASCII throughout. */
  private readonly ascii = new AsciiWindow()
  private pos = 0
  private line = 1
  /** Index of the current line's first byte; below zero when it came in an earlier chunk. */
  private lineStart = 0
  /** Nothing but blanks so far on this line. */
  private fresh = true
  /** The line that the fast path was tried on ends here. */
  private triedUntil = -1

  /** Between elements, inside one, inside other text, or looking for a line to go on with. */
  private mode: 'between' | 'element' | 'text' | 'resync' = 'between'
  private inArray = false
  private afterBracket = false

  /** The open element or text. */
  private start = 0
  private startLine = 1
  private startColumn = 0
  private depth = 0
  private inString = false
  private escaped = false
  private tooDeep = false
  private lastByte = 0
  /** How large the open element may become. */
  private most = 0
  /** 1 where the container at that depth is a list. */
  private readonly isList: Uint8Array
  /** Already reported as broken; the rest is only followed, not kept. */
  private discarding = false

  constructor(sink: FrameSink, limits: Limits) {
    this.sink = sink
    this.limits = limits
    this.isList = new Uint8Array(limits.depth + 1)
  }

  /** Goes through the bytes from `from`; returns those that must come again before the next ones. */
  run(bytes: Uint8Array, from: number): Uint8Array {
    this.chunk = bytes
    this.ascii.reset(bytes)
    this.pos = from
    this.triedUntil = -1
    if (this.mode === 'between' && from > 0) this.lineStart = from
    this.loop()
    const keep = this.isOpen() && !this.discarding ? this.start : bytes.length
    this.start -= keep
    this.lineStart -= keep
    return bytes.slice(keep)
  }

  /** The stream is over: what is still open is broken, and what follows the break inside it is read once more. */
  finish(rest: Uint8Array): void {
    this.chunk = rest
    this.ascii.reset(rest)
    this.pos = rest.length
    this.triedUntil = -1
    let cut = false
    while (this.mode === 'element' && !this.discarding) {
      cut = true
      this.fail('truncated')
      this.loop()
    }
    if (this.mode === 'text') this.closeText()
    if (this.inArray && !cut) this.sink.broken(nothing, this.line, 'truncated')
  }

  get currentLine(): number {
    return this.line
  }

  /** At the start of a line, inside of nothing. */
  get isSettled(): boolean {
    return this.mode === 'between' && this.fresh && !this.inArray && !this.afterBracket
  }

  private loop(): void {
    while (this.pos < this.chunk.length) {
      if (this.mode === 'element') this.element()
      else if (this.mode === 'between') this.between()
      else if (this.mode === 'text') this.text()
      else this.resync()
    }
  }

  private isOpen(): boolean {
    return this.mode === 'element' || this.mode === 'text'
  }

  private between(): void {
    const byte = this.chunk[this.pos]
    if (byte === NEWLINE) this.newline()
    else if (byte === OPEN) {
      this.afterBracket = false
      if (!this.wholeLine()) this.openElement()
    } else if (byte === OPEN_LIST && this.inArray) this.openElement()
    else if (byte === OPEN_LIST || byte === CLOSE_LIST) {
      this.inArray = byte === OPEN_LIST
      this.afterBracket = this.inArray
      this.skip()
    } else if (isBlank(byte)) this.pos++
    else if (byte === COMMA) this.skip()
    else this.openText()
  }

  private newline(): void {
    this.pos++
    this.line++
    this.lineStart = this.pos
    this.fresh = true
  }

  private skip(): void {
    this.pos++
    this.fresh = false
  }

  /** The fast path: the rest of this line, when all of it is here and ends like an object. Tried once a line. */
  private wholeLine(): boolean {
    const { chunk, ascii, pos } = this
    if (this.triedUntil >= pos) return false
    if (this.knownLine()) return true
    const found = ascii.newlineFrom(pos)
    this.triedUntil = found < 0 ? chunk.length : found
    if (found < 0) return false
    let end = blanksBefore(chunk, found)
    if (chunk[end - 1] === COMMA) end = blanksBefore(chunk, end - 1)
    if (chunk[end - 1] !== CLOSE || end - pos > this.limits.eventBytes) return false
    if (!this.sink.whole(chunk.subarray(pos, end), this.line, ascii.slice(pos, end))) return false
    this.pos = found
    return true
  }

  /** The faster path before that: a line of a form that was seen before. */
  private knownLine(): boolean {
    const { chunk, pos } = this
    const end = this.sink.known?.(chunk, pos) ?? -1
    if (end < 0) return false
    let next = end
    while (isBlank(chunk[next])) next++
    if (chunk[next] === COMMA) next++
    while (isBlank(chunk[next])) next++
    if (chunk[next] !== NEWLINE) return false
    this.sink.taken?.(chunk, pos, end, this.line)
    this.pos = next
    return true
  }

  private open(mode: 'element' | 'text'): void {
    this.mode = mode
    this.start = this.pos
    this.startLine = this.line
    this.startColumn = this.pos - this.lineStart
    this.discarding = false
    this.fresh = false
  }

  private openElement(): void {
    this.open('element')
    this.afterBracket = false
    this.depth = 0
    this.inString = false
    this.escaped = false
    this.tooDeep = false
    this.lastByte = COLON
    this.most = this.limits.eventBytes
  }

  private openText(): void {
    // A bracket that no element follows began a line of text (`[INFO] …`), not an array.
    if (this.afterBracket) this.inArray = false
    this.afterBracket = false
    this.open('text')
  }

  /** Follows the element to its end, to what breaks it, or to the end of the chunk. */
  private element(): void {
    const { chunk } = this
    const stop = this.discarding ? chunk.length : Math.min(chunk.length, this.start + this.most)
    while (this.pos < stop) {
      const byte = chunk[this.pos] ?? 0
      if (!(this.inString ? this.stringByte(byte) : this.structureByte(byte))) return
    }
    if (!this.discarding && stop - this.start === this.most && !this.mayGrow()) this.fail('too_large')
  }

  /** A report may be larger than an event; it gives itself away by how it begins. */
  private mayGrow(): boolean {
    const { reportBytes = 0 } = this.limits
    const { chunk, start, sink } = this
    if (this.most >= reportBytes || sink.isReport?.(chunk.subarray(start, start + REPORT_HEAD)) !== true) return false
    this.most = reportBytes
    return true
  }

  /** False when the element is over or broken. */
  private stringByte(byte: number): boolean {
    // JSON allows no raw line break in a string: the line was cut.
    if (byte === NEWLINE) return this.fail('invalid_json')
    this.pos++
    if (this.escaped) this.escaped = false
    else if (byte === BACKSLASH) this.escaped = true
    else if (byte === QUOTE) this.inString = false
    return true
  }

  /** False when the element is over or broken. */
  private structureByte(byte: number): boolean {
    if (byte === NEWLINE) {
      if (this.tooDeep && !this.discarding) return this.fail('too_deep')
      this.newline()
      return true
    }
    if (isBlank(byte)) {
      this.pos++
      return true
    }
    if (byte === OPEN || byte === OPEN_LIST) {
      if (this.isMisplaced(byte)) return false
      this.depth++
      if (this.depth > this.limits.depth) this.tooDeep = true
      else this.isList[this.depth] = byte === OPEN_LIST ? 1 : 0
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      this.depth--
      if (this.depth === 0) return this.closeElement()
    } else if (byte === QUOTE) this.inString = true
    this.lastByte = byte
    this.skip()
    return true
  }

  /** A bracket where JSON allows none: this is how a line that was cut gives itself away in the next one. */
  private isMisplaced(byte: number): boolean {
    if (this.discarding) {
      const resumes = byte === OPEN && this.startsLine()
      if (resumes) this.mode = 'between'
      return resumes
    }
    const { lastByte, depth } = this
    const expected =
      depth > this.limits.depth ||
      lastByte === COLON ||
      (this.isList[depth] === 1 && (lastByte === OPEN_LIST || lastByte === COMMA))
    if (!expected) this.fail('invalid_json')
    return !expected
  }

  /** Whether this byte is the first on a later line, no deeper indented than the open element. */
  private startsLine(): boolean {
    return this.fresh && this.line > this.startLine && this.pos - this.lineStart <= this.startColumn
  }

  private closeElement(): boolean {
    this.skip()
    this.mode = 'between'
    if (this.discarding) return false
    const raw = this.chunk.subarray(this.start, this.pos)
    if (this.tooDeep) this.sink.broken(raw, this.startLine, 'too_deep')
    else this.sink.element(raw, this.startLine)
    return false
  }

  /** Reports the element as broken and decides where to go on. */
  private fail(reason: Malformation): false {
    const { chunk, start, startLine } = this
    // With the byte that broke it, which may be where to go on; at the limit the next byte may not have come yet.
    const bytes = chunk.subarray(start, reason === 'too_large' ? this.pos : Math.min(this.pos + 1, chunk.length))
    const next = this.discarding ? -1 : nextStart(bytes, this.startColumn)
    const atLineEnd = chunk[this.pos] === NEWLINE && reason !== 'too_large'
    if (!this.discarding)
      this.sink.broken(bytes.subarray(0, blanksBefore(bytes, next < 0 ? bytes.length : next)), startLine, reason)
    if (next >= 0) this.goBack(bytes, next)
    else if (atLineEnd) this.mode = this.line === startLine ? 'between' : 'resync'
    else this.discarding = true
    return false
  }

  private goBack(bytes: Uint8Array, next: number): void {
    const before = bytes.subarray(0, next)
    this.line = this.startLine + countNewlines(before)
    this.lineStart = this.start + before.lastIndexOf(NEWLINE) + 1
    this.pos = this.start + next
    this.fresh = true
    this.triedUntil = -1
    this.mode = 'between'
  }

  private text(): void {
    const { chunk } = this
    while (this.pos < chunk.length) {
      const byte = chunk[this.pos]
      if (byte === NEWLINE || (this.inArray && (byte === COMMA || byte === CLOSE_LIST))) return this.closeText()
      this.pos++
      // Nothing of it is needed any more; only its end is.
      if (this.pos - this.start > this.limits.eventBytes) this.discarding = true
    }
  }

  private closeText(): void {
    this.mode = 'between'
    if (this.discarding) this.sink.broken(nothing, this.startLine, 'too_large')
    else this.sink.text(this.chunk.subarray(this.start, blanksBefore(this.chunk, this.pos)), this.startLine)
  }

  private resync(): void {
    const { chunk } = this
    const byte = chunk[this.pos]
    if (byte === NEWLINE) this.newline()
    else if (isBlank(byte)) this.pos++
    else if ((byte === OPEN || (byte === CLOSE_LIST && this.inArray)) && this.startsLine()) this.mode = 'between'
    else {
      const end = chunk.indexOf(NEWLINE, this.pos)
      this.pos = end < 0 ? chunk.length : end
      this.fresh = false
    }
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d
}

/** Where the blanks (line breaks among them) start that end before `end`. */
function blanksBefore(bytes: Uint8Array, end: number): number {
  while (end > 0 && (isBlank(bytes[end - 1]) || bytes[end - 1] === NEWLINE)) end--
  return end
}

/** Index of the first object on a later line that is indented no deeper than `column`; -1 when there is none. */
function nextStart(bytes: Uint8Array, column: number): number {
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, end + 1)) {
    let at = end + 1
    while (isBlank(bytes[at])) at++
    if (bytes[at] === OPEN && at - end - 1 <= column) return at
  }
  return -1
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++
  return count
}
