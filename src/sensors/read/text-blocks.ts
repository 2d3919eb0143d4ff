import type { ReadEvent } from './event-reader.ts'
import type { TextForm } from './text-form.ts'

/** A sensor's block has fewer than 40 lines of some hundred bytes; a longer one is two, of which the second begins with no head. */
const MAX_LINES = 64
const MAX_LENGTH = 256 * 1024

const utf8 = new TextEncoder()

type Block = { readonly form: TextForm; readonly line: number; readonly lines: string[]; length: number }

/**
 * Puts together the events that a sensor prints over several lines. A block ends where a line is missing, is blank, is none of its own, or
 * begins the next block. What comes of it is the same however the bytes were divided.
 */
export class TextBlocks {
  private readonly forms: readonly TextForm[]
  private readonly onEvent: (event: ReadEvent) => void
  private block: Block | null = null

  constructor(forms: readonly TextForm[], onEvent: (event: ReadEvent) => void) {
    this.forms = forms
    this.onEvent = onEvent
  }

  get isOpen(): boolean {
    return this.block !== null
  }

  /** True: the line belongs to a block and is taken. */
  take(text: string, line: number): boolean {
    for (const form of this.forms) {
      const kind = form.kindOf(text)
      if (kind !== 'head' && kind !== 'part') continue
      if (kind === 'head' || !this.goesOn(form, text, line)) this.open(form, text, line)
      return true
    }
    return false
  }

  /** Tells what the open block says, if there is one. */
  close(): void {
    const { block } = this
    if (block === null) return
    this.block = null
    const text = block.lines.join('\n')
    this.onEvent({ line: block.line, raw: utf8.encode(text), ...block.form.read(text, null) })
  }

  private goesOn(form: TextForm, text: string, line: number): boolean {
    const { block } = this
    if (block === null || block.form !== form || block.line + block.lines.length !== line) return false
    if (block.lines.length >= MAX_LINES || block.length + text.length > MAX_LENGTH) return false
    block.lines.push(text)
    block.length += text.length
    return true
  }

  private open(form: TextForm, text: string, line: number): void {
    this.close()
    this.block = { form, line, lines: [text], length: text.length }
  }
}
