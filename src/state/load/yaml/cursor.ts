/** A place in the text. Lines and columns count from 0. */
export type Mark = { readonly at: number; readonly line: number; readonly column: number }

/** A fault of the text in go-yaml's words. `context`: where what went wrong began, `problem`: where it was seen. */
export class YamlFault extends Error {
  override readonly name = 'YamlFault'
  readonly row: number | null
  readonly problem: Mark

  /** go-yaml counts lines of its scanner from 1 and those of its parser from 0, and has none for the first. */
  constructor(text: string, context: Mark | null, problem: Mark, isFromScanner: boolean) {
    super(text)
    const line = (context?.line ?? 0) === 0 ? problem.line : (context?.line ?? 0)
    this.row = line === 0 ? null : isFromScanner ? line + 1 : line
    this.problem = problem
  }
}

/** Where the reader of a text is. Characters are told apart by their codes; the end is -1. */
export class Cursor {
  readonly text: string
  at = 0
  line = 0
  lineStart = 0

  constructor(text: string) {
    this.text = text
  }

  get column(): number {
    return this.at - this.lineStart
  }

  get mark(): Mark {
    return { at: this.at, line: this.line, column: this.at - this.lineStart }
  }

  code(ahead = 0): number {
    const at = this.at + ahead
    return at < this.text.length ? this.text.charCodeAt(at) : -1
  }

  /** Past a line break, which comes back as it counts: `\n`, or a separator of Unicode. */
  readBreak(): string {
    const code = this.code()
    this.at += code === 0x0d && this.code(1) === 0x0a ? 2 : 1
    this.line += 1
    this.lineStart = this.at
    return code === 0x2028 ? '\u2028' : code === 0x2029 ? '\u2029' : '\n'
  }

  /** Past what the expression, a sticky one, finds here. */
  skipRun(run: RegExp): void {
    run.lastIndex = this.at
    if (run.test(this.text)) this.at = run.lastIndex
  }

  skipBlanks(): void {
    while (isBlank(this.code())) this.at += 1
  }

  skipToBreak(): void {
    this.skipRun(lineRest)
  }

  /** `---` or `...` at the start of a line. */
  isDocumentMark(): boolean {
    if (this.column !== 0 || !isBlankOrEnd(this.code(3))) return false
    return this.text.startsWith('---', this.at) || this.text.startsWith('...', this.at)
  }
}

/** Whatever `isBreak` does not take. */
const lineRest = /[^\n\r\u0085\u2028\u2029]+/y

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

export function isBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029
}

export function isBreakOrEnd(code: number): boolean {
  return code === -1 || isBreak(code)
}

export function isBlankOrEnd(code: number): boolean {
  return isBlank(code) || isBreakOrEnd(code)
}

/** Letters, digits, `_` and `-`. */
export function isWord(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2d
  )
}
